import type { ReplyParts } from '../sip/build.js'
import { checkHeaders } from '../sip/check.js'
import { SipSyntaxError } from '../sip/fault.js'
import type { SipRequest } from '../sip/message.js'
import type { HeaderLine } from '../sip/write.js'

/** The requests that we understand, for Allow. */
const allowedMethods = ['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS', 'NOTIFY', 'MESSAGE'] as const

const allow: HeaderLine = ['Allow', allowedMethods.join(', ')]

// Methods of RFCs that we do not do: 405 says that we know them, 501 that we do not (RFC 3261 8.2.1, 21.5.2).
const knownMethods = new Set<string>([
  ...allowedMethods,
  ...['REGISTER', 'SUBSCRIBE', 'REFER', 'UPDATE', 'PRACK', 'INFO', 'PUBLISH']
])

/**
 * What a request is answered that belongs to nothing of ours: a user agent that only asks says that it is alive, and takes no calls.
 * @param understood option tags that may stand in Require
 */
export function standardAnswer(request: SipRequest, understood: readonly string[] = []): ReplyParts {
  const wrong = whatIsWrong(request)
  if (wrong) return wrong
  // RFC 3261 8.2.2.1. A number is one of ours as much as a user.
  if (!/^(sips?|tel):/i.test(request.start.uri)) return { status: 416 }
  const foreign = request.values('Require').filter((tag) => !understood.includes(tag.toLowerCase()))
  if (foreign.length > 0 && request.start.method !== 'CANCEL') {
    return { status: 420, headers: [['Unsupported', foreign.join(', ')]] }
  }
  switch (request.start.method) {
    case 'OPTIONS':
      return { status: 200, headers: [allow, ['Accept', 'application/sdp, message/sipfrag'], ['Supported', 'path, outbound']] }
    case 'INVITE':
      return request.to.tag === undefined ? { status: 486 } : { status: 481 }
    // There is nothing that they could be about.
    case 'NOTIFY':
    case 'BYE':
    case 'CANCEL':
      return { status: 481 }
    default:
      return knownMethods.has(request.start.method) ? { status: 405, headers: [allow] } : { status: 501, headers: [allow] }
  }
}

/** A request with a broken header is answered before anything is done. */
function whatIsWrong(request: SipRequest): ReplyParts | undefined {
  try {
    checkHeaders(request)
    return undefined
  } catch (error) {
    if (!(error instanceof SipSyntaxError)) throw error
    return { status: error.status }
  }
}
