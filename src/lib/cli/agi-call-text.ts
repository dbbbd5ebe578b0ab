import type { CallReport, PlayedCommand } from '../agi-call/play-call.js'
import type { ReplayDifference } from '../agi-call/replay.js'
import { escapeControls } from './terminal-text.js'

/** A command with its time and its reply, on two lines. */
export function commandText({ line, said, atMs }: PlayedCommand): string {
  const at = `${(atMs / 1000).toFixed(3)}`.padStart(8)
  return `${at}  > ${escapeControls(line)}\n          < ${escapeControls(said?.trimEnd() ?? '')}\n`
}

/** What would have harmed a real Asterisk, what broke, and where a replay went another way. */
export function callWarnings(
  { hasPipelined, hadHalfLine, hadLongLine, error }: CallReport,
  differences: readonly ReplayDifference[] = []
): string[] {
  return [
    ...(hasPipelined ? ['several commands came at once: Asterisk answers the first, and lets the others wait'] : []),
    ...(hadHalfLine ? ['a line came in two pieces: Asterisk burns a core until the rest is there'] : []),
    ...(hadLongLine ? ['a line was longer than 8191 bytes: Asterisk would run it as several commands'] : []),
    ...(error ? [`the connection broke: ${error.message}`] : []),
    ...differences.map(
      ({ command, recorded, now }) => `command ${command} was ${recorded ?? 'not there'} and is ${now ?? 'not there'} now`
    )
  ]
}

/** How the call went, and the variables at its end. */
export function callText({ status, commands, durationMs, variables }: CallReport): string {
  const lines = Object.entries(variables).map(([name, value]) => `  ${escapeControls(`${name}=${value}`)}\n`)
  return `${status}, ${commands.length} commands in ${(durationMs / 1000).toFixed(3)} s\n${lines.join('')}`
}
