import type { Block } from '../block.js'

/** An action as a server's ListCommands names it: only those that the user of the session may send are in that list. */
export interface ListedAction {
  name: string
  synopsis: string
  /** Classes of which the user needs one; empty: everybody may send it. */
  privilege: string[]
}

/** Asterisk 22 has some 130; modules add theirs. A hostile peer is not to fill the memory with names. */
const maxActions = 5_000

/** Reads the answer to ListCommands: a header for each action, `Originate: Originate a call.  (Priv: originate,all)`. */
export function readListCommands(response: Block): ListedAction[] {
  const actions: ListedAction[] = []
  for (const { name, value } of response.headers) {
    const end = value.lastIndexOf('(Priv: ')
    if (end < 0 || !value.trimEnd().endsWith(')') || !isActionName(name)) continue
    const privilege = value.slice(end + 7, value.lastIndexOf(')')).trim()
    actions.push({ name, synopsis: value.slice(0, end).trim(), privilege: classesOf(privilege) })
    if (actions.length === maxActions) break
  }
  return actions
}

/** `originate,all` are classes, `<none>` is no class at all. */
export function classesOf(privilege: string): string[] {
  return privilege
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== '<none>')
}

/** Is this a name that can stand in a CLI command without meaning anything else there? All names of Asterisk are of this form. */
export function isActionName(name: string): boolean {
  return /^[\w-]{1,80}$/.test(name)
}
