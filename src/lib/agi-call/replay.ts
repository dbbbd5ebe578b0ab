import { readCommand } from '../agi/command.js'
import type { RecordedCall } from '../agi-transcript/recorded-call.js'
import type { CallReport } from './play-call.js'
import { recordedAnswers, wordsKey } from './recorded-answers.js'

/** Where an application does not say what it said when the call was recorded. */
export interface ReplayDifference {
  /** Which command, from 1 on. */
  readonly command: number
  /** Undefined: there was no more. */
  readonly recorded: string | undefined
  readonly now: string | undefined
}

/** Enough to see what is wrong; all behind the first may be shifted anyway. */
const mostDifferences = 20

/** Answers of the recorded call, as `PlayCallOptions.answer`; good for one call. */
export function replayAnswers({ exchanges }: RecordedCall): ReturnType<typeof recordedAnswers> {
  return recordedAnswers(exchanges.flatMap(({ line, said }) => (said === undefined ? [] : [{ line, said }])))
}

/** Compares the commands of a call with those of the recording, word by word: quoting and the case of keywords are no difference. */
export function replayDifferences({ exchanges }: RecordedCall, { commands }: CallReport): ReplayDifference[] {
  const length = Math.max(exchanges.length, commands.length)
  const differences: ReplayDifference[] = []
  for (let at = 0; at < length && differences.length < mostDifferences; at++) {
    const [recorded, now] = [exchanges[at]?.line, commands[at]?.line]
    if (keyOf(recorded) !== keyOf(now)) differences.push({ command: at + 1, recorded, now })
  }
  return differences
}

function keyOf(line: string | undefined): string | undefined {
  return line === undefined ? undefined : wordsKey(readCommand(Buffer.from(line)))
}
