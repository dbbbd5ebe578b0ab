import { digestHashes } from '../sip/digest-challenge.js'
import { durationFlag } from './base-command.js'
import { Flags } from './oclif.js'

const sip = { helpGroup: 'SIP' } as const
const login = { helpGroup: 'LOGIN' } as const
const tls = { helpGroup: 'TLS' } as const

/** How every command that sends SIP says where it goes, as whom, and from where. */
export const sipFlags = {
  proxy: Flags.string({ description: 'next hop, instead of the URI itself', helpValue: 'URI', ...sip }),
  from: Flags.string({
    description: 'From: URI, or "Name" <URI> (default: the user of --auth-user, else the URI)',
    helpValue: 'ADDRESS',
    ...sip
  }),
  to: Flags.string({ description: 'To (default: the URI; of REGISTER the same as From)', helpValue: 'ADDRESS', ...sip }),
  bind: Flags.string({ description: 'local address: HOST, HOST:PORT or :PORT', helpValue: 'ADDRESS', ...sip }),
  resolve: Flags.string({
    description: 'where a host and port (or *) really are, without asking a name server; repeatable',
    helpValue: 'HOST:PORT:ADDRESS',
    multiple: true,
    ...sip
  }),
  'dns-server': Flags.string({ description: 'ask these name servers', helpValue: 'ADDRESS', multiple: true, ...sip }),
  ipv4: Flags.boolean({ description: 'IPv4 only', exclusive: ['ipv6'], ...sip }),
  ipv6: Flags.boolean({ description: 'IPv6 only', ...sip }),
  'udp-only': Flags.boolean({ description: 'no TCP for requests of more than 1300 bytes', ...sip }),
  'ws-path': Flags.string({ description: 'path of WebSocket URLs (Asterisk: /ws)', default: '/', helpValue: 'PATH', ...sip }),
  'user-agent': Flags.string({
    description: 'what we call ourselves; empty for nothing',
    default: 'pbxkit',
    helpValue: 'TEXT',
    ...sip
  }),
  'max-forwards': Flags.integer({ description: 'hops that it may take (default 70)', min: 0, max: 255, helpValue: 'N', ...sip }),
  t1: durationFlag({ description: "RFC 3261's timer T1: first repeat over UDP (default 500ms)", ...sip }),
  t2: durationFlag({ description: 'T2: longest time between repeats (default 4s)', ...sip }),
  t4: durationFlag({ description: 'T4: how long a message may be on its way (default 5s)', ...sip }),
  'any-source': Flags.boolean({
    description: 'take replies over UDP that come from another address than was asked',
    ...sip
  }),
  trace: Flags.boolean({ description: 'show what is sent and received on stderr, secrets masked', ...sip }),

  'auth-user': Flags.string({ description: 'user that answers challenges', helpValue: 'NAME', ...login }),
  'auth-password-file': Flags.string({
    description: 'file whose first line is the password ("-": stdin; else PBXKIT_AUTH_PASSWORD, or a prompt)',
    helpValue: 'FILE',
    ...login
  }),
  'auth-ha1-file': Flags.string({
    description: 'file with a HA1 in place of the password: HEX, or ALGORITHM=HEX (else PBXKIT_AUTH_HA1)',
    helpValue: 'FILE',
    ...login
  }),
  'auth-realm': Flags.string({ description: 'the password is for this realm only', helpValue: 'REALM', ...login }),
  'auth-any-realm': Flags.boolean({
    description: 'any realm may have an answer, also one of several, and without a word',
    exclusive: ['auth-realm'],
    ...login
  }),
  credentials: Flags.string({
    description: 'file with user:realm:password, one a line: each answers its own realm (credential)',
    helpValue: 'FILE',
    ...login
  }),
  'auth-algorithms': Flags.option({
    options: digestHashes,
    description: 'hashes that may be used, best first (default: the strongest that is offered)',
    multiple: true,
    delimiter: ',',
    ...login
  })(),
  'no-md5': Flags.boolean({ description: 'never MD5, whatever is offered', ...login }),

  'tls-ca': Flags.string({ description: 'trust the authorities in this PEM file', helpValue: 'FILE', ...tls }),
  'tls-pin': Flags.string({
    description: 'trust only the certificate with this SHA-256 fingerprint',
    helpValue: 'sha256:…',
    ...tls
  }),
  'tls-cert': Flags.string({ description: 'our own certificate, PEM', helpValue: 'FILE', ...tls }),
  'tls-key': Flags.string({
    description: 'its key (default: in the same file)',
    helpValue: 'FILE',
    dependsOn: ['tls-cert'],
    ...tls
  }),
  'tls-min': Flags.option({ options: ['1.2', '1.3'] as const, description: 'oldest TLS that is taken (default 1.2)', ...tls })(),
  insecure: Flags.boolean({ description: 'trust any certificate', ...tls })
}
