import { createHash } from 'node:crypto'

/** Answers of the server, as sandbox-infrastructure (Erlang, 2009) sends them and Adhearsion's sandbox.rb compares them. */
export const acceptedLine = 'authentication accepted'
export const failedLine = 'authentication failed'

/** sandbox.rb sleeps as long as it is told; nobody means to send it away for more than a day. */
const maxWaitS = 86_400

/** MD5 of `user:password` in hex: all that the original sends, and all that it takes to log in as that user. */
export function tokenOf(username: string, password: string): string {
  return createHash('md5').update(`${username}:${password}`).digest('hex')
}

/** `wait 10`: come back after so many seconds. */
export function waitLine(seconds: number): string {
  return `wait ${Math.max(0, Math.min(maxWaitS, Math.ceil(seconds)))}`
}

/** @returns seconds; undefined for another line */
export function parseWait(line: string): number | undefined {
  const digits = /^wait (\d{1,9})$/.exec(line)?.[1]
  return digits === undefined ? undefined : Math.min(maxWaitS, Number(digits))
}

/** What a server offers in place of what it was asked for: `upgrade required AGIT/2 text`. */
export interface UpgradeOffer {
  /** `AGIT/2`, … */
  versions: string[]
  /** For people; without control characters. */
  text: string | undefined
}

/** The original has no such line: its authors wished for one. @returns undefined for another line */
export function parseUpgrade(line: string): UpgradeOffer | undefined {
  const [, versions, text] = /^upgrade required ((?:AGIT\/\d{1,4},?)+)(?: (.*))?$/.exec(line) ?? []
  if (versions === undefined) return undefined
  return { versions: versions.split(','), text: text ? text.replaceAll(/[\x00-\x1f\x7f-\x9f]/g, '?') : undefined }
}

/**
 * The header block with its lines in reverse, as the original server sends it: it collects them in a list that grows at its head. What is
 * reversed twice is as it was.
 * @param block `agi_…` lines and the empty line
 */
export function reverseHeaders(block: Buffer): Buffer {
  const lines = block.toString('latin1').split('\n')
  // After the last LF, and the empty line.
  lines.length -= 2
  return Buffer.from(`${lines.reverse().join('\n')}\n\n`, 'latin1')
}

/** Has an original server sent it? Asterisk's own block begins with `agi_network`. */
export function isReversed(block: Buffer): boolean {
  return !block.subarray(0, 12).equals(Buffer.from('agi_network:')) && /\nagi_network: [^\n]*\n\n$/.test(block.toString('latin1'))
}
