/** A command of Asterisk's AGI. */
export interface AgiCommandDefinition {
  /** The keywords in upper case, as in `GET VARIABLE`. */
  readonly name: string
  readonly keywords: readonly string[]
  /** May it run when the channel has been hung up? Else the answer is 511. */
  readonly runsOnDeadChannel: boolean
  /** Its arguments as Asterisk documents them; optional ones in brackets. */
  readonly syntax: string
  readonly requiredArguments: number
  readonly description: string
}

type Row = readonly [name: string, runsOn: 'dead' | 'live', syntax: string, description: string]

/**
 * `agi show commands` of Asterisk 22.10.1 with the syntax of its documentation, but for what is optional in truth (the options of EXEC, the level of
 * VERBOSE). None is the beginning of another.
 */
const rows: readonly Row[] = [
  ['ANSWER', 'live', '', 'Answer channel'],
  ['ASYNCAGI BREAK', 'dead', '', 'Interrupts Async AGI'],
  ['CHANNEL STATUS', 'live', '[channelname]', 'Returns status of the connected channel'],
  ['DATABASE DEL', 'dead', 'family key', 'Removes database key/value'],
  ['DATABASE DELTREE', 'dead', 'family [keytree]', 'Removes database keytree/value'],
  ['DATABASE GET', 'dead', 'family key', 'Gets database value'],
  ['DATABASE PUT', 'dead', 'family key value', 'Adds/updates database value'],
  ['EXEC', 'dead', 'application [options]', 'Executes a given Application'],
  ['GET DATA', 'live', 'file [timeout] [maxdigits]', 'Prompts for DTMF on a channel'],
  ['GET FULL VARIABLE', 'dead', 'expression [channelname]', 'Evaluates a channel expression'],
  ['GET OPTION', 'live', 'filename escape_digits [timeout]', 'Stream file, prompt for DTMF, with timeout'],
  ['GET VARIABLE', 'dead', 'variablename', 'Gets a channel variable'],
  ['HANGUP', 'live', '[channelname]', 'Hangup a channel'],
  ['NOOP', 'dead', '', 'Does nothing'],
  ['RECEIVE CHAR', 'live', 'timeout', 'Receives one character from channels supporting it'],
  ['RECEIVE TEXT', 'live', 'timeout', 'Receives text from channels supporting it'],
  ['RECORD FILE', 'live', 'filename format escape_digits timeout [offset_samples] [beep] [s=silence]', 'Records to a given file'],
  ['SAY ALPHA', 'live', 'number escape_digits', 'Says a given character string'],
  ['SAY DIGITS', 'live', 'number escape_digits', 'Says a given digit string'],
  ['SAY NUMBER', 'live', 'number escape_digits [gender]', 'Says a given number'],
  ['SAY PHONETIC', 'live', 'string escape_digits', 'Says a given character string with phonetics'],
  ['SAY DATE', 'live', 'date escape_digits', 'Says a given date'],
  ['SAY TIME', 'live', 'time escape_digits', 'Says a given time'],
  ['SAY DATETIME', 'live', 'time escape_digits [format] [timezone]', 'Says a given time as specified by the format given'],
  ['SEND IMAGE', 'live', 'image', 'Sends images to channels supporting it'],
  ['SEND TEXT', 'live', 'text-to-send', 'Sends text to channels supporting it'],
  ['SET AUTOHANGUP', 'live', 'time', 'Autohangup channel in some time'],
  ['SET CALLERID', 'live', 'number', 'Sets callerid for the current channel'],
  ['SET CONTEXT', 'live', 'desired-context', 'Sets channel context'],
  ['SET EXTENSION', 'live', 'new-extension', 'Changes channel extension'],
  ['SET MUSIC', 'live', 'boolean class', 'Enable/Disable Music on hold generator'],
  ['SET PRIORITY', 'live', 'priority', 'Set channel dialplan priority'],
  ['SET VARIABLE', 'dead', 'variablename value', 'Sets a channel variable'],
  ['STREAM FILE', 'live', 'filename escape_digits [sample-offset]', 'Sends audio file on channel'],
  [
    'CONTROL STREAM FILE',
    'live',
    'filename escape_digits [skipms] [ffchar] [rewchr] [pausechr] [offsetms]',
    'Sends audio file on channel and allows the listener to control the stream'
  ],
  ['TDD MODE', 'live', 'boolean', 'Toggles TDD mode (for the deaf)'],
  ['VERBOSE', 'dead', 'message [level]', 'Logs a message to the asterisk verbose log'],
  ['WAIT FOR DIGIT', 'live', 'timeout', 'Waits for a digit to be pressed'],
  ['SPEECH CREATE', 'live', 'engine', 'Creates a speech object'],
  ['SPEECH SET', 'live', 'name value', 'Sets a speech engine setting'],
  ['SPEECH DESTROY', 'dead', '', 'Destroys a speech object'],
  ['SPEECH LOAD GRAMMAR', 'live', 'grammar-name path-to-grammar', 'Loads a grammar'],
  ['SPEECH UNLOAD GRAMMAR', 'dead', 'grammar-name', 'Unloads a grammar'],
  ['SPEECH ACTIVATE GRAMMAR', 'live', 'grammar-name', 'Activates a grammar'],
  ['SPEECH DEACTIVATE GRAMMAR', 'live', 'grammar-name', 'Deactivates a grammar'],
  ['SPEECH RECOGNIZE', 'live', 'prompt timeout [offset]', 'Recognizes speech'],
  [
    'GOSUB',
    'live',
    'context extension priority [optional-argument]',
    'Cause the channel to execute the specified dialplan subroutine'
  ]
]

/** All commands by name. */
export const agiCommands: ReadonlyMap<string, AgiCommandDefinition> = new Map(
  rows.map(([name, runsOn, syntax, description]) => [
    name,
    {
      name,
      keywords: name.split(' '),
      runsOnDeadChannel: runsOn === 'dead',
      syntax,
      requiredArguments: syntax.split(' ').filter((argument) => argument !== '' && !argument.startsWith('[')).length,
      description
    }
  ])
)

/**
 * Finds what Asterisk would run: keywords in any case, each a word of its own (`"GET VARIABLE" X` is unknown).
 * @returns undefined where Asterisk answers 510
 */
export function findAgiCommand(words: readonly string[]): AgiCommandDefinition | undefined {
  const [first = ''] = words
  const candidates = byFirstKeyword.get(first) ?? byFirstKeyword.get(first.toUpperCase())
  return candidates?.find(({ keywords }) => keywords.every((keyword, at) => isKeyword(words[at], keyword)))
}

/** Most applications write them in upper case. */
function isKeyword(word: string | undefined, keyword: string): boolean {
  return word === keyword || word?.toUpperCase() === keyword
}

/** Of every command that an application sends the definition is looked for. */
const byFirstKeyword = new Map<string, AgiCommandDefinition[]>()
for (const definition of agiCommands.values()) {
  const first = definition.keywords[0]!
  byFirstKeyword.set(first, [...(byFirstKeyword.get(first) ?? []), definition])
}
