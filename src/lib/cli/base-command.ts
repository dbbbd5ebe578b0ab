import { isDeepStrictEqual } from 'node:util'
import { InterruptedError, IoError, UsageError } from '../errors.js'
import { suggestion } from '../nearest.js'
import { parseDurationMs } from './duration.js'
import { environmentName, type FlagDefinition, jsonWanted, readFlag } from './flag-values.js'
import { fillMissingArgs, nameNearestCommand, optionalArgs, repeatableFlags } from './lenient-input.js'
import type { Log } from './log.js'
import { Command, Flags, type Interfaces } from './oclif.js'
import { Output, stdoutFailure } from './output.js'
import { askSecret, askText } from './prompt.js'
import { reportError } from './report-error.js'
import { readSecretFile, warnWhenReadableByOthers } from './secret.js'
import { placeOfSetting, type SettingOrigin } from './setting-origin.js'
import { readSettings, readSettingsFile, type Settings, type SettingsFile } from './settings.js'
import { writeToStderr } from './stderr.js'
import { escapeControlsInLines } from './terminal-text.js'

/** Log levels, from all to nothing. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

/** A time flag: seconds, or a number with a unit; the value is milliseconds. */
export const durationFlag = Flags.custom<number>({ parse: async (text) => parseDurationMs(text), helpValue: 'SECONDS' })

type ParsedFlags<T extends typeof Command> = Interfaces.InferredFlags<
  (typeof BaseCommand)['baseFlags'] & T['baseFlags'] & T['flags']
>
type ParsedArgs<T extends typeof Command> = Interfaces.InferredArgs<T['args']>

/**
 * What all commands share: common flags, values from the environment and configuration files, prompts, output, errors, and an
 * end that loses nothing. A command says what it does in `execute`.
 */
export abstract class BaseCommand<T extends typeof Command> extends Command {
  static override baseFlags = {
    json: Flags.boolean({ description: 'print one JSON document (streams: NDJSON), errors too', helpGroup: 'COMMON' }),
    config: Flags.string({ description: 'read settings from this ini file first', helpValue: 'FILE', helpGroup: 'COMMON' }),
    profile: Flags.string({ description: 'use the settings of [profile NAME]', helpValue: 'NAME', helpGroup: 'COMMON' }),
    'log-level': Flags.option({
      options: logLevels,
      default: 'info',
      description: 'what is logged on stderr',
      helpGroup: 'COMMON'
    })(),
    'log-format': Flags.option({
      options: ['text', 'json'] as const,
      description: 'default: text on a terminal, else json',
      helpGroup: 'COMMON'
    })(),
    'no-color': Flags.boolean({ description: 'no colours (also NO_COLOR)', helpGroup: 'COMMON' }),
    'no-input': Flags.boolean({ description: 'never ask, fail instead', helpGroup: 'COMMON' }),
    timeout: durationFlag({
      description: 'give up after this time (seconds, or 500ms, 5m)',
      default: 10_000,
      defaultHelp: async () => '10',
      helpGroup: 'COMMON'
    }),
    quiet: Flags.boolean({ description: 'no notes and progress on stderr', helpGroup: 'COMMON' })
  }

  protected flags!: ParsedFlags<T>
  protected args!: ParsedArgs<T>
  protected settings: Settings = { files: [], layers: [] }
  /** Where the value of a flag comes from; without an entry, it is the default. */
  protected readonly origins = new Map<string, SettingOrigin>()
  protected readonly out = new Output(process.stdout, (error) => {
    const isGone = error.code === 'EPIPE'
    this.controller.abort(isGone ? new InterruptedError('The reader of stdout has gone') : stdoutFailure(error))
  })
  /** Aborted by SIGINT, SIGTERM, or when nobody reads stdout any more. */
  protected readonly controller = new AbortController()
  #log: Log | undefined

  /** The command's work. Throws what went wrong; sets `process.exitCode` for a "no". */
  protected abstract execute(): Promise<void>

  override async init(): Promise<void> {
    await super.init()
    this.listenForSignals()
    const { args, flags, metadata } = await this.parse({
      flags: repeatableFlags(this.ctor.flags),
      baseFlags: repeatableFlags(this.ctor.baseFlags),
      args: optionalArgs(this.ctor.args),
      strict: this.ctor.strict
    })
    this.args = args as ParsedArgs<T>
    this.flags = flags as ParsedFlags<T>
    const typed = Object.entries(flags).filter(([name, value]) => value !== undefined && !metadata.flags[name]?.setFromDefault)
    const given = new Set(typed.map(([name]) => name))
    for (const name of given) this.origins.set(name, { kind: 'flag' })
    await this.#fillFlags(given)
    await fillMissingArgs(this.ctor.args, args as Record<string, unknown>, () =>
      this.mayAsk ? (question: string) => askText(question, this.signal) : undefined
    )
    if (this.flags['no-color'] || process.env.NO_COLOR) {
      // chalk looks at FORCE_COLOR only, inquirer and Node at it before NO_COLOR: the user's "no" is said in both words.
      process.env.FORCE_COLOR = '0'
      process.env.NO_COLOR = '1'
    }
  }

  override async run(): Promise<void> {
    await this.execute()
  }

  override async catch(error: Error): Promise<void> {
    if (this.signal.aborted) {
      // What fails now fails because it was stopped. Whoever ran `| head -1` got what they wanted; whoever pressed Ctrl-C knows it.
      const { reason } = this.signal
      if (reason instanceof IoError) reportError(reason, { json: false })
      else if (!this.out.readerIsGone) process.exitCode = (reason as InterruptedError).exit
      return
    }
    const named = nameNearestCommand(error, this.ctor.id, () => this.config.commands.map(({ id }) => id))
    reportError(named, { json: this.flags?.json ?? jsonWanted(this.argv) })
  }

  protected get signal(): AbortSignal {
    return this.controller.signal
  }

  /** One-shots end at the first signal, at once at the second. */
  protected listenForSignals(): void {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (this.signal.aborted) process.exit(130)
        process.exitCode = 130
        this.controller.abort(new InterruptedError(`Interrupted by ${signal}`))
      })
    }
  }

  /** Opens the log when it is first wanted: most one-shots never log, and the logger costs start-up time. */
  protected async openLog(): Promise<Log> {
    const { createLog } = await import('./log.js')
    this.#log ??= createLog({
      level: this.flags['log-level'],
      format: this.flags['log-format'] ?? (process.stderr.isTTY ? 'text' : 'json')
    })
    return this.#log
  }

  /**
   * Reads the configuration files again: their sections, and the flags of these names; the others stay as they are.
   * @throws ConfigError, and the old ones stay
   */
  protected async rereadSettings(changeable: readonly string[] = []): Promise<void> {
    const before = this.settings.layers
    const settings = await this.#readSettings()
    const definitions = { ...this.ctor.baseFlags, ...this.ctor.flags } as Record<string, FlagDefinition>
    const changed: Record<string, unknown> = {}
    for (const name of changeable.filter((flag) => !this.#fixed.has(flag))) {
      const layer = settings.layers.find(({ values }) => values[name] !== undefined)
      changed[name] = layer
        ? await readFlag(definitions[name]!, name, layer.values[name]!, placeOfSetting(layer.source, name), this)
        : this.#defaults[name]
    }
    this.settings = settings
    Object.assign(this.flags, changed)
    const valueIn = (layers: Settings['layers'], name: string) => layers.find(({ values }) => name in values)?.values[name]
    const kept = ['secret', ...Object.keys(definitions)].filter((name) => !changeable.includes(name) && !this.#fixed.has(name))
    const stale = kept.filter((name) => !isDeepStrictEqual(valueIn(before, name), valueIn(settings.layers, name)))
    if (stale.length > 0) this.wantRestart(stale)
  }

  /** These settings stand otherwise in the files now, and no reload changes them. */
  protected wantRestart(names: readonly string[]): void {
    this.note(`settings have changed that need a restart: ${names.join(', ')}`)
  }

  /** Reads the file of --config; a command may know files of another form. @throws ConfigError */
  protected readConfigFile(file: string): Promise<SettingsFile> {
    return readSettingsFile(file)
  }

  /** Reads what else a command may be configured by, where no file is named. @param _found the standard files that exist @throws ConfigError */
  protected async readFallbackFile(_found: readonly SettingsFile[]): Promise<SettingsFile | undefined> {
    return undefined
  }

  #readSettings(): Promise<Settings> {
    const { config, profile } = this.flags
    const readNamed = (file: string) => this.readConfigFile(file)
    return readSettings({ config, profile, readNamed, readFallback: (found) => this.readFallbackFile(found) })
  }

  /** A remark for the person at the terminal: on stderr, not with --quiet. */
  protected note(message: string): void {
    if (!this.flags.quiet) writeToStderr(`pbxkit: ${escapeControlsInLines(message)}\n`)
  }

  protected get mayAsk(): boolean {
    return !this.flags['no-input'] && process.stdin.isTTY === true && process.stderr.isTTY === true
  }

  /** A required value: as given, else asked for on a terminal. @throws UsageError that names the flag */
  protected async required(value: string | undefined, { flag, question }: { flag: string; question: string }): Promise<string> {
    if (value !== undefined && value !== '') return value
    if (this.mayAsk) return askText(question, this.signal)
    throw new UsageError(`${flag} is missing`, { hint: `Give ${flag.replace(/^The /, 'the ')}, or see --help.` })
  }

  /**
   * The secret to log in with: from --secret-file, PBXKIT_SECRET, PBXKIT_SECRET_FILE, the configuration, or a masked prompt.
   * @throws UsageError when there is none and nobody to ask; ConfigError for an unreadable file
   */
  protected async secret({ secretFile, question }: { secretFile: string | undefined; question: string }): Promise<string> {
    const warn = (message: string) => this.note(message)
    if (secretFile !== undefined && this.#secretFileGiven) return readSecretFile(secretFile, warn)
    if (process.env.PBXKIT_SECRET) return process.env.PBXKIT_SECRET
    if (process.env.PBXKIT_SECRET_FILE) return readSecretFile(process.env.PBXKIT_SECRET_FILE, warn)
    for (const { source, values } of this.settings.layers) {
      if (values['secret-file'] !== undefined) return readSecretFile(String(values['secret-file']), warn)
      if (values.secret === undefined) continue
      warnWhenReadableByOthers(source.replace(/ \[profile .*\]$/, ''), warn)
      return String(values.secret)
    }
    if (this.mayAsk) return askSecret(question, this.signal)
    throw new UsageError('There is no secret to log in with', { hint: 'Set PBXKIT_SECRET, or name a file with --secret-file.' })
  }

  #secretFileGiven = false
  /** Flags that were typed or stand in the environment: no file changes them. */
  #fixed: ReadonlySet<string> = new Set()
  /** The flags before anything but the command line was read. */
  #defaults: Readonly<Record<string, unknown>> = {}

  /** Flags that were not typed take their value from the environment, then from the configuration, then their default. */
  async #fillFlags(given: ReadonlySet<string>): Promise<void> {
    const definitions = { ...this.ctor.baseFlags, ...this.ctor.flags } as Record<string, FlagDefinition>
    const flags = this.flags as Record<string, unknown>
    this.#secretFileGiven = given.has('secret-file')
    this.#fixed = new Set(Object.keys(definitions).filter((name) => given.has(name) || process.env[environmentName(name)]))
    this.#defaults = { ...flags }
    for (const [name, definition] of Object.entries(definitions)) {
      const text = process.env[environmentName(name)]
      if (given.has(name) || text === undefined || text === '') continue
      flags[name] = await readFlag(definition, name, text, environmentName(name), this)
      this.origins.set(name, { kind: 'environment', name: environmentName(name) })
    }
    this.settings = await this.#readSettings()
    this.#warnOfUnknownSettings()
    for (const [name, definition] of Object.entries(definitions)) {
      if (given.has(name) || process.env[environmentName(name)]) continue
      const layer = this.settings.layers.find(({ values }) => values[name] !== undefined)
      if (!layer) continue
      try {
        flags[name] = await readFlag(definition, name, layer.values[name]!, placeOfSetting(layer.source, name), this)
        this.origins.set(name, { kind: 'file', source: layer.source })
      } catch (error) {
        this.unreadableSetting(error as Error)
      }
    }
  }

  /** A file has a value that its flag does not take; where this returns, the default counts. @throws ConfigError */
  protected unreadableSetting(error: Error): void {
    throw error
  }

  /** A file has a setting that no command knows. */
  protected unknownSetting(source: string, key: string, hint: string): void {
    this.note(`${source}: unknown setting "${key}". ${hint}`)
  }

  #warnOfUnknownSettings(): void {
    if (this.settings.layers.length === 0) return
    const known = new Set(['secret', ...this.config.commands.flatMap((command) => Object.keys(command.flags))])
    for (const { source, values } of this.settings.layers) {
      for (const key of Object.keys(values)) {
        if (!known.has(key)) this.unknownSetting(source, key, suggestion(key, known) ?? 'Settings have the names of flags.')
      }
    }
  }
}
