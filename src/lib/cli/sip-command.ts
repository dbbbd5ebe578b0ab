import { UsageError } from '../errors.js'
import type { RegistrationSecret } from '../registrations/account.js'
import type { Address } from '../sip/address.js'
import { readAddress } from '../sip/build.js'
import { DigestSession } from '../sip/digest-session.js'
import { SipSyntaxError } from '../sip/fault.js'
import { encodeText } from '../sip/lexical.js'
import { escapeUser, formatUri, isSipUri, parseUri, type SipUri } from '../sip/uri.js'
import type { CredentialList } from '../uac/credential-list.js'
import type { RequestDraft } from '../uac/draft.js'
import type { ExchangeOptions } from '../uac/exchange.js'
import type { UserAgent } from '../uac/user-agent.js'
import { BaseCommand } from './base-command.js'
import type { Command, Interfaces } from './oclif.js'
import { askSecret } from './prompt.js'
import { openSipAgent } from './sip-agent.js'
import { sipFlags } from './sip-flags.js'
import { allowedHashes, findLogin, guessNote, readCredentials } from './sip-login.js'

export type SipFlags = Interfaces.InferredFlags<typeof sipFlags> & { timeout: number }

/** A command that sends SIP requests. */
export abstract class SipCommand<T extends typeof Command> extends BaseCommand<T> {
  static override baseFlags = { ...BaseCommand.baseFlags, ...sipFlags }

  override async init(): Promise<void> {
    await super.init()
    refuseLineEnds({ ...this.args, ...this.flags })
  }

  get #flags(): SipFlags {
    return this.flags as unknown as SipFlags
  }

  /** @param udp `shared` where requests of others than the server are to be heard */
  protected openAgent(udp: 'connected' | 'shared'): UserAgent {
    return openSipAgent(this.#flags, udp, (message) => this.note(message))
  }

  /**
   * The login of --auth-user and --credentials; undefined without either. Each call gives a session of its own: requests in flight at the same time need
   * one each.
   * @param homes domains whose own realm needs no word: that of the URI, of From and To @param flags those of the command line, or with values of a row in them
   * @param secret of a row, in place of what the command line says
   * @throws UsageError without a password and nobody to ask
   */
  protected async digest(
    agent: UserAgent,
    homes: readonly string[],
    flags = this.#flags,
    secret?: RegistrationSecret
  ): Promise<DigestSession | undefined> {
    const { 'auth-user': username, 'auth-realm': ownRealm, 'auth-any-realm': anyRealm } = flags
    this.#credentials ??= { list: readCredentials(flags, (message) => this.note(message)) }
    const { list } = this.#credentials
    const own = username === undefined ? undefined : { username, ...withSecret(secret ?? (await this.#secret(username))) }
    if (!own && !list) return undefined
    return new DigestSession({
      credentialsFor: (realm) => {
        if (own && realm === ownRealm) return own
        return list?.find(realm) ?? (own && ownRealm === undefined ? { ...own, isGuess: !anyRealm } : undefined)
      },
      cnonce: () => agent.ids.cnonce(),
      ...{ homes, hashes: allowedHashes(flags), onGuess: this.#onGuess }
    })
  }

  #credentials: { list: CredentialList | undefined } | undefined
  readonly #onGuess = guessNote((message) => this.note(message))

  /** Asked for once, however many requests need it. */
  #secret(username: string): Promise<RegistrationSecret> {
    this.#knownSecret ??= findLogin({
      flags: this.#flags,
      origins: this.origins,
      note: (message) => this.note(message),
      ask: this.mayAsk ? () => askSecret(`Password of ${username}:`, this.signal) : undefined,
      missing: {
        message: 'There is no password for --auth-user',
        hint: 'Set PBXKIT_AUTH_PASSWORD, or name a file with --auth-password-file (or --auth-ha1-file).'
      }
    })
    return this.#knownSecret
  }

  #knownSecret: Promise<RegistrationSecret> | undefined

  /** A new request outside of any dialog, as the flags say. */
  protected draft(agent: UserAgent, method: string, uri: SipUri, flags = this.#flags): RequestDraft {
    const self = flags['auth-user'] && `sip:${escapeUser(flags['auth-user'])}@${uri.host}`
    const from = readAddressFlag('--from', flags.from ?? self ?? formatUri(aor(uri)))
    const fallback = method === 'REGISTER' ? from : readAddressFlag('The URI', formatUri(aor(uri)))
    const to =
      flags.to === undefined ? fallback.withParameters(fallback.parameters.without('tag')) : readAddressFlag('--to', flags.to)
    return {
      method,
      uri: formatUri(uri),
      from: from.tag === undefined ? from.withParameters(from.parameters.with('tag', agent.ids.tag())) : from,
      to,
      callId: agent.ids.callId(),
      cseq: 1,
      maxForwards: flags['max-forwards']
    }
  }

  /** What every exchange of the command has in common. @param uri where it goes without --proxy @param route the first hop, else */
  protected exchangeOptions(uri: SipUri, route?: string, flags = this.#flags): ExchangeOptions {
    const { proxy, timeout, 'udp-only': udpOnly } = flags
    const hop = route === undefined ? uri : readSipUri('--route', readAddress(route).uriText)
    return { to: proxy === undefined ? hop : readSipUri('--proxy', proxy), timeoutMs: timeout, udpOnly, signal: this.signal }
  }
}

function withSecret(secret: RegistrationSecret) {
  return secret.kind === 'ha1' ? { ha1: { [secret.algorithm]: secret.ha1 } } : { password: secret.password }
}

/** The domains of a request: whose it is, and whom it is for. */
export function homesOf({ from, to }: RequestDraft, uri: SipUri): string[] {
  return [uri, from.uri, to.uri].flatMap((one) => (isSipUri(one) ? [one.host] : []))
}

/** `sip:` may be left out. @throws UsageError that names the flag */
export function readSipUri(flag: string, text: string): SipUri {
  const uri = asUsage(flag, () => parseUri(encodeText(/^[a-z][a-z0-9+.-]*:(?!\d+(?:$|[;?]))/i.test(text) ? text : `sip:${text}`)))
  if (!isSipUri(uri)) throw new UsageError(`${flag}: "${text}" is not a SIP URI`)
  if (uri.headers.length > 0) throw new UsageError(`${flag}: headers in a URI are not sent; give them with -H`)
  return uri
}

/**
 * A line end in a value would end its header and begin another. A body may have any.
 * @throws UsageError that names the flag
 */
export function refuseLineEnds(values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (name === 'body' || ![value].flat().some((one) => typeof one === 'string' && /[\r\n\0]/.test(one))) continue
    const flag = name === 'uri' ? 'The URI' : name === 'method' ? 'The method' : `--${name}`
    throw new UsageError(`${flag} has a line end, or NUL: no header may have one`)
  }
}

function readAddressFlag(flag: string, text: string): Address {
  return asUsage(flag, () => {
    if (/[\r\n\0]/.test(text)) throw new SipSyntaxError('address', 'a line end, or NUL')
    return readAddress(/[<:]/.test(text) ? text : `sip:${text}`)
  })
}

function asUsage<T>(flag: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof SipSyntaxError) throw new UsageError(`${flag}: ${cause.message}`, { cause })
    throw cause
  }
}

/** From and To have no port and no parameters of the way (RFC 3261 19.1.1, table 1). */
function aor({ scheme, user, host }: SipUri): SipUri {
  return parseUri(`${scheme}:${user === undefined ? '' : `${user}@`}${host}`) as SipUri
}
