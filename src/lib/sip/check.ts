import { SipSyntaxError } from './fault.js'
import type { SipMessage } from './message.js'

const date =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT$/

/**
 * Reads every header that a user agent acts on, so that a request with a broken one is answered 400 before anything is done. Replies are
 * not held to it: a wrong Date is no reason to lose a registration.
 * @throws SipSyntaxError for the first that is wrong
 */
export function checkHeaders(message: SipMessage): void {
  void message.vias
  void message.contacts
  void message.routes
  void message.recordRoutes
  void message.maxForwards
  void message.expires
  void message.minExpires
  void message.retryAfter
  const sent = message.get('Date')
  if (sent !== undefined && !date.test(sent)) throw new SipSyntaxError('date', 'a Date that is not in GMT (RFC 3261 20.17)')
  if (message.isWildcard && (message.lines('Contact').length > 1 || message.expires !== 0)) {
    throw new SipSyntaxError('address', 'Contact: * with other contacts, or without Expires: 0 (RFC 3261 10.2.2)')
  }
}
