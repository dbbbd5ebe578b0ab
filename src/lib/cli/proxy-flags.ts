import { UsageError } from '../errors.js'
import type { ProxyOptions } from '../proxy/options.js'
import { durationFlag } from './base-command.js'
import { Flags } from './oclif.js'

const clients = { helpGroup: 'CLIENTS' } as const
const events = { helpGroup: 'EVENTS' } as const
const limits = { helpGroup: 'LIMITS' } as const

/** How the proxy serves its clients. A setting that astmanproxy had is named in brackets where its word was another. */
export const proxyFlags = {
  listen: Flags.string({
    description: 'where clients connect (listenaddress, listenport); repeatable, port 0 picks one',
    helpValue: 'HOST:PORT',
    multiple: true,
    default: ['127.0.0.1:1234'],
    ...clients
  }),
  'auth-required': Flags.boolean({
    description: 'clients have to log in (authrequired)',
    default: true,
    allowNo: true,
    ...clients
  }),
  'tls-cert': Flags.string({
    description: 'take clients with TLS on the same port: PEM file with certificate and key (certfile)',
    helpValue: 'FILE',
    ...clients
  }),
  'tls-key': Flags.string({
    description: 'PEM file with the key, when it is not with the certificate',
    helpValue: 'FILE',
    ...clients
  }),
  'hello-wait': durationFlag({
    description:
      'send the banner to a client that has said nothing for so long; more is for slow clients of TLS (sslclienthellotimeout)',
    defaultHelp: async () => '10ms, with --tls-cert 20ms, where --web-allow lets browsers in 250ms',
    ...clients
  }),
  'accept-unencrypted': Flags.boolean({
    description: 'take clients without TLS (acceptunencryptedconnection)',
    default: true,
    allowNo: true,
    ...clients
  }),
  'allow-origin': Flags.string({
    description: 'web pages of this origin may use the proxy, beside those of its own host; repeatable',
    helpValue: 'https://HOST[:PORT]',
    multiple: true,
    ...clients
  }),
  'proxy-key-file': Flags.string({
    description: 'file with the key that clients send as ProxyKey (proxykey; else PBXKIT_PROXY_KEY)',
    helpValue: 'FILE',
    ...clients
  }),
  'metrics-allow': Flags.string({
    description: 'who may read /metrics: address or network; repeatable, none: nobody',
    helpValue: 'CIDR',
    multiple: true,
    default: ['127.0.0.0/8', '::1'],
    ...clients
  }),
  'web-allow': Flags.string({
    description: 'who may open the web page at /: address or network; repeatable; its users have web = yes (default: nobody)',
    helpValue: 'CIDR',
    multiple: true,
    ...clients
  }),
  autofilter: Flags.option({
    options: ['off', 'on', 'unique'] as const,
    default: 'off',
    description: 'on: clients see only events of their own actions, until they change it',
    ...clients
  })(),
  'filter-local': Flags.option({
    options: ['off', 'allow', 'allowwith', 'enforce'] as const,
    default: 'off',
    description: 'Originate through Local channels by users with filters (filterlocal)',
    ...clients
  })(),
  'output-format': Flags.option({
    options: ['standard', 'xml', 'csv', 'json'] as const,
    default: 'standard',
    description: 'what clients of plain AMI are answered in (outputformat), until they change it',
    ...clients
  })(),
  'xml-compat': Flags.option({
    options: ['1.22'] as const,
    description: 'write long headers in XML as UnparsedText, like astmanproxy 1.22',
    ...clients
  })(),
  'broadcast-responses': Flags.boolean({
    description: "show everybody's answers to all who filter nothing, for panels that rely on it",
    ...clients
  }),
  'coalesce-queries': Flags.boolean({
    description: 'ask Asterisk once what several clients ask at the same time (lists, states)',
    default: true,
    allowNo: true,
    ...clients
  }),
  snapshot: Flags.boolean({
    description:
      'answer lists of channels, endpoints and states here while no event says that they have changed, for a second at most',
    ...clients
  }),
  banner: Flags.string({
    description: 'first line for clients, in place of the one of Asterisk (forcebanner)',
    helpValue: 'TEXT',
    ...clients
  }),
  'server-header': Flags.option({
    options: ['auto', 'always', 'never'] as const,
    default: 'auto',
    description: 'append Server: NAME to what comes back; auto: with several servers',
    ...clients
  })(),
  coalesce: durationFlag({
    description: 'collect events for so long before they are written; answers never wait',
    default: 5,
    defaultHelp: async () => '5ms',
    ...events
  }),
  journal: Flags.integer({
    description: 'bytes of events that are kept for clients that come back with Since; 0: none',
    default: 8_388_608,
    min: 0,
    helpValue: 'BYTES',
    ...events
  }),
  overflow: Flags.option({
    options: ['drop-events', 'disconnect'] as const,
    default: 'drop-events',
    description: 'what happens to a client that reads too slowly',
    ...events
  })(),
  'max-queue': Flags.integer({
    description: 'bytes that may wait for a slow client',
    default: 16_777_216,
    min: 65_536,
    helpValue: 'BYTES',
    ...events
  }),
  'max-queue-age': durationFlag({
    description: 'how long a client may be behind (clientwritetimeout)',
    default: 30_000,
    defaultHelp: async () => '30',
    ...events
  }),
  'retry-interval': durationFlag({
    description: 'wait so long before a server is tried again; the waits grow',
    default: 500,
    defaultHelp: async () => '500ms',
    ...limits
  }),
  'max-retries': Flags.integer({
    description: 'how often a server that does not answer is tried again before it is given up (maxretries); 0: for ever',
    default: 0,
    min: 0,
    helpValue: 'N',
    ...limits
  }),
  'run-as-user': Flags.string({
    description: 'when started as root: go on as this user once it listens (proc_user)',
    helpValue: 'USER',
    ...limits
  }),
  'run-as-group': Flags.string({ description: 'and as this group (proc_group)', helpValue: 'GROUP', ...limits }),
  'audit-log': Flags.string({
    description: 'who did what, as JSON lines in a file of its own; SIGHUP opens it anew (default: in the log, with audit: true)',
    helpValue: 'FILE',
    helpGroup: 'SERVICE'
  }),
  'auth-timeout': durationFlag({
    description: 'close clients that have not logged in by then',
    default: 30_000,
    defaultHelp: async () => '30',
    ...limits
  }),
  'max-block': Flags.integer({
    description: 'bytes of one action or answer',
    default: 1_048_576,
    min: 1024,
    helpValue: 'BYTES',
    ...limits
  })
}

/** Files that root opened, whom it is to run as, and what memory is kept from the start on: these need a restart. */
const fixedFlags = ['run-as-user', 'run-as-group', 'audit-log', 'journal', 'snapshot']

/** What a reload takes over from the configuration. */
export const reloadableFlags: readonly string[] = [
  ...Object.keys(proxyFlags).filter((name) => !fixedFlags.includes(name)),
  'users',
  'timeout',
  'drain-timeout'
]

/** The values of those flags. */
export interface ProxyFlagValues {
  listen: string[]
  'auth-required': boolean
  'tls-cert': string | undefined
  'tls-key': string | undefined
  'accept-unencrypted': boolean
  'hello-wait': number | undefined
  'allow-origin': string[] | undefined
  'proxy-key-file': string | undefined
  'metrics-allow': string[]
  'web-allow': string[] | undefined
  autofilter: 'off' | 'on' | 'unique'
  'filter-local': 'off' | 'allow' | 'allowwith' | 'enforce'
  'output-format': string
  'xml-compat': '1.22' | undefined
  'broadcast-responses': boolean
  'coalesce-queries': boolean
  snapshot: boolean
  banner: string | undefined
  'server-header': 'auto' | 'always' | 'never'
  coalesce: number
  journal: number
  overflow: 'drop-events' | 'disconnect'
  'max-queue': number
  'max-queue-age': number
  'retry-interval': number
  'max-retries': number
  'run-as-user': string | undefined
  'run-as-group': string | undefined
  'audit-log': string | undefined
  'auth-timeout': number
  'max-block': number
}

/** What these flags say, as the proxy takes it. */
export function optionsFromFlags(flags: ProxyFlagValues) {
  const certFile = flags['tls-cert']
  return {
    tls: certFile === undefined ? undefined : { certFile, keyFile: flags['tls-key'] },
    acceptUnencrypted: flags['accept-unencrypted'],
    helloWaitMs: flags['hello-wait'],
    allowedOrigins: (flags['allow-origin'] ?? []).map(readOrigin),
    serverHeader: flags['server-header'],
    autoFilter: flags.autofilter,
    filterLocal: flags['filter-local'],
    outputFormat: flags['output-format'],
    xmlCompat: flags['xml-compat'],
    broadcastResponses: flags['broadcast-responses'],
    coalesceQueries: flags['coalesce-queries'],
    snapshot: flags.snapshot,
    banner: flags.banner,
    coalesceMs: flags.coalesce,
    journalBytes: flags.journal,
    overflow: flags.overflow,
    maxQueueBytes: flags['max-queue'],
    maxQueueAgeMs: flags['max-queue-age'],
    reconnect: { initialMs: flags['retry-interval'], maxMs: Math.max(30_000, flags['retry-interval']) },
    maxRetries: flags['max-retries'],
    authTimeoutMs: flags['auth-timeout']
  } satisfies Partial<ProxyOptions>
}

/** As browsers write it: without the port of its scheme, without a path. @throws UsageError */
function readOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`) return url.origin
  throw new UsageError(`--allow-origin ${text} is no origin`, {
    hint: 'Write it as https://panel.example.org, with a port if it has one.'
  })
}
