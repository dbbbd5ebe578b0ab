import type { RegistrationAccount } from '../../../../../src/lib/registrations/account.js'
import { defaultPolicy, type RegistrationPolicy } from '../../../../../src/lib/registrations/policy.js'
import { Registration } from '../../../../../src/lib/registrations/registration.js'
import type { SavedRegistration } from '../../../../../src/lib/registrations/registration-context.js'
import type { Purpose, Step } from '../../../../../src/lib/registrations/registration-state.js'
import { buildReply } from '../../../../../src/lib/sip/build.js'
import { Identifiers } from '../../../../../src/lib/sip/identifiers.js'
import type { SipReply, SipRequest } from '../../../../../src/lib/sip/message.js'
import { parseDatagram } from '../../../../../src/lib/sip/parse.js'
import type { HeaderLine } from '../../../../../src/lib/sip/write.js'
import type { TransportFlow } from '../../../../../src/lib/sip-transport/flow.js'

export const account: RegistrationAccount = {
  uuid: 'a1',
  localUsername: '100',
  localDomain: 'pbx.local',
  username: 'alice',
  domain: 'lab.test',
  realm: undefined,
  authUsername: 'alice',
  secret: { kind: 'password', password: 'secret' },
  proxies: [],
  expiresS: 600,
  isDisabled: false,
  delayS: 0,
  contactAddress: undefined,
  contactUser: undefined,
  contactParameters: undefined,
  socket: undefined,
  transport: undefined,
  path: false,
  outbound: false,
  instanceId: undefined,
  regId: undefined,
  q: undefined,
  refreshRatio: 0.5,
  extraHeaders: [],
  userAgent: undefined,
  algorithms: undefined,
  keepalive: undefined,
  tag: undefined,
  display: undefined,
  source: 'test'
}

export function flowOf(sentBy = '192.0.2.10:5060', address = '198.51.100.1'): TransportFlow {
  return {
    protocol: 'UDP',
    reliable: false,
    sentBy,
    isOpen: true,
    target: { transport: 'udp', address, port: 5060, serverName: address },
    send: () => {},
    ping: () => {},
    close: () => {}
  }
}

/** One account, a clock that is turned by hand, and a registrar that says what it is told. */
export class Desk {
  nowMs = 0
  flow = flowOf()
  readonly registration: Registration
  request!: SipRequest

  constructor(values: Partial<RegistrationAccount> = {}, policy: Partial<RegistrationPolicy> = {}, saved?: SavedRegistration) {
    this.registration = new Registration(
      { ...account, ...values },
      {
        policy: { ...defaultPolicy, ...policy },
        ids: new Identifiers(),
        random: () => 0.5,
        now: () => this.nowMs,
        userAgent: 'test'
      },
      saved
    )
  }

  begin(purpose: Purpose = 'register'): this {
    this.registration.begin(purpose)
    return this.send()
  }

  send(): this {
    this.request = parseDatagram(this.registration.request(this.flow).bytes) as SipRequest
    return this
  }

  /** @param headers `contact: true` is our own contact as it was sent */
  answer(status: number, headers: readonly HeaderLine[] = [], via?: string): Step {
    let bytes = buildReply(this.request, { status, toTag: 'r', headers })
    if (via !== undefined) bytes = Buffer.from(bytes.toString('latin1').replace(/;rport/, `;rport=${via}`), 'latin1')
    return this.registration.receive(parseDatagram(bytes) as SipReply, this.flow)
  }

  /** A 200 with our contact. */
  accept(expiresS = 600, more: readonly HeaderLine[] = []): Step {
    return this.answer(200, [['Contact', `${this.contact};expires=${expiresS}`], ...more])
  }

  challenge(nonce: string, { status = 401, more = '', realm = 'lab.test' } = {}): Step {
    const name = status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate'
    return this.answer(status, [[name, `Digest realm="${realm}", nonce="${nonce}", qop="auth"${more}`]])
  }

  get contact(): string {
    return this.request.get('Contact')!
  }
}
