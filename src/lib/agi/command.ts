import { type AgiCommandDefinition, findAgiCommand } from './catalogue.js'
import { AgiCommandError } from './errors.js'
import { maxCommandLineBytes, maxCommandWords } from './limits.js'
import { quoteWord, splitWords } from './words.js'

/** One command line as Asterisk would read it. */
export interface AgiCommand {
  /** Without its LF, not changed. */
  readonly line: Buffer
  /** All of them, keywords included. */
  readonly words: readonly string[]
  /** Undefined: Asterisk answers 510. */
  readonly definition: AgiCommandDefinition | undefined
  /** The words behind the keywords. */
  readonly args: readonly string[]
}

/** Reads a line without its LF. Never throws: what Asterisk would not understand has no definition. */
export function readCommand(line: Buffer): AgiCommand {
  const words = splitWords(line.toString('utf8'))
  const definition = findAgiCommand(words)
  return { line, words, definition, args: definition ? words.slice(definition.keywords.length) : [] }
}

/** Does Asterisk take this line for the application's wish to fail? It ends the session with AGISTATUS=FAILURE (`run_agi` of res_agi.c). */
export function isFailureLine(line: Buffer): boolean {
  // Asked for every line: most are told by their first letter.
  return (line[0]! | 0x20) === 0x66 && /^failure/i.test(line.toString('latin1', 0, 7))
}

/**
 * Writes a command with its LF; every word is read by Asterisk as it was given.
 * @param words keywords as words of their own, or several in the first (`GET VARIABLE`)
 * @throws AgiCommandError for NUL, CR or LF in a word (Asterisk cuts, keeps or ends the line there), no words, too many, or too long a line
 */
export function encodeCommand(words: readonly string[]): Buffer {
  const [first = '', ...others] = words
  const all = [...first.split(' ').filter((word) => word !== ''), ...others]
  if (all.length === 0) throw new AgiCommandError('There is no command')
  if (all.length > maxCommandWords) {
    throw new AgiCommandError(`The command has ${all.length} words; Asterisk has room for ${maxCommandWords}`)
  }
  const bad = all.findIndex((word) => /[\0\r\n]/.test(word))
  if (bad >= 0) throw new AgiCommandError(`There is a NUL, a CR or an LF in word ${bad + 1} of the command ${all[0]}`)
  const line = Buffer.from(`${all.map(quoteWord).join(' ')}\n`)
  if (isFailureLine(line)) throw new AgiCommandError('A line that begins with "failure" ends the session')
  if (line.length > maxCommandLineBytes) {
    throw new AgiCommandError(
      `The command has ${line.length} bytes; Asterisk reads at most ${maxCommandLineBytes} as one command`
    )
  }
  return line
}
