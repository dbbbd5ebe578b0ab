import type { Duplex } from 'node:stream'
import type { GuardNotice } from '../agi/guard.js'
import { type BridgeReason, type CallOutcome, callBegun, nextOutcome, outcomeCommands } from '../agi/outcome.js'
import { ConnectionLostError, ProtocolError, TimeoutError } from '../errors.js'
import { CallRefusedError } from '../tunnel/errors.js'
import { AsteriskLeg } from './asterisk-leg.js'
import { Authenticator } from './authenticator.js'
import { Bridge, type BridgeOptions, type BridgeReport } from './bridge.js'
import type { TunnelCounters } from './counters.js'
import type { ApplicationEnd, UserDirectory, UserHolder } from './directory.js'
import { findUser, type UserSource } from './find-user.js'
import type { CallStatus } from './status.js'
import type { TunnelLog } from './tunnel-log.js'

export interface CallContext {
  directory: UserDirectory
  log: TunnelLog
  userFrom: UserSource
  /** How long a call waits for its user's tunnel: it comes back in less after a loss. */
  connectGraceMs: number
  bridge: Omit<BridgeOptions, 'onNotice'>
  /** What clients are told of this server. */
  serverName: string
  /** Serves calls that ask for it, or, on its own port, all. */
  authenticator?: Authenticator | undefined
  isAuthenticatorOnly?: boolean
  counters?: TunnelCounters | undefined
  headersTimeoutMs?: number | undefined
}

/** A call that came to nothing has so long to be closed by Asterisk. */
const closeTimeoutMs = 5_000

/** One call of Asterisk: whose is it, where is his tunnel, and then the bridge. */
export class PlacedCall {
  /** Told to logs and clients; nothing is proved by it. */
  readonly id = Math.floor(Math.random() * 2 ** 32)
    .toString(16)
    .padStart(8, '0')
  readonly #socket: Duplex
  readonly #from: string
  readonly #context: CallContext
  /** Made when there is something to wait for, which is rare. */
  #search: AbortController | undefined
  readonly #sinceMs = Date.now()
  #user: string | undefined
  #holder: UserHolder | undefined
  #bridge: Bridge | undefined
  #stopped: BridgeReason | undefined

  /** @param from Asterisk's address and port */
  constructor(socket: Duplex, from: string, context: CallContext) {
    this.#socket = socket
    this.#from = from
    this.#context = context
  }

  get status(): CallStatus {
    return {
      id: this.id,
      from: this.#from,
      user: this.#user ?? null,
      client: this.#holder?.address ?? null,
      protocol: this.#holder?.protocol ?? null,
      state: this.#bridge ? 'bridged' : 'placing',
      since: new Date(this.#sinceMs).toISOString()
    }
  }

  /** Ends it and tells the dialplan. */
  stop(reason: BridgeReason): void {
    this.#stopped ??= reason
    this.#search?.abort()
    this.#bridge?.drop(reason)
  }

  /** Ends it at once. */
  destroy(): void {
    this.#socket.destroy()
  }

  /** It is over, and not asked any more: what it held need not stay in memory as long as it does. */
  forget(): void {
    this.#bridge = undefined
    this.#holder = undefined
  }

  /** Settles when it is over; never rejects. */
  async run(): Promise<void> {
    const { log } = this.#context
    const [call, from] = [this.id, this.#from]
    const startMs = performance.now()
    let leg: AsteriskLeg | undefined
    try {
      const { authenticator, isAuthenticatorOnly, headersTimeoutMs } = this.#context
      leg = await AsteriskLeg.open(this.#socket, headersTimeoutMs)
      if (authenticator && (isAuthenticatorOnly || Authenticator.isFor(leg.headers)))
        return await this.#authenticate(leg, authenticator)
      const report = await this.#run(leg)
      this.#context.counters?.callEnded(report)
      const durationMs = Math.round(performance.now() - startMs)
      // Written out: to spread objects costs as much as to read the headers.
      const { user, outcome, reason, commands } = report
      log[reason ? 'warn' : 'info']({ call, from, user, outcome, reason, commands, durationMs }, 'call ended')
    } catch (error) {
      log.warn({ call, from, reason: (error as Error).message }, 'call given up')
      if (leg) this.#context.counters?.callEnded(callBegun)
      // Who has begun with headers may be an Asterisk that is stuck: it is to know that this was no success.
      if (!leg && error instanceof TimeoutError && this.#socket.writable) this.#socket.end(lateHeadersLines)
      else this.#socket.destroy()
    }
  }

  async #run(leg: AsteriskLeg): Promise<BridgeReport & { user?: string | undefined }> {
    leg.onGone = () => this.#search?.abort()
    const user = await findUser(leg, this.#context.userFrom)
    this.#user = user
    if (user === undefined) return this.#fail(leg, 'no-username')
    const reached = await this.#reach(leg, user)
    if (typeof reached === 'string') return { user, ...(await this.#fail(leg, reached)) }
    const { counters, log } = this.#context
    const { guard, hangupGraceMs, idleLimitMs } = this.#context.bridge
    this.#bridge = new Bridge(leg, reached, {
      guard,
      hangupGraceMs,
      idleLimitMs,
      counters,
      onNotice: (notice) => {
        if (notice.type === 'refused' && counters) counters.commandsRefused++
        log.warn({ call: this.id, user, ...noticeFields(notice) }, `application: ${notice.type}`)
      }
    }).start()
    if (this.#stopped) this.#bridge.drop(this.#stopped)
    const { outcome, reason, isFinal, commands } = await this.#bridge.ended
    return { user, outcome, reason, isFinal, commands }
  }

  /** Looks for a tunnel until one takes the call or the time is over. @returns why not */
  async #reach(leg: AsteriskLeg, user: string): Promise<ApplicationEnd | BridgeReason> {
    const { directory, connectGraceMs, log } = this.#context
    const beganMs = performance.now()
    // Whether the time was over at the loss or a moment later, the dialplan finds the same.
    let missing: BridgeReason = 'not-connected'
    for (;;) {
      const graceMs = beganMs + connectGraceMs - performance.now()
      const holder = directory.findNow?.(user) ?? (await this.#find(leg, user, graceMs))
      if (this.#stopped) return this.#stopped
      if (!holder || leg.isGone) return (await directory.has(user)) ? 'busy' : missing
      try {
        return await this.#take(leg, user, holder)
      } catch (error) {
        if (error instanceof CallRefusedError) return reasonOf(error.reason)
        if (error instanceof TimeoutError || error instanceof ProtocolError) return 'app-timeout'
        if (!(error instanceof ConnectionLostError) || leg.isGone) throw error
        log.debug({ call: this.id, user, client: holder.address, reason: error.message }, 'tunnel lost, looking for another')
        missing = 'tunnel-lost'
        const isLate = performance.now() - beganMs >= connectGraceMs
        if (this.#stopped || (isLate && !directory.findNow?.(user))) return missing
      }
    }
  }

  /** Waits for a tunnel, until the caller is gone, the call is stopped, or its grace is over. */
  async #find(leg: AsteriskLeg, user: string, graceMs: number): Promise<UserHolder | undefined> {
    const search = new AbortController()
    this.#search = search
    if (this.#stopped || leg.isGone) search.abort()
    const timer = setTimeout(() => search.abort(), Math.max(0, graceMs))
    try {
      return await this.#context.directory.find(user, search.signal)
    } finally {
      clearTimeout(timer)
      this.#search = undefined
    }
  }

  /** Protocol 1 has no way to say that the application was reached: SUCCESS comes first, as with the original, and its client takes it back. */
  async #take(leg: AsteriskLeg, user: string, holder: UserHolder): Promise<ApplicationEnd> {
    if (holder.protocol === 1) await this.#tell(leg, success)
    const metadata = { call: this.id, source: this.#from, user, server: this.#context.serverName }
    this.#holder = holder
    const end = await holder.take({ id: this.id, metadata, headers: leg.headers.bytes })
    this.#context.log.info({ call: this.id, user, client: holder.address, protocol: holder.protocol }, 'call bridged')
    if (holder.protocol === 1) return end
    try {
      await this.#tell(leg, success)
      return end
    } catch (error) {
      end.stream.destroy()
      throw error
    }
  }

  async #authenticate(leg: AsteriskLeg, authenticator: Authenticator): Promise<void> {
    const { counters, log } = this.#context
    try {
      const { result, user } = await authenticator.serve(leg)
      if (counters) counters.authentications[result]++
      log[result === 'known' ? 'info' : 'warn']({ call: this.id, from: this.#from, user }, `caller authenticated: ${result}`)
      this.#closeSoon()
    } catch (error) {
      if (counters) counters.authentications.error++
      log.warn({ call: this.id, from: this.#from, reason: (error as Error).message }, 'caller not authenticated')
      // AGISTATUS=FAILURE, and nobody is let through.
      if (this.#socket.writable) this.#socket.end('failure: authenticator\n')
      this.#closeSoon()
    }
  }

  #closeSoon(): void {
    const timer = setTimeout(() => this.#socket.destroy(), closeTimeoutMs)
    this.#socket.once('close', () => clearTimeout(timer))
  }

  async #fail(leg: AsteriskLeg, reason: BridgeReason): Promise<BridgeReport> {
    const outcome = nextOutcome(callBegun, leg.isGone ? { type: 'asterisk-ended' } : { type: 'broken', reason })
    this.#closeSoon()
    if (!leg.isGone) await this.#tell(leg, outcome)
    this.#socket.end()
    return { ...outcome, commands: 0 }
  }

  async #tell(leg: AsteriskLeg, outcome: CallOutcome): Promise<void> {
    for (const command of outcomeCommands(outcome)) await leg.tell(command)
  }
}

/** `failure` alone makes AGISTATUS=FAILURE. */
const lateHeadersLines = Buffer.concat([
  ...outcomeCommands({ outcome: 'FAILED', reason: undefined }),
  Buffer.from('failure: headers\n')
])

const success: CallOutcome = { outcome: 'SUCCESS', reason: undefined, isFinal: false }

const refusals: readonly BridgeReason[] = ['app-econnrefused', 'app-timeout', 'app-error', 'busy']

/** A client may say anything; the dialplan is told what it can know. */
function reasonOf(word: string): BridgeReason {
  return refusals.find((reason) => reason === word) ?? 'app-error'
}

function noticeFields(notice: GuardNotice): object {
  if (notice.type === 'refused')
    return { reason: notice.why, command: notice.command.definition?.name ?? notice.command.words[0]?.slice(0, 40) }
  return notice.type === 'half-line' ? { bytes: notice.bytes } : {}
}
