import { durationFlag } from './base-command.js'
import { Flags } from './oclif.js'

const group = { helpGroup: 'CONNECTION' } as const
const calls = { helpGroup: 'CALLS' } as const

/** How the private side of the tunnel connects and what it does with calls. A setting that the original had is named in brackets. */
export const tunnelClientFlags = {
  host: Flags.string({
    description: 'the server (connect_to); repeatable: a tunnel to each',
    default: ['127.0.0.1'],
    helpValue: 'HOST[:PORT]',
    multiple: true,
    ...group
  }),
  port: Flags.integer({ description: 'its port', default: 20_000, helpValue: 'PORT', min: 1, max: 65_535, ...group }),
  metadata: Flags.string({
    description:
      'ask there for the server (connect_to of https://HOST/component/1.0), or read it, user and password from a YAML file',
    helpValue: 'URL|FILE',
    exclusive: ['host'],
    ...group
  }),
  'tls-ca': Flags.string({ description: 'trust the authorities in this PEM file', helpValue: 'FILE', ...group }),
  'tls-pin': Flags.string({
    description: 'trust only the certificate with this SHA-256 fingerprint',
    aliases: ['pin'],
    helpValue: 'sha256:…',
    ...group
  }),
  insecure: Flags.boolean({ description: 'trust any certificate: the login still proves the server', ...group }),
  plain: Flags.boolean({ description: 'no TLS', exclusive: ['tls-ca', 'tls-pin', 'insecure'], ...group }),
  protocol: Flags.option({
    options: ['auto', '2', '1'] as const,
    default: 'auto',
    description: '1: of the original; auto: 2, then 1 if --allow-protocol-1',
    ...group
  })(),
  'allow-protocol-1': Flags.boolean({
    description: 'go on with protocol 1 where the server has no other: who hears its login can use it',
    ...group
  }),
  username: Flags.string({ description: 'user to log in as (username)', helpValue: 'NAME', ...group }),
  'secret-file': Flags.string({
    description: 'file whose first line is the password ("-": stdin; else PBXKIT_SECRET, or a prompt)',
    helpValue: 'FILE',
    ...group
  }),
  'retry-max': durationFlag({
    description: 'longest wait between two tries',
    default: 30_000,
    defaultHelp: async () => '30',
    ...group
  }),
  app: Flags.string({ description: 'FastAGI application', helpValue: 'HOST:PORT', exclusive: ['exec'], ...calls }),
  exec: Flags.string({ description: 'AGI script to start for each call', helpValue: 'PROGRAM', ...calls }),
  calls: Flags.integer({
    description: 'calls at one time (default 256; with protocol 1, one)',
    min: 1,
    max: 10_000,
    ...calls
  }),
  once: Flags.boolean({ description: 'end after one call', ...calls }),
  transcript: Flags.string({
    description: 'write what is said in each call, NDJSON for agi call --replay: into this file, or a file each into this folder',
    helpValue: 'FILE|DIR/',
    ...calls
  })
}
