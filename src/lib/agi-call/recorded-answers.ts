import { type AgiCommand, readCommand } from '../agi/command.js'

/** One command of a recorded call, and what Asterisk said to it, with its LF. */
export interface RecordedAnswer {
  readonly line: string
  readonly said: string
}

/**
 * Answers as a recorded call did: each answer once, to a command of the same words, in the order of the recording. Commands that it does not have are left to
 * the played channel.
 */
export function recordedAnswers(recording: readonly RecordedAnswer[]): (command: AgiCommand) => Buffer | undefined {
  const byWords = new Map<string, Buffer[]>()
  for (const { line, said } of recording) {
    const key = wordsKey(readCommand(Buffer.from(line)))
    const answers = byWords.get(key)
    if (answers) answers.push(Buffer.from(said))
    else byWords.set(key, [Buffer.from(said)])
  }
  return (command) => byWords.get(wordsKey(command))?.shift()
}

/** The same for commands of the same words; keywords in any case are the same. */
export function wordsKey({ definition, words, args }: AgiCommand): string {
  return JSON.stringify(definition ? [definition.name, ...args] : words)
}
