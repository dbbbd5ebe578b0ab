import { applicationDanger } from './dialplan-danger.js'

/** Commands that read, beside `… show` and `… list`. */
const readingCommands = ['database get', 'database showkey', 'core ping', 'core waitfullybooted']

/** Commands that do to calls what an action without danger does, too. */
const callCommands = [
  'channel request hangup',
  'channel redirect',
  'bridge kick',
  'confbridge kick',
  'confbridge lock',
  'confbridge unlock',
  'confbridge mute',
  'confbridge unmute',
  'queue add member',
  'queue remove member',
  'queue pause member',
  'queue unpause member',
  'queue set penalty',
  'queue set ringinuse',
  'devstate change',
  'pjsip qualify'
]

/**
 * Is this console command more than reading, or the handling of calls? What is not known to be harmless counts as dangerous: modules and
 * cli_aliases.conf add commands, and `database query`, `dialplan eval function` and `agi exec` show how much a new one can do.
 * Asterisk's console has no abbreviations (`word_match` in cli.c), so words are compared whole.
 * @returns why not; undefined when it is harmless
 */
export function commandDanger(command: string): string | undefined {
  const words = command.trim().split(/[ \t]+/)
  const start = words.slice(0, 3).map((word) => word.toLowerCase())
  const [first = '', second = '', third = ''] = start
  if (first === '') return undefined
  const refusal = `the command "${words.slice(0, 2).join(' ').slice(0, 40)}" may change the PBX`
  if (!/^[a-z0-9_.-]+$/.test(first)) return refusal
  if (isReading(first, second)) return undefined
  // Quotes shift the words.
  if (/["\\]/.test(command)) return refusal
  if (`${first} ${second}` === 'channel originate') return originateDanger(words) ?? undefined
  return callCommands.includes(`${first} ${second}`) || callCommands.includes(`${first} ${second} ${third}`) ? undefined : refusal
}

/** Does this console command read and nothing else? */
export function isReadingCommand(command: string): boolean {
  const [first = '', second = ''] = command
    .trim()
    .split(/[ \t]+/, 2)
    .map((word) => word.toLowerCase())
  return /^[a-z0-9_.-]+$/.test(first) && isReading(first, second)
}

function isReading(first: string, second: string): boolean {
  return first === 'help' || second === 'show' || second === 'list' || readingCommands.includes(`${first} ${second}`)
}

/** `channel originate TECH/data extension [EXTEN@CONTEXT]`, or `… application APP [data]`. */
function originateDanger(words: readonly string[]): string | undefined {
  const how = words[3]?.toLowerCase()
  if (how === 'extension') return undefined
  if (how !== 'application') return 'the command "channel originate" in a form that is not known'
  return applicationDanger(words[4] ?? '', words.slice(5).join(' '))
}
