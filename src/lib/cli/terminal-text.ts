/**
 * What a terminal would obey instead of show: C0 and C1 controls (escape sequences begin with them), DEL,
 * line and paragraph separators, and the marks that turn the direction of writing.
 */
const unsafe = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g
const unsafeButLayout = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

const escapeCharacter = (character: string): string => {
  const code = character.charCodeAt(0)
  if (character === '\n') return '\\n'
  if (character === '\r') return '\\r'
  if (character === '\t') return '\\t'
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}

/** Text from the network made safe for a terminal: everything that a terminal would obey is shown escaped (`\x1b`). */
export function escapeControls(text: string): string {
  return text.replace(unsafe, escapeCharacter)
}

/** The same for text of several lines: line feeds and tabs stay. */
export function escapeControlsInLines(text: string): string {
  return text.replace(unsafeButLayout, escapeCharacter)
}

/** JSON that is safe on a terminal too: the same value, with the C1 controls and separators as `\uXXXX`. */
export function safeJson(value: unknown, indent?: number): string {
  return escapeJson(JSON.stringify(value, null, indent))
}

/** JSON text that JSON.stringify made, made safe for a terminal. */
export function escapeJson(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  )
}
