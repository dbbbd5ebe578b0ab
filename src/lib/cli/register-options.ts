import { UsageError } from '../errors.js'
import { parseAddress } from '../net/address.js'
import type { RegistrationPolicy } from '../registrations/policy.js'
import { defaultPolicy } from '../registrations/policy.js'
import type { RegistrationServiceOptions } from '../registrations/registration-service.js'
import type { RegisterFlagValues } from './register-accounts.js'

// 64 * T1 (RFC 3261 17.1.2.2, timer F). The usual --timeout is for people who wait; here nobody does.
const requestTimeoutMs = 32_000

export type RegisterSettings = Omit<RegistrationServiceOptions, 'openAgent'>

/** @param timeoutMs of --timeout where it was given @throws UsageError */
export function registerSettings(
  flags: RegisterFlagValues & { 'drain-timeout': number; 'udp-only': boolean },
  timeoutMs: number | undefined
): RegisterSettings {
  if (flags.nat === 'stun' && flags['stun-server'] === undefined) throw new UsageError('--nat stun needs --stun-server')
  return {
    policy: registerPolicy(flags),
    window: flags.window,
    ratePerS: flags.rate,
    spreadMs: flags['random-delay'],
    requestTimeoutMs: timeoutMs ?? requestTimeoutMs,
    udpOnly: flags['udp-only'],
    keepAlive: flags.keepalive,
    keepAliveMs: flags['keepalive-interval'],
    stunServer: flags['stun-server'] === undefined ? undefined : parseAddress(flags['stun-server']),
    incoming: {
      notifyStatus: flags['answer-notify'],
      messageStatus: flags['answer-message'],
      redirect: flags.redirect,
      onInvite: flags['on-invite']
    },
    stateFile: flags.state,
    statusFile: flags['status-file'],
    metrics: flags.metrics === undefined ? undefined : parseAddress(flags.metrics),
    onChange: flags['on-change'],
    keepBindings: flags['keep-bindings'],
    drainMs: flags['drain-timeout'],
    isPaused: flags.paused
  }
}

function registerPolicy(flags: RegisterFlagValues): RegistrationPolicy {
  const retryS = flags['retry-interval'] / 1000
  return {
    retryS,
    maxRetryS: Math.max(defaultPolicy.maxRetryS, retryS),
    rejectedS: flags['rejected-interval'] / 1000,
    maxExpiresS: flags['max-expires'],
    nat: flags.nat,
    newCallId: flags['new-callid']
  }
}
