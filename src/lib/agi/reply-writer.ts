import { AgiEncodeError } from './errors.js'

/** The texts of Asterisk 22. */
export const unknownCommandReply = Buffer.from('510 Invalid or unknown command\n')
export const deadChannelReply = Buffer.from('511 Command Not Permitted on a dead channel or intercept routine\n')
export const hangupLine = Buffer.from('HANGUP\n')

/** A reply with code 200. */
export interface ResultReply {
  result: string | number
  /** Written in parentheses. An LF in it is written as it is, as Asterisk does. */
  value?: string | undefined
  /** Written behind, in their order, as in `endpos=7360`. */
  attributes?: Readonly<Record<string, string | number>> | undefined
}

/** @throws AgiEncodeError for text that would not be read back as the same */
export function encodeResult({ result, value, attributes = {} }: ResultReply): Buffer {
  if (/[ (\n\0]/.test(String(result))) throw new AgiEncodeError(`"${result}" is no result`)
  let text = `200 result=${result}`
  if (value !== undefined) text += ` (${withoutNul(value)})`
  for (const [name, content] of Object.entries(attributes)) {
    if (!/^[a-z]+[0-9]*$/.test(name) || /["\n\0]/.test(String(content)))
      throw new AgiEncodeError(`${name}= cannot be written in a reply`)
    text += ` ${name}=${String(content).includes(' ') ? `"${content}"` : content}`
  }
  return Buffer.from(`${text}\n`)
}

/** The block that answers wrong arguments. Without a usage there is one line only. */
export function encodeUsage(usage: readonly string[]): Buffer {
  if (usage.length === 0) return Buffer.from('520 Invalid command syntax.  Proper usage not available.\n')
  if (usage.some((line) => line.startsWith('520 ') || /[\n\0]/.test(line)))
    throw new AgiEncodeError('A line of a usage text would end it')
  const lines = ['520-Invalid command syntax.  Proper usage follows:', ...usage, '520 End of proper usage.']
  return Buffer.from(`${lines.join('\n')}\n`)
}

function withoutNul(value: string): string {
  if (value.includes('\0')) throw new AgiEncodeError('There is a NUL in the value of a reply')
  return value
}
