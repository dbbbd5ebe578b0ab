/**
 * Parts of names of applications that run programs, other applications, or scripts that the caller picks. Asterisk refuses the first eight
 * without the class system since CVE-2024-42365 (`originate_app_permissions` in manager.c, found anywhere in the name in any case); the others
 * start a program too (Monitor and the mail of Minivm by their variables, ICES, MP3Player, NBScat, Festival, DAHDIRAS), or speak SQL (MYSQL).
 * AGI counts in every form: `agi://` hands the channel to a stranger's `EXEC System`.
 */
const dangerousApplications = [
  'agi',
  'dbdel',
  'exec',
  'externalivr',
  'mixmonitor',
  'originate',
  'reload',
  'system',
  'monitor',
  'minivm',
  'ices',
  'mp3player',
  'nbscat',
  'festival',
  'dahdiras',
  'mysql'
]

/**
 * Functions that run programs, read or write files, databases, and configuration: those that Asterisk registers as escalating (forbidden with
 * `live_dangerously = no`), those that it refuses in Originate, and ENV, AST_CONFIG and AST_SORCERY, which tell secrets.
 */
const dangerousFunctions = new Set([
  'SHELL',
  'EVAL',
  'FILE',
  'FILE_COUNT_LINE',
  'FILE_FORMAT',
  'STAT',
  'ENV',
  'CURL',
  'CURLOPT',
  'DB',
  'CONFBRIDGE',
  'LOCK',
  'TRYLOCK',
  'UNLOCK',
  'PERIODIC_HOOK',
  'AST_CONFIG',
  'AST_SORCERY'
])

/** Variables that Monitor, MixMonitor in Queue and MeetMe run as a program. */
const programVariables = ['MONITOR_EXEC', 'MONITOR_OPTIONS', 'MEETME_AGI_BACKGROUND']

/**
 * Looks at the application, and at what in its data is no function: `textDanger` does that.
 * @returns why the application may not be started; undefined when it may
 */
export function applicationDanger(application: string, data: string): string | undefined {
  const name = application.trim().toLowerCase()
  if (dangerousApplications.some((part) => name.includes(part))) return `application ${name} can run programs`
  // The sixth argument is an AGI script. Commas in quotes or brackets shift it, so from there on nothing may look like one.
  if (name.includes('queue') && data.split(',').slice(5, 6).some(isSet)) return 'an application Queue with an AGI script'
  if (name.includes('queue') && /["'\\([{]/.test(data) && data.split(',').length > 5)
    return 'an application Queue with hidden arguments'
  return undefined
}

function isSet(argument: string): boolean {
  return argument.trim() !== ''
}

/**
 * Looks for calls of dangerous functions, in any case (Asterisk's names are upper case), and for names of functions that are put together
 * (`${X}(…)`): what they call cannot be told.
 */
export function textDanger(text: string): string | undefined {
  for (let at = text.indexOf('('); at >= 0; at = text.indexOf('(', at + 1)) {
    let start = at
    while (start > 0 && isNameCharacter(text.charCodeAt(start - 1))) start--
    // A variable's name may begin with `_` or `__`, which children of the channel inherit.
    const name = text.slice(start, at).toUpperCase().replace(/^_+/, '')
    if (isDangerousFunction(name)) return `function ${name}() can reach files, programs or data`
    if (start > 0 && text[start - 1] === '}') return 'the name of a function is put together from variables'
  }
  return undefined
}

/** Does it set a variable that is run as a program? */
export function variableDanger(text: string): string | undefined {
  const upper = text.toUpperCase()
  const name = programVariables.find((variable) => upper.includes(variable))
  return name === undefined ? undefined : `variable ${name} is run as a program`
}

function isDangerousFunction(name: string): boolean {
  return dangerousFunctions.has(name) || name.startsWith('DB_') || name.startsWith('REALTIME') || name.includes('ODBC')
}

function isNameCharacter(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a) || code === 0x5f
}
