import { ConnectError, ExitStatus, PbxkitError, TimeoutError } from '../errors.js'
import type { OutgoingRequest } from '../sip/build.js'
import type { ClientTransaction } from '../sip/client-transaction.js'
import type { ChallengeVerdict, DigestSession } from '../sip/digest-session.js'
import { readOr } from '../sip/fault.js'
import type { SipReply } from '../sip/message.js'
import type { SipUri } from '../sip/uri.js'
import type { TransportFlow } from '../sip-transport/flow.js'
import { type SipTarget, targetName } from '../sip-transport/target.js'
import { bodyFor, buildFor, type RequestDraft } from './draft.js'
import type { UserAgent } from './user-agent.js'

export interface ExchangeOptions {
  /** Where it goes: RFC 3263 of this URI, or these targets in their order. */
  to: SipUri | readonly SipTarget[]
  /** Answers challenges; without it a 401 is a reply like another. */
  digest?: DigestSession | undefined
  /** Until the final reply; of an INVITE until the first reply. */
  timeoutMs: number
  /** Never over TCP because of its length. */
  udpOnly?: boolean | undefined
  onProvisional?: ((reply: SipReply, transaction: ClientTransaction) => void) | undefined
  /** Every 2xx to an INVITE, as it comes and before the exchange ends: each wants its ACK. */
  onSuccess?: ((reply: SipReply, sent: Sent) => void) | undefined
  signal?: AbortSignal | undefined
}

/** A request that went out, and how. */
export interface Sent {
  request: OutgoingRequest
  flow: TransportFlow
}

/** A final reply. */
export interface Answer extends Sent {
  reply: SipReply
  /** From the first copy of the request that got it to the reply. */
  roundTripMs: number
  /** How the last challenge was taken, where there was one: anything but 'answer' is why the reply is a 401 or 407. */
  challenge?: ChallengeVerdict | undefined
  /** Targets that were tried before and failed. */
  failures: readonly TargetFailure[]
}

export interface TargetFailure {
  target: SipTarget
  error: PbxkitError
}

// RFC 3261 leaves it open; a proxy and a registrar that both challenge, one of them twice, need three.
const maxChallenges = 5
// RFC 3261 18.1.1: over this length a request may not go over UDP where the path's MTU is not known.
const maxDatagramBytes = 1300

/**
 * Sends a request and gives its final reply: target by target until one answers (503 is no answer, RFC 3263 4.3), and with what its
 * challenges ask for.
 * @throws TimeoutError, ConnectError, TlsError and others of the last target, when none answers; the signal's reason
 */
export async function exchange(agent: UserAgent, draft: RequestDraft, options: ExchangeOptions): Promise<Answer> {
  const targets = 'scheme' in options.to ? await agent.targetsOf(options.to) : options.to
  const failures: TargetFailure[] = []
  let unavailable: Answer | undefined
  let cseq = draft.cseq
  for (const target of targets) {
    options.signal?.throwIfAborted()
    try {
      const answer = await ask(agent, { ...draft, cseq }, target, options)
      cseq = answer.request.parts.cseq + 1
      if (answer.reply.start.status !== 503) {
        agent.blacklist.clear(target)
        return { ...answer, failures }
      }
      agent.blacklist.block(target, retryAfterMs(answer.reply))
      unavailable ??= { ...answer, failures }
    } catch (error) {
      if (!isOfTarget(error) || options.signal?.aborted) throw error
      agent.blacklist.block(target)
      failures.push({ target, error })
      cseq++
    }
  }
  if (unavailable) return unavailable
  throw failures.at(-1)?.error ?? new ConnectError('There is no target to send to')
}

/** Another target may do better; a request that cannot be written, or an address that cannot be bound, will not. */
function isOfTarget(error: unknown): error is PbxkitError {
  const statuses: readonly ExitStatus[] = [ExitStatus.unreachable, ExitStatus.tryAgain, ExitStatus.protocol]
  return error instanceof PbxkitError && statuses.includes(error.exit)
}

function retryAfterMs(reply: SipReply): number | undefined {
  const seconds = readOr(() => reply.retryAfter, undefined)
  return seconds === undefined ? undefined : seconds * 1000
}

/** One target, over TCP first where the request is too long for UDP. */
async function ask(agent: UserAgent, draft: RequestDraft, target: SipTarget, options: ExchangeOptions) {
  const flow = await flowFor(agent, draft, target, options)
  const { digest } = options
  const body = bodyFor(draft, flow)
  let cseq = draft.cseq
  for (let round = 0; ; round++) {
    const { method, uri } = draft
    const proof = digest?.authorize({ method, uri, ...(body && { body }) }) ?? []
    const request = buildFor({ userAgent: agent.userAgent, ...draft }, flow, { branch: agent.ids.branch(), cseq, proof })
    const answer = await transact(agent, { request, flow }, options)
    const { status } = answer.reply.start
    if (status !== 401 && status !== 407) {
      digest?.accepted(answer.reply)
      return answer
    }
    const challenge = digest?.challenged(answer.reply)
    if (challenge !== 'answer' || round >= maxChallenges) return { ...answer, challenge }
    cseq++
  }
}

async function flowFor(agent: UserAgent, draft: RequestDraft, target: SipTarget, { udpOnly }: ExchangeOptions) {
  if (target.transport !== 'udp' || udpOnly) return agent.flowTo(target)
  const flow = await agent.flowTo(target)
  const probe = buildFor({ userAgent: agent.userAgent, ...draft }, flow, {
    branch: agent.ids.branch(),
    cseq: draft.cseq,
    proof: []
  })
  if (probe.bytes.length <= maxDatagramBytes) return flow
  // A peer that has no TCP gets it over UDP all the same (RFC 3261 18.1.1).
  return agent.flowTo({ ...target, transport: 'tcp' }).catch(() => flow)
}

/** One request and its final reply. Of an INVITE the transaction lives on for further 2xx. */
function transact(
  agent: UserAgent,
  sent: Sent,
  { timeoutMs, signal, onProvisional, onSuccess }: ExchangeOptions
): Promise<Omit<Answer, 'failures'>> {
  const { request, flow } = sent
  return new Promise((resolve, reject) => {
    const startMs = performance.now()
    const settle = () => signal?.removeEventListener('abort', onAbort)
    const transaction = agent.table.send(
      request,
      flow,
      {
        onReply: (reply) => {
          const { status } = reply.start
          if (status < 200) return onProvisional?.(reply, transaction)
          if (status < 300) onSuccess?.(reply, sent)
          settle()
          resolve({ ...sent, reply, roundTripMs: performance.now() - startMs })
        },
        onFailure: (reason, cause) => {
          settle()
          reject(failureOf(reason, cause, sent, timeoutMs))
        }
      },
      { timeoutMs }
    )
    const onAbort = () => {
      transaction.stop()
      reject(signal!.reason)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    if (signal?.aborted) onAbort()
  })
}

function failureOf(reason: 'timeout' | 'transport', cause: unknown, { flow, request }: Sent, timeoutMs: number): PbxkitError {
  const name = targetName(flow.target)
  if (reason === 'timeout') {
    return new TimeoutError(`No reply from ${name} to ${request.parts.method} within ${timeoutMs / 1000} s`, {
      hint: 'Is the server up, and does a firewall drop the packets? --trace shows what is sent.'
    })
  }
  return lossOf(flow.target, cause)
}

/** Why a flow is no more, for whoever waits for a reply on it. @param cause as `onLost` tells it */
export function lossOf(target: SipTarget, cause: unknown): PbxkitError {
  if (cause instanceof PbxkitError) return cause
  const isRefused = (cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNREFUSED'
  const why = isRefused ? 'nothing listens there' : cause instanceof Error ? cause.message : 'the connection was lost'
  return new ConnectError(`Cannot reach ${targetName(target)}: ${why}`, { cause })
}
