import fs from 'node:fs'
import { IoError } from '../errors.js'
import { type Address, formatAddress } from '../net/address.js'
import { SystemWheel } from '../sip-transport/system-wheel.js'
import type { UdpBind } from '../sip-transport/udp-flow.js'
import type { UserAgent } from '../uac/user-agent.js'
import type { RegistrationAccount } from './account.js'
import { AgentPool } from './agent-pool.js'
import { ChangeCommand } from './change-command.js'
import { summaryOf } from './control-methods.js'
import { answerRequests, type IncomingOptions } from './incoming-requests.js'
import type { KeeperOptions } from './keeper-options.js'
import type { RegistrationEvent } from './registration-event.js'
import { RegistrationKeeper } from './registration-keeper.js'
import { readState, writeState } from './state-file.js'
import { lockState } from './state-lock.js'

export interface RegistrationServiceOptions
  extends Omit<KeeperOptions, 'agents' | 'wheel' | 'now' | 'wallNow' | 'random' | 'onEvent' | 'isHeard' | 'onFault'> {
  openAgent: (bind: UdpBind | undefined) => UserAgent
  incoming: Pick<IncomingOptions, 'notifyStatus' | 'messageStatus' | 'redirect' | 'onInvite'>
  stateFile: string | undefined
  /** Written every few seconds with the numbers of `uac status`. */
  statusFile: string | undefined
  metrics: Address | undefined
  /** Of the program, for the metrics. */
  version?: string | undefined
  onChange: string | undefined
  /** At a stop the bindings stay. */
  keepBindings: boolean
  /** How long a stop waits for the answers to what is taken back. */
  drainMs: number
  isPaused: boolean
}

export interface RegistrationListener {
  onEvent: (event: RegistrationEvent) => void
  /** See `KeeperOptions`. */
  isHeard?: KeeperOptions['isHeard']
  onFault: (error: unknown) => void
  onWarning: (message: string) => void
}

export interface RunningRegistrations {
  readonly keeper: RegistrationKeeper
  readonly addresses: readonly string[]
  readonly startedAt: string
  readonly now: () => number
  readonly closed: Promise<void>
}

// After a crash so much is asked anew: nonces that count on, and accounts that were registered since.
const stateEveryMs = 10_000
const statusEveryMs = 5_000

/**
 * Keeps accounts registered until the signal is aborted; then bindings are taken back, in a bounded time.
 * @throws ListenError for --metrics, IoError for a state file that cannot be read or written, or that another one has, DataError for a socket of an account
 */
export async function startRegistrations(
  accounts: readonly RegistrationAccount[],
  options: RegistrationServiceOptions,
  listener: RegistrationListener,
  signal: AbortSignal
): Promise<RunningRegistrations> {
  const unlock = options.stateFile === undefined ? () => {} : await lockState(options.stateFile)
  try {
    return await start(accounts, options, listener, { signal, unlock })
  } catch (error) {
    unlock()
    throw error
  }
}

async function start(
  accounts: readonly RegistrationAccount[],
  options: RegistrationServiceOptions,
  listener: RegistrationListener,
  { signal, unlock }: { signal: AbortSignal; unlock: () => void }
): Promise<RunningRegistrations> {
  const { stateFile, statusFile, openAgent, incoming } = options
  const now = () => performance.now()
  const wallNow = () => Date.now()
  const wheel = new SystemWheel(now)
  const command = options.onChange === undefined ? undefined : new ChangeCommand(options.onChange)
  const agents = new AgentPool((bind) => {
    const agent = openAgent(bind)
    answerRequests(agent, {
      ...incoming,
      account: (uuid) => keeper.accounts.get(uuid)?.registration.account,
      accounts: function* () {
        for (const { registration } of keeper.accounts.values()) yield registration.account
      }
    })
    return agent
  })
  const keeper: RegistrationKeeper = new RegistrationKeeper({
    ...options,
    ...{ agents, wheel, now, wallNow, random: Math.random },
    onEvent: (event) => {
      listener.onEvent(event)
      command?.tell(event)
    },
    isHeard: command ? undefined : listener.isHeard,
    onFault: listener.onFault
  })
  const startedAt = new Date(wallNow()).toISOString()
  const saveState = () => {
    if (stateFile === undefined) return
    writeState(stateFile, savedOf(keeper, wallNow()))
  }
  const saveStatus = () => {
    if (statusFile !== undefined)
      writeStatus(statusFile, { ts: new Date(wallNow()).toISOString(), ...summaryOf(keeper, startedAt) })
  }
  const saved = stateFile === undefined ? undefined : readState(stateFile)
  // A file that cannot be written is told before anything is sent.
  saveStatus()
  const served =
    options.metrics &&
    (await import('./metrics-server.js').then(({ serveMetrics }) =>
      serveMetrics(options.metrics!, {
        scrape: () => ({ keeper, agents: agents.all, version: options.version ?? '', startedAt }),
        health: () => keeper.registeredCount > 0 || keeper.accounts.size === 0
      })
    ))
  if (options.isPaused) keeper.pause(true)
  for (const account of accounts) {
    const known = saved?.get(account.uuid)
    keeper.add(account, known && known.aor === `sip:${account.username}@${account.domain}` ? known.saved : undefined)
  }
  const repeated = (everyMs: number, work: () => void) =>
    setInterval(() => {
      try {
        work()
      } catch (error) {
        if (!(error instanceof IoError)) throw error
        listener.onWarning(error.message)
      }
    }, everyMs)
  const timers = [
    ...(stateFile ? [repeated(stateEveryMs, saveState)] : []),
    ...(statusFile ? [repeated(statusEveryMs, saveStatus)] : [])
  ]
  // Without accounts nothing else keeps the process: some may be added.
  const alive = setInterval(() => {}, 2 ** 30)

  const stop = async () => {
    for (const timer of [...timers, alive]) clearInterval(timer)
    served?.close()
    // What stays at the registrar is known to the next start.
    const left = await keeper.stop({ unregister: !options.keepBindings, timeoutMs: options.drainMs })
    if (left > 0) listener.onWarning(`${left} bindings were not taken back in time; they end by themselves`)
    try {
      saveState()
      saveStatus()
    } finally {
      unlock()
      agents.close()
      wheel.stop()
    }
  }
  const closed = new Promise<void>((resolve, reject) => {
    const onAbort = () => void stop().then(resolve, reject)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
  const addresses = [`accounts=${accounts.length}`, ...(served ? [`metrics=${formatAddress(served.address)}`] : [])]
  return { keeper, addresses, startedAt, now, closed }
}

function* savedOf(keeper: RegistrationKeeper, wallMs: number) {
  for (const [uuid, { registration }] of keeper.accounts) yield { uuid, aor: registration.aor, saved: registration.save(wallMs) }
}

/** As a whole or not at all: who reads it never sees half a document. @throws IoError */
function writeStatus(file: string, status: Record<string, unknown>): void {
  const part = `${file}.${process.pid}.part`
  try {
    fs.writeFileSync(part, `${JSON.stringify(status, undefined, 2)}\n`)
    fs.renameSync(part, file)
  } catch (cause) {
    throw new IoError(`Cannot write the status to ${file}: ${(cause as Error).message}`, { cause })
  }
}
