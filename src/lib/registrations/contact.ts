import { createHash } from 'node:crypto'
import { encodeText } from '../sip/lexical.js'
import { escapeParameter, escapeUser } from '../sip/uri.js'
import type { SipTransport } from '../sip-transport/target.js'
import type { RegistrationAccount } from './account.js'

/** Where a flow begins, as the Contact has to know it. */
export interface FlowPlace {
  transport: SipTransport
  /** `host:port` as in our Via. */
  sentBy: string
}

/** The user part of an account's contact: Kamailio's rule. */
export function contactUser({ contactUser, uuid }: RegistrationAccount): string {
  return contactUser ?? uuid
}

/**
 * The URI at which an account can be reached: `sip:l_uuid@address`, or `sip:contact_user@address;line=l_uuid`, as Kamailio has it.
 * @param publicAddress what others see of the flow, where that is known
 */
export function contactUri(account: RegistrationAccount, place: FlowPlace, publicAddress?: string): string {
  const { contactAddress, uuid, outbound } = account
  const own = contactAddress === undefined ? ownAddress(place, publicAddress) : encodeText(contactAddress)
  const line = account.contactUser === undefined ? '' : `;line=${escapeParameter(uuid)}`
  return `sip:${escapeUser(contactUser(account))}@${own}${line}${outbound ? ';ob' : ''}`
}

function ownAddress({ transport, sentBy }: FlowPlace, publicAddress: string | undefined): string {
  return `${publicAddress ?? sentBy}${transport === 'udp' ? '' : `;transport=${transport}`}`
}

/** What stands behind the `>` of the contact. */
export function contactParameters(account: RegistrationAccount, outbound: boolean): string {
  const parts: string[] = []
  if (outbound) parts.push(`;+sip.instance="<${instanceOf(account)}>"`, `;reg-id=${account.regId ?? 1}`)
  if (account.q !== undefined) parts.push(`;q=${account.q}`)
  if (account.contactParameters) parts.push(`;${encodeText(account.contactParameters)}`)
  return parts.join('')
}

/** The account's own `instance_id`, or one made from its uuid: a name-based UUID (RFC 9562 5.5), the same at each start. */
export function instanceOf({ instanceId, uuid }: RegistrationAccount): string {
  if (instanceId !== undefined) return instanceId
  const bytes = createHash('sha1').update('pbxkit registration ').update(uuid).digest()
  bytes[6] = (bytes[6]! & 0x0f) | 0x50
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex', 0, 16)
  return `urn:uuid:${[hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')}`
}
