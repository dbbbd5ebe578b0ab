import type { Block } from '../ami/block.js'
import { EventMask } from '../ami/event-mask.js'
import { maxActionHeaders, maxActionLineBytes } from '../ami/validate.js'
import type { ClientSession } from './client-session.js'
import { applyOutbound, type FilterLocal, type OutboundResult } from './filter/outbound.js'
import { localActions } from './local-actions.js'
import type { ActionResult } from './metrics.js'
import type { ProxyLog } from './options.js'
import { answerProxyAction, type ProxyActionContext } from './proxy-actions.js'
import type { QueryPool } from './queries/query-pool.js'
import { errorAnswer, forwardedAction, ownAnswer } from './rewrite.js'
import type { Servers } from './servers.js'

export interface DispatchContext extends ProxyActionContext {
  servers: Servers
  queries: QueryPool
  log: ProxyLog
}

/**
 * Decides what becomes of one action of a client. What would touch the session that all share (Login, Logoff, Challenge, Events, Filter,
 * WaitEvent, however they are spelt) is answered here; everything else goes to one server.
 */
export function dispatch(client: ClientSession, block: Block, id: Buffer | undefined, context: DispatchContext): void {
  const refuse = (message: string, result: ActionResult = 'error') => {
    context.metrics.action(client.login.username, block.get('Action')?.trim() ?? '', result)
    client.receive(errorAnswer(message, id))
  }
  // Asterisk, in C, would see the line end there: what we check would not be what it does.
  if (block.bytes.includes(0)) return refuse('A NUL byte in an action')
  // Asterisk skips them before a value: a name that hides behind one is still that name.
  if (block.getAll('Action').some((value) => /[^\x20-\x7e\t]/.test(value)))
    return refuse('An Action has other than printable ASCII characters')
  const action = effectiveAction(block)
  const key = askForKey(client, block)
  if (!key.accepted) return client.refused('', id, key.delayMs)
  const local = localActions[action.toLowerCase()]
  if (local && !(local.needsLogin && !client.login.isLoggedIn)) {
    const refusal = local.needsRights ? refusalByRights(client, block, action, context.log) : undefined
    return refusal === undefined ? local.answer(client, block, id) : refuse(refusal)
  }
  const proxyAction = action === '' ? block.get('ProxyAction')?.trim() : undefined
  // The key alone is a login, and was accepted.
  if (action === '' && proxyAction === undefined && block.find('ProxyKey') && client.login.isLoggedIn)
    return acceptKey(client, id)
  if (action === '' && proxyAction === undefined) return refuse('Missing action in request')
  if (!client.login.isLoggedIn) return refuse('Permission denied', 'denied')
  if (proxyAction !== undefined) answerProxyAction(proxyAction, { client, block, id }, context)
  else forward(client, { block, action, id }, context)
}

/** Where a key is configured it comes first, alone or with an action, and is a login. */
function askForKey(client: ClientSession, block: Block): { accepted: boolean; delayMs: number } {
  if (!client.login.needsKey) return { accepted: true, delayMs: 0 }
  const answer = client.login.giveKey(block.get('ProxyKey'))
  if (answer.accepted) client.loggedIn({ mask: EventMask.all, isSequenced: false })
  return answer
}

function acceptKey(client: ClientSession, id: Buffer | undefined): void {
  client.receive(
    ownAnswer(
      [
        ['Response', 'Success'],
        ['Message', 'ProxyKey accepted']
      ],
      id
    )
  )
}

/** The Action that counts: the first that says something, as in Asterisk. */
function effectiveAction(block: Block): string {
  return (
    block
      .getAll('Action')
      .map((value) => value.trim())
      .find((value) => value !== '') ?? ''
  )
}

function forward(
  client: ClientSession,
  { block, action, id }: { block: Block; action: string; id: Buffer | undefined },
  { options, servers, queries, log, metrics }: DispatchContext
): void {
  const { maxActionsInFlight, filterLocal } = options()
  const refuse = (message: string, result: ActionResult = 'error') => {
    metrics.action(client.login.username, action, result)
    client.receive(errorAnswer(message, id))
  }
  const who = { client: client.address, user: client.login.username, action }
  const refusal = refusalByRights(client, block, action, log)
  if (refusal !== undefined) return refuse(refusal, 'denied')
  if (client.inFlight >= maxActionsInFlight) return refuse(`More than ${maxActionsInFlight} actions in flight`)
  const outbound = throughColumns(client, block, filterLocal)
  if ('refused' in outbound) {
    log.warn({ ...who, reason: outbound.refused }, 'action denied')
    return refuse(outbound.refused, 'denied')
  }
  const { lines, headerCount, longestLineBytes } = forwardedAction(outbound.block)
  if (longestLineBytes > maxActionLineBytes)
    return refuse(`A line is longer than the ${maxActionLineBytes} bytes that Asterisk takes`)
  // Our ActionID is one more.
  if (headerCount + 1 > maxActionHeaders) return refuse(`More than the ${maxActionHeaders} headers that Asterisk takes`)
  const target = servers.select(client.login.account?.server ?? block.get('Server')?.trim())
  if (typeof target === 'string') return refuse(target)
  client.started()
  queries.send(target, { name: action, lines, id }, client)
}

/** What an action is answered with that the client's account may not send; undefined when it may. */
function refusalByRights(client: ClientSession, block: Block, action: string, log: ProxyLog): string | undefined {
  const who = { client: client.address, user: client.login.username, action }
  const decision = client.login.rights.check(block, action)
  if (!decision.allowed) {
    log.warn({ ...who, reason: decision.reason }, 'action denied')
    return `Permission denied: ${decision.reason}`
  }
  if ('wouldRefuse' in decision) log.warn({ ...who, reason: decision.wouldRefuse }, 'action would be denied (dry run)')
  return undefined
}

/** What the filter columns of the client's account leave of its action. */
function throughColumns({ login }: ClientSession, block: Block, filterLocal: FilterLocal): OutboundResult {
  const columns = login.account?.filter
  return columns ? applyOutbound(block, columns, { filterLocal }) : { block }
}
