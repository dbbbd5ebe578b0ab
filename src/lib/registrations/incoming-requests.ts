import type { ReplyParts } from '../sip/build.js'
import type { SipRequest } from '../sip/message.js'
import type { ServerTransaction } from '../sip/server-transaction.js'
import { isSipUri, parseUri, unescapeUri } from '../sip/uri.js'
import { standardAnswer } from '../uac/incoming.js'
import type { UserAgent } from '../uac/user-agent.js'
import type { RegistrationAccount } from './account.js'
import { contactUser } from './contact.js'
import { runOnInvite } from './on-invite.js'

export interface IncomingOptions {
  /** What NOTIFY and MESSAGE are answered. */
  notifyStatus: number
  messageStatus: number
  /** `lookup`: calls are sent on to `sip:l_username@l_domain` of the account that they reach. */
  redirect: 'lookup' | undefined
  /** A program that says what a call is answered; see `runOnInvite`. */
  onInvite: string | undefined
  /** Accounts by uuid. */
  account: (uuid: string) => RegistrationAccount | undefined
  /** All of them, for requests that name none by its uuid. */
  accounts: () => Iterable<RegistrationAccount>
  onRequest?: ((request: SipRequest, account: RegistrationAccount | undefined, status: number) => void) | undefined
}

// Every one is a process.
const maxOnInvite = 32

/** Answers what comes to registered accounts: OPTIONS, calls, NOTIFY and MESSAGE. @returns what ends it */
export function answerRequests(agent: UserAgent, options: IncomingOptions): () => void {
  let running = 0
  return agent.handleRequests((request, transaction) => {
    if (!transaction) return undefined
    const { method } = request.start
    const usual = standardAnswer(request)
    // What is wrong with it, and what it requires and we have not, is said first.
    if (usual.status === 400 || usual.status === 420 || usual.status === 505 || usual.status === 513) return usual
    const account = findCalled(request, options)
    const answer = (parts: ReplyParts): ReplyParts => {
      options.onRequest?.(request, account, parts.status)
      return parts
    }
    if (method === 'NOTIFY') return answer({ status: options.notifyStatus })
    if (method === 'MESSAGE') return answer({ status: options.messageStatus })
    if (method === 'CANCEL') return cancel(agent, request) ?? answer(usual)
    if (method !== 'INVITE' || request.to.tag !== undefined) return answer(usual)
    if (options.onInvite !== undefined && running < maxOnInvite) {
      running++
      void runOnInvite(options.onInvite, request, account).then((parts) => {
        running--
        transaction.reply({ toTag: agent.ids.tag(), ...answer(parts) })
      })
      return { status: 100 }
    }
    return answer(options.redirect === 'lookup' ? redirectTo(account) : usual)
  })
}

function cancel(agent: UserAgent, request: SipRequest): ReplyParts | undefined {
  const invite: ServerTransaction | undefined = agent.table.findCancelled(request)
  if (!invite) return undefined
  invite.reply({ toTag: agent.ids.tag(), status: 487 })
  return { status: 200 }
}

/** `uac_reg_lookup`: the account's own name in its own domain. */
function redirectTo(account: RegistrationAccount | undefined): ReplyParts {
  const uri = account && localUri(account)
  return uri === undefined ? { status: 404 } : { status: 302, headers: [['Contact', `<${uri}>`]] }
}

/** `sip:l_username@l_domain`; undefined where the account has none. */
export function localUri({ localUsername, localDomain }: RegistrationAccount): string | undefined {
  return localUsername === undefined || localDomain === undefined ? undefined : `sip:${localUsername}@${localDomain}`
}

/** Whom a request is for: by `line`, else by the user of the Request-URI, which is that of our contact. */
function findCalled(request: SipRequest, { account, accounts }: IncomingOptions): RegistrationAccount | undefined {
  const uri = parseUri(request.start.uri)
  if (!isSipUri(uri)) return undefined
  const line = uri.parameters.get('line')
  if (line !== undefined) return account(unescapeUri(line))
  const user = uri.user === undefined ? undefined : unescapeUri(uri.user)
  if (user === undefined) return undefined
  const own = account(user)
  if (own) return own
  for (const one of accounts()) if (contactUser(one) === user) return one
  return undefined
}
