import { Identifiers } from '../sip/identifiers.js'
import type { TransportFlow } from '../sip-transport/flow.js'
import type { RegistrationAccount } from './account.js'
import type { RegistrationPolicy } from './policy.js'
import { Registration } from './registration.js'

/** The first request of an account as text, without a socket: our address is not known, and stands there as a name under `.invalid`. @throws UnsafeHeaderError */
export function dryRequest(account: RegistrationAccount, policy: RegistrationPolicy, userAgent: string): string {
  const transport = account.transport ?? 'udp'
  const flow: TransportFlow = {
    protocol: transport.toUpperCase(),
    reliable: transport !== 'udp',
    sentBy: 'our-address.invalid',
    isOpen: true,
    target: { transport, address: '', port: 0, serverName: account.domain },
    send: () => {},
    ping: () => {},
    close: () => {}
  }
  const registration = new Registration(account, { policy, ids: new Identifiers(), random: Math.random, now: () => 0, userAgent })
  registration.begin()
  const text = registration.request(flow).bytes.toString('utf8').replaceAll('\r\n', '\n')
  return `# ${account.source}, to ${registration.route.join(', ')}\n${text}`
}
