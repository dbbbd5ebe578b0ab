/**
 * A description as one line a paragraph, for the help to wrap at the width that there is: in the source its lines end where the source's do, and
 * both breaks together leave single words on lines of their own. Lines that begin with a blank or with a bullet stay as they are.
 */
export function unwrapped(description: string): string {
  return description.replace(/(\S)\n(?=[^\s*•-]|--?\w)/g, '$1 ')
}
