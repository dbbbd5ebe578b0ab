import type { SystemWheel } from '../sip-transport/system-wheel.js'
import type { RegistrationAccount } from './account.js'
import type { AgentPool } from './agent-pool.js'
import { attempt } from './attempt.js'
import type { AttemptContext } from './attempt-context.js'
import { diagnose } from './doctor.js'
import { defaultPolicy, type RegistrationPolicy } from './policy.js'
import { Registration } from './registration.js'
import type { SavedRegistration } from './registration-context.js'
import type { FailureReason, ListedBinding, Purpose, RegistrationFacts } from './registration-state.js'
import { SendWindow } from './send-window.js'
import { TargetBreaker } from './target-breaker.js'

export interface OnceOptions {
  agents: AgentPool
  wheel: Pick<SystemWheel, 'after'>
  now: () => number
  policy?: RegistrationPolicy
  window: number
  ratePerS?: number | undefined
  requestTimeoutMs: number
  udpOnly: boolean
  signal: AbortSignal
}

/** How one attempt of one account ended. */
export interface OnceResult extends RegistrationFacts {
  l_uuid: string
  aor: string
  ok: boolean
  code: number | null
  reason: FailureReason | null
  detail: string | null
  warning?: string
  /** Of a failure: what it mostly means, and where to look. */
  hint?: string
  contact: string | null
  /** Seconds that were granted. */
  expires: number | null
  target: string | null
  rttMs: number | null
  /** What the registrar has for the AOR, where it was asked (or took something back). */
  bindings?: ListedBinding[]
}

// Any time will do: it says that there is a binding.
const leftMs = 60_000

/** Does one thing for each account, through one window, and tells each result as it comes. Nothing is tried a second time, but at other targets. */
export async function registerOnce(
  accounts: readonly RegistrationAccount[],
  purpose: Purpose,
  options: OnceOptions,
  onResult: (result: OnceResult) => void | Promise<void>
): Promise<void> {
  const { agents, wheel, now, policy = defaultPolicy, requestTimeoutMs, udpOnly, signal } = options
  const window = new SendWindow({ limit: options.window, ratePerS: options.ratePerS, wheel, now })
  // Those who wait for a silent target would wait for ever here: it is left to its time-outs.
  const breaker = new TargetBreaker(now, { onOpen: () => {}, onClose: () => {} })
  const { ids, userAgent } = agents.agentFor(undefined)
  const one = async (account: RegistrationAccount) => {
    const agent = agents.agentFor(account.socket)
    const enabled = { ...account, isDisabled: false }
    const make = (saved?: SavedRegistration) =>
      new Registration(enabled, { policy, ids, userAgent, now, random: Math.random }, saved)
    const context = { agent, window, breaker, requestTimeoutMs, udpOnly, now }
    // Without an address that is told, the binding was made from a port that nobody knows any more: the registrar does.
    const isKnown = purpose !== 'unregister' || account.contactAddress !== undefined
    const done = isKnown ? await once(make(), purpose, context) : await removeEarlier(make, context)
    window.leave()
    await onResult(resultOf(done.registration, purpose, done.end))
  }
  const all = accounts.map(
    (account) => new Promise<void>((resolve, reject) => window.enter(() => void one(account).then(resolve, reject), false))
  )
  let onAbort: () => void = () => {}
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
  })
  try {
    await Promise.race([Promise.all(all), aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

type Once = { registration: Registration; end: Awaited<ReturnType<typeof attempt>> }

async function once(registration: Registration, purpose: Purpose, context: AttemptContext): Promise<Once> {
  return { registration, end: await attempt(registration, purpose, context) }
}

/** Asks what there is, and takes back what is ours, one after the other. */
async function removeEarlier(make: (saved?: SavedRegistration) => Registration, context: AttemptContext): Promise<Once> {
  let done = await once(make(), 'fetch', context)
  if (done.registration.reason !== undefined || done.end.kind === 'parked') return done
  for (const contact of done.registration.earlier) {
    const registration = make({ ...done.registration.save(0), contact })
    registration.resume(leftMs)
    done = await once(registration, 'unregister', context)
    if (registration.reason !== undefined) return done
  }
  return done
}

function resultOf(registration: Registration, purpose: Purpose, end: Awaited<ReturnType<typeof attempt>>): OnceResult {
  const { account, aor, code, reason, warning, facts, contact, boundMs, bindings, isRegistered, clues } = registration
  const isParked = end.kind === 'parked'
  return {
    l_uuid: account.uuid,
    aor,
    ok: !isParked && reason === undefined && (purpose !== 'register' || isRegistered),
    code: code ?? null,
    reason: isParked ? 'unreachable' : (reason ?? null),
    detail: (isParked ? `${end.target} does not answer` : end.detail) ?? null,
    ...(warning !== undefined && { warning }),
    ...(reason !== undefined && {
      hint: diagnose({
        ...{ reason, code, account, clues, target: end.target, nowMs: Date.now() },
        ...(isParked ? { detail: undefined, local: undefined } : { detail: end.detail, local: end.flow?.sentBy })
      })
    }),
    contact: contact ?? null,
    expires: isRegistered ? Math.round(boundMs / 1000) : null,
    target: end.target ?? null,
    rttMs: isParked || end.roundTripMs === undefined ? null : Math.round(end.roundTripMs * 10) / 10,
    ...(bindings && { bindings }),
    ...facts
  }
}
