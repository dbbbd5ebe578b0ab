import { accountFormats } from '../registrations/accounts/account-file.js'
import { durationFlag } from './base-command.js'
import { Flags } from './oclif.js'

const accounts = { helpGroup: 'ACCOUNTS' } as const
const once = { helpGroup: 'ONE-SHOT' } as const
const pace = { helpGroup: 'PACE' } as const
const way = { helpGroup: 'WAY' } as const
const incoming = { helpGroup: 'REQUESTS OF OTHERS' } as const
const watching = { helpGroup: 'WATCHING' } as const

/** What `uac register` can be told. A parameter of Kamailio's module is named in brackets. */
export const registerFlags = {
  db: Flags.string({
    description: 'accounts from this database: sqlite:FILE, postgres:… or mysql:… (reg_db_url)',
    helpValue: 'URL',
    exclusive: ['file'],
    ...accounts
  }),
  table: Flags.string({ description: 'table with the columns of uacreg (reg_db_table)', default: 'uacreg', ...accounts }),
  'db-password-file': Flags.string({ description: 'file with the password of --db', helpValue: 'FILE', ...accounts }),
  file: Flags.string({ description: 'accounts from a file; "-" is stdin', helpValue: 'FILE', ...accounts }),
  format: Flags.option({ options: accountFormats, description: 'of --file (default: by its name)', ...accounts })(),
  tag: Flags.string({ description: 'only accounts with this tag', helpValue: 'TAG', ...accounts }),
  shard: Flags.string({ description: 'only this part of the accounts, by hash of l_uuid', helpValue: 'I/N', ...accounts }),
  account: Flags.string({ description: 'the account, as the argument is: for profiles', helpValue: 'SIP-URI', ...accounts }),
  'password-file': Flags.string({
    description: 'password of the account on the command line ("-": stdin; else PBXKIT_AUTH_PASSWORD, or a prompt)',
    helpValue: 'FILE',
    ...accounts
  }),
  expires: Flags.integer({ description: 'seconds to ask for', default: 3600, min: 1, max: 2 ** 31, ...accounts }),
  'contact-user': Flags.string({ description: 'user of the contact (contact_user)', helpValue: 'NAME', ...accounts }),
  'contact-addr': Flags.string({
    description: 'host[:port][;params] of contacts, instead of the address of the socket (reg_contact_addr)',
    helpValue: 'ADDRESS',
    ...accounts
  }),
  path: Flags.boolean({ description: 'say that we know Path (RFC 3327)', ...accounts }),
  outbound: Flags.boolean({ description: 'register with instance and reg-id (RFC 5626)', ...accounts }),

  once: Flags.boolean({
    description: 'register, print the results, and end; bindings stay',
    exclusive: ['fetch', 'remove'],
    ...once
  }),
  fetch: Flags.boolean({ description: 'print the bindings that the registrar has', exclusive: ['remove'], ...once }),
  remove: Flags.boolean({ description: 'take back what was registered from here', ...once }),
  all: Flags.boolean({
    description: 'with --remove: every binding of the account, whoever made it',
    dependsOn: ['remove'],
    ...once
  }),
  'dry-run': Flags.boolean({ description: 'print the first request of each account, and send nothing', ...once }),

  window: Flags.integer({
    description: 'accounts that may have a request on its way',
    default: 300,
    min: 1,
    max: 100_000,
    ...pace
  }),
  rate: Flags.integer({ description: 'accounts that may begin in a second', min: 1, helpValue: 'N', ...pace }),
  'random-delay': durationFlag({ description: 'spread the start over this time (reg_random_delay)', default: 0, ...pace }),
  'retry-interval': durationFlag({
    description: 'base of the back-off; 0: the first failure is the last try (reg_retry_interval)',
    default: 30_000,
    defaultHelp: async () => '30',
    ...pace
  }),
  'rejected-interval': durationFlag({
    description: 'wait after a wrong password, 403 or 404',
    default: 600_000,
    defaultHelp: async () => '600',
    ...pace
  }),
  'max-expires': Flags.integer({
    description: 'refuse a Min-Expires above',
    default: 86_400,
    min: 1,
    helpValue: 'SECONDS',
    ...pace
  }),
  'new-callid': Flags.boolean({ description: 'a Call-ID for every refresh, as Kamailio without reg_keep_callid', ...pace }),
  paused: Flags.boolean({ description: 'begin when told to (reg_active=0)', ...pace }),

  nat: Flags.option({
    options: ['auto', 'off', 'stun'] as const,
    default: 'auto',
    description: 'register the address that the registrar sees (auto), that a STUN server sees, or ours',
    ...way
  })(),
  'stun-server': Flags.string({ description: 'for --nat stun', helpValue: 'HOST:PORT', ...way }),
  keepalive: Flags.option({
    options: ['auto', 'options', 'crlf', 'stun', 'none'] as const,
    default: 'auto',
    description: 'signs of life (auto: CRLF over TCP and TLS, and over UDP behind a NAT)',
    ...way
  })(),
  'keepalive-interval': durationFlag({
    description: 'between two of them',
    default: 25_000,
    defaultHelp: async () => '25',
    ...way
  }),

  redirect: Flags.option({
    options: ['lookup'] as const,
    description: 'send calls on to sip:l_username@l_domain',
    ...incoming
  })(),
  'on-invite': Flags.string({
    description: 'program that prints the reply to a call: "486", "302 sip:…"',
    helpValue: 'COMMAND',
    exclusive: ['redirect'],
    ...incoming
  }),
  'answer-notify': Flags.integer({ description: 'status', default: 481, min: 200, max: 699, ...incoming }),
  'answer-message': Flags.integer({ description: 'status', default: 405, min: 200, max: 699, ...incoming }),

  state: Flags.string({
    description: 'file that a restart goes on from: Call-ID, CSeq, nonces, bindings',
    helpValue: 'FILE',
    ...watching
  }),
  'status-file': Flags.string({
    description: 'file with the numbers of uac status, written every 5 s',
    helpValue: 'FILE',
    ...watching
  }),
  metrics: Flags.string({ description: 'serve /metrics for Prometheus, and /health', helpValue: 'HOST:PORT', ...watching }),
  'on-change': Flags.string({
    description: 'program to run for every change; the event is on its stdin',
    helpValue: 'COMMAND',
    ...watching
  }),
  'reload-interval': durationFlag({ description: 'read the accounts again after this time', ...watching }),
  'keep-bindings': Flags.boolean({ description: 'at a stop, take nothing back', ...watching })
}
