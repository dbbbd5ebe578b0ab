import type { SipRequest } from '../../../src/lib/sip/message.js'
import { type Asked, type SipPeer, sipPeer } from '../../unit/support/sip-peer.js'
import { Running, temporaryFolder, writeFile } from './pbxkit.js'

/** A registrar of loopback that believes everybody who answers its challenge. */
export function registrar(
  {
    expiresS = 60,
    transport = 'udp',
    headers = []
  }: { expiresS?: number; transport?: 'udp' | 'tcp'; headers?: [string, string][] } = {},
  other: (asked: Asked) => void = ({ reply }) => reply({ status: 200 })
): Promise<SipPeer> {
  return sipPeer((asked) => {
    const { request, reply } = asked
    if (request.start.method !== 'REGISTER') return other(asked)
    if (!request.get('Authorization'))
      return reply({ status: 401, headers: [['WWW-Authenticate', 'Digest realm="lab", nonce="n", qop="auth"']] })
    const isLeft = request.get('Expires') === '0'
    const contacts = isLeft
      ? []
      : [request.contacts[0]!].map((one) => ['Contact', `<${one.uriText}>;expires=${expiresS}`] as const)
    reply({ status: 200, headers: [...contacts, ...headers] })
  }, transport)
}

/** What a request wants: `alice` of `sip:alice@…`. */
export function userOf(request: SipRequest): string {
  return /^sip:([^@]+)@/.exec(request.to.uriText)![1]!
}

export const csvHead = 'l_uuid,l_username,l_domain,r_username,r_domain,auth_password,auth_proxy,expires'

/** A line of accounts.csv. */
export function csvLine(name: string, port: number, { password = 'secret', more = '' } = {}): string {
  return `${name},${name}-local,pbx.local,${name},lab.test,${password},sip:127.0.0.1:${port},60${more}`
}

/** Writes accounts that have one registrar. */
export function accountsFile(names: readonly string[], port: number): string {
  return writeFile(`${[csvHead, ...names.map((name) => csvLine(name, port))].join('\n')}\n`, { name: 'accounts.csv' })
}

type Event = Record<string, unknown> & { event: string; l_uuid: string }

/** A running `uac register --json` with a control socket of its own. */
export class RunningRegister extends Running {
  readonly control: string

  constructor(args: readonly string[], env: Record<string, string> = {}) {
    const control = `${temporaryFolder()}/uac.sock`
    super(['uac', 'register', ...args, '--json', '--control', control], { env, input: '' })
    this.control = control
  }

  get events(): Event[] {
    return this.stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line))
  }

  /** The first event of a kind, of an account if one is named. */
  async event(kind: string, uuid?: string): Promise<Event> {
    const find = () => this.events.find((one) => one.event === kind && (uuid === undefined || one.l_uuid === uuid))
    await this.says(new RegExp(`"event":"${kind}","l_uuid":"${uuid ?? ''}`), 'stdout')
    await this.says(new RegExp(`"event":"${kind}","l_uuid":"${uuid ?? ''}[^\\n]*\\n`), 'stdout')
    return find()!
  }
}
