import type { Block } from '../ami/block.js'
import { EventMask } from '../ami/event-mask.js'
import { maxActionHeaders, maxActionLineBytes } from '../ami/validate.js'
import { audit, auditedFields } from './audit/audit.js'
import { AuditedAction } from './audit/audited-action.js'
import type { ClientSession } from './client-session.js'
import { applyOutbound, type FilterLocal, type OutboundResult } from './filter/outbound.js'
import type { ForwardPlan } from './forward-plan.js'
import { localActions } from './local-actions.js'
import type { ActionResult } from './metrics.js'
import type { ProxyLog } from './options.js'
import { answerProxyAction, type ProxyActionContext } from './proxy-actions.js'
import { kindOf } from './queries/query-actions.js'
import type { QueryPool } from './queries/query-pool.js'
import { errorAnswer, forwardedAction, ownAnswer } from './rewrite.js'
import type { Servers } from './servers.js'

export interface DispatchContext extends ProxyActionContext {
  servers: Servers
  queries: QueryPool
  log: ProxyLog
}

/** One action of a client, come whole. */
interface Request {
  client: ClientSession
  block: Block
  /** The Action that counts; empty without one. */
  action: string
  /** The client's ActionID. */
  id: Buffer | undefined
}

/**
 * Decides what becomes of one action of a client. What would touch the session that all share (Login, Logoff, Challenge, Events, Filter,
 * WaitEvent, however they are spelt) is answered here; everything else goes to one server.
 */
export function dispatch(client: ClientSession, block: Block, id: Buffer | undefined, context: DispatchContext): void {
  const { rights, isLoggedIn } = client.login
  const known = isLoggedIn ? client.lastPlan.recall(block, { rights, options: context.options() }) : undefined
  if (known) return send(known, { client, block, action: known.action, id }, context)
  const action = effectiveAction(block)
  const request: Request = { client, block, action, id }
  // Asterisk, in C, would see the line end there: what we check would not be what it does.
  if (block.bytes.includes(0)) return refuse(request, context, 'A NUL byte in an action')
  // Asterisk skips them before a value: a name that hides behind one is still that name.
  if (block.getAll('Action').some((value) => /[^\x20-\x7e\t]/.test(value)))
    return refuse(request, context, 'An Action has other than printable ASCII characters')
  const key = askForKey(client, block)
  if (!key.accepted) return client.refused('', id, key.delayMs)
  const local = localActions[action.toLowerCase()]
  if (local && !(local.needsLogin && !client.login.isLoggedIn)) {
    if (local.needsRights && isDeniedByRights(request, context)) return
    return local.answer(client, block, id)
  }
  const proxyAction = action === '' ? block.get('ProxyAction')?.trim() : undefined
  // The key alone is a login, and was accepted.
  if (action === '' && proxyAction === undefined && block.find('ProxyKey') && client.login.isLoggedIn)
    return acceptKey(client, id)
  if (action === '' && proxyAction === undefined) return refuse(request, context, 'Missing action in request')
  if (!client.login.isLoggedIn) return refuseStranger(request, context, proxyAction ?? action)
  if (proxyAction !== undefined) answerProxyAction(proxyAction, { client, block, id }, context)
  else forward(request, context)
}

/** It goes no further. */
function refuse(
  { client, action, id }: Request,
  { metrics }: DispatchContext,
  message: string,
  result: ActionResult = 'error'
): void {
  metrics.action(client.login.username, action, result)
  client.receive(errorAnswer(message, id))
}

/** It goes no further since the client may not do it, which is put on record. */
function deny(request: Request, context: DispatchContext, { reason, message }: { reason: string; message: string }): void {
  const { client, block, action } = request
  audit(context.log, { event: 'action', outcome: 'denied', ...who(client), action, reason, fields: auditedFields(block) })
  refuse(request, context, message, 'denied')
}

/** On record once a client: it may ask as often as it likes. */
function refuseStranger(request: Request, context: DispatchContext, action: string): void {
  const { client } = request
  if (!client.wasDenied)
    audit(context.log, { event: 'action', outcome: 'denied', ...who(client), action, reason: 'not logged in' })
  client.wasDenied = true
  refuse(request, context, 'Permission denied', 'denied')
}

function who({ address, login }: ClientSession) {
  return { client: address, user: login.username }
}

/** Where a key is configured it comes first, alone or with an action, and is a login. */
function askForKey(client: ClientSession, block: Block): { accepted: boolean; delayMs: number } {
  if (!client.login.needsKey) return { accepted: true, delayMs: 0 }
  const answer = client.login.giveKey(block.get('ProxyKey'))
  // On the web page the key alone is no login: that of a user follows.
  if (answer.accepted && client.login.isLoggedIn) client.loggedIn({ mask: EventMask.all, isSequenced: false })
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

function forward(request: Request, context: DispatchContext): void {
  const { client, block } = request
  if (isDeniedByRights(request, context)) return
  const plan = planOf(request, context)
  if (!plan) return
  client.lastPlan.remember(block, plan, { rights: client.login.rights, options: context.options() })
  send(plan, request, context)
}

/** What goes to Asterisk; undefined when nothing may, and the client has its answer. */
function planOf(request: Request, context: DispatchContext): ForwardPlan | undefined {
  const { client, block, action } = request
  const refused = (message: string) => void refuse(request, context, message)
  const outbound = throughColumns(client, block, context.options().filterLocal)
  if ('refused' in outbound) return void deny(request, context, { reason: outbound.refused, message: outbound.refused })
  const { lines, headerCount, longestLineBytes } = forwardedAction(outbound.block)
  if (longestLineBytes > maxActionLineBytes)
    return refused(`A line is longer than the ${maxActionLineBytes} bytes that Asterisk takes`)
  // Our ActionID is one more.
  if (headerCount + 1 > maxActionHeaders) return refused(`More than the ${maxActionHeaders} headers that Asterisk takes`)
  const kind = kindOf(action, lines)
  const server = client.login.account?.server ?? block.get('Server')?.trim()
  return { action, kind, lines, server, fields: kind === 'change' ? auditedFields(outbound.block) : undefined }
}

function send(plan: ForwardPlan, request: Request, context: DispatchContext): void {
  const { client, id } = request
  const { options, servers, queries, log } = context
  const { maxActionsInFlight } = options()
  const { action, kind, lines, fields } = plan
  if (client.inFlight >= maxActionsInFlight) return refuse(request, context, `More than ${maxActionsInFlight} actions in flight`)
  const target = servers.select(plan.server)
  if (typeof target === 'string') return refuse(request, context, target)
  client.started()
  const asker =
    kind === 'change'
      ? new AuditedAction(client.requester, log, {
          event: 'action',
          ...who(client),
          action,
          server: target.name,
          fields: fields ?? {}
        })
      : client.requester
  queries.send(target, { kind, name: action, lines, id }, asker)
}

/** May the client's account not send it? Then it has been answered. */
function isDeniedByRights(request: Request, context: DispatchContext): boolean {
  const { client, block, action } = request
  const decision = client.login.rights.check(block, action)
  if (!decision.allowed) {
    deny(request, context, { reason: decision.reason, message: `Permission denied: ${decision.reason}` })
    return true
  }
  if ('wouldRefuse' in decision)
    context.log.warn({ ...who(client), action, reason: decision.wouldRefuse }, 'action would be denied (dry run)')
  return false
}

/** What the filter columns of the client's account leave of its action. */
function throughColumns({ login }: ClientSession, block: Block, filterLocal: FilterLocal): OutboundResult {
  const columns = login.account?.filter
  return columns ? applyOutbound(block, columns, { filterLocal }) : { block }
}
