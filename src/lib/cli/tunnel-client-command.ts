import fs from 'node:fs'
import { ConfigError, UsageError } from '../errors.js'
import { type Address, parseAddress } from '../net/address.js'
import { normalizePin } from '../net/connect.js'
import type { TunnelEvent } from '../tunnel-client/events.js'
import { maxMetadataBytes, parseMetadata, type TunnelMetadata } from '../tunnel-client/metadata.js'
import type { Target } from '../tunnel-client/target.js'
import type { TunnelClientOptions } from '../tunnel-client/tunnel-client.js'
import type { Interfaces } from './oclif.js'
import { warnWhenReadableByOthers } from './secret.js'
import { ServiceCommand } from './service-command.js'
import { writeToStderr } from './stderr.js'
import { openTranscripts } from './transcript-target.js'
import { tunnelClientFlags } from './tunnel-client-flags.js'
import type { TunnelAnswers } from './tunnel-questions.js'

type FlagValues = Interfaces.InferredFlags<typeof tunnelClientFlags> & {
  timeout: number
  check: boolean
  'drain-timeout': number
}

/** From flags, files and answers to what the tunnel's client takes. */
export abstract class TunnelClientCommand extends ServiceCommand<typeof ServiceCommand & { flags: typeof tunnelClientFlags }> {
  static override flags = tunnelClientFlags

  /** Somebody watches: what is done now stands in a line that is kept up to date. */
  protected get hasStatusLine(): boolean {
    return process.stderr.isTTY === true && !this.flags.json && !this.flags.quiet
  }

  #answers: TunnelAnswers | undefined
  #transcripts: TunnelClientOptions['transcripts']

  /**
   * One for each server. Asked again at SIGHUP, when secret and metadata are read anew.
   * @throws UsageError, ConfigError, DataError, IoError
   */
  protected async clientOptions(onEvent: (event: TunnelEvent) => void): Promise<TunnelClientOptions[]> {
    await this.#askWhenBare()
    const flags = this.flags as unknown as FlagValues
    const { plain, timeout, protocol, 'tls-ca': caFile, 'tls-pin': pin, insecure } = flags
    const component = await this.#component(flags.metadata)
    const username = await this.required(flags.username ?? component?.username, { flag: '--username', question: 'User:' })
    const password = this.#answers?.password ?? (await this.#password(flags, component))
    const target = await this.#target(flags)
    if (pin !== undefined) normalizePin(pin)
    this.#transcripts ??= await this.#openTranscripts(flags)
    const common = {
      ...{ tls: plain ? undefined : { caFile, pin, insecure }, username, password, target, onEvent, timeoutMs: timeout },
      protocol: protocol === 'auto' ? protocol : protocol === '1' ? (1 as const) : (2 as const),
      allowProtocol1: flags['allow-protocol-1'],
      ...{ calls: flags.calls, drainMs: flags['drain-timeout'], transcripts: this.#transcripts },
      backoff: { initialMs: 500, maxMs: flags['retry-max'] },
      version: this.config.version
    }
    if (component?.place) return [{ ...common, ...component.place }]
    if (flags.metadata !== undefined && !component) return [await this.#located(common, flags.metadata)]
    return flags.host.map((text) => ({ ...common, ...readServer(text, flags.port) }))
  }

  /** Keeps what was answered, once it has proved right. */
  protected async saveAnswers(): Promise<void> {
    if (this.#answers?.profile === undefined) return
    const { profile, password, insecure, plain, ...texts } = this.#answers
    const { saveProfile } = await import('./save-profile.js')
    const file = await saveProfile(
      profile,
      { ...texts, ...(insecure && { insecure: 'yes' }), ...(plain && { plain: 'yes' }) },
      password
    )
    this.note(`saved in ${file}; next time: pbxkit agi tunnel --profile ${profile}`)
  }

  async #askWhenBare(): Promise<void> {
    const isBare = ['host', 'metadata', 'username', 'app', 'exec'].every((name) => !this.origins.has(name))
    if (!isBare || !this.mayAsk || this.#answers) return
    const { askForTunnel } = await import('./tunnel-questions.js')
    this.#answers = await askForTunnel(this.signal)
    const { host, password: _password, profile: _profile, ...answers } = this.#answers
    Object.assign(this.flags, answers, { host: [host] })
  }

  async #password({ 'secret-file': secretFile }: FlagValues, component: TunnelMetadata | undefined): Promise<string> {
    const isGiven = this.origins.has('secret-file') || process.env.PBXKIT_SECRET
    if (component?.password !== undefined && !isGiven) return component.password
    return this.secret({ secretFile, question: 'Password:' })
  }

  async #target({ app, exec }: FlagValues): Promise<Target> {
    const { applicationTarget, programTarget } = await import('../tunnel-client/target.js')
    if (exec !== undefined) {
      const { checkProgram } = await import('../tunnel-client/check-program.js')
      checkProgram(exec)
      // What it says goes above the line of the status, where there is one.
      return programTarget(exec, this.hasStatusLine ? writeToStderr : undefined)
    }
    if (app !== undefined) return applicationTarget(parseAddress(app))
    if (this.mayAsk) {
      const { askText } = await import('./prompt.js')
      return applicationTarget(parseAddress(await askText('FastAGI application (HOST:PORT):', this.signal, '127.0.0.1:4573')))
    }
    throw new UsageError('--app or --exec is missing', {
      hint: 'Name a FastAGI application (--app 127.0.0.1:4573) or a script (--exec ./ivr.pl).'
    })
  }

  /** The settings of the original's component. @returns undefined where there is none, or a URL @throws ConfigError, DataError */
  async #component(source: string | undefined): Promise<TunnelMetadata | undefined> {
    if (source === undefined || source.includes('://')) return undefined
    let text: string
    try {
      if (fs.statSync(source).size > maxMetadataBytes) throw new Error('it is too long')
      text = fs.readFileSync(source, 'utf8')
    } catch (cause) {
      throw new ConfigError(`Cannot read ${source}: ${(cause as Error).message}`, {
        cause,
        hint: 'Name a YAML file or a URL with --metadata.'
      })
    }
    const component = await parseMetadata(text, source)
    if (component.password !== undefined) warnWhenReadableByOthers(source, (message) => this.note(message))
    return component
  }

  async #located(common: Omit<TunnelClientOptions, 'host' | 'port'>, text: string): Promise<TunnelClientOptions> {
    const { metadataLocator, metadataUrl } = await import('../tunnel-client/locate.js')
    const { tls, timeoutMs, onEvent } = common
    const url = metadataUrl(text, { isPinned: tls?.pin !== undefined })
    const onMessage = (message: string) => onEvent({ event: 'message', text: message })
    // Only for messages, until the metadata are there.
    return { ...common, host: url.host, port: 0, locate: metadataLocator({ url, tls, timeoutMs, onMessage }) }
  }

  async #openTranscripts({ transcript, check }: FlagValues): Promise<TunnelClientOptions['transcripts']> {
    return openTranscripts(transcript, this.logFiles, { note: (message) => this.logger.warn(message), isCheck: check })
  }
}

/** `HOST`, `HOST:PORT`, `[IPV6]:PORT` or `IPV6`. @throws UsageError */
function readServer(text: string, port: number): Address {
  if (/^(\[[^\]]+\]|[^:]+):\d+$/.test(text)) return parseAddress(text)
  const host = text.replace(/^\[(.*)\]$/, '$1')
  if (host === '' || /[\s/]/.test(host)) throw new UsageError(`--host ${text} is no host`)
  return { host, port }
}
