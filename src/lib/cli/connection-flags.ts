import { Flags } from './oclif.js'

const group = { helpGroup: 'CONNECTION' } as const

/** How every command that logs in to a server says where and as whom. */
export const connectionFlags = {
  host: Flags.string({ description: 'server to connect to', default: '127.0.0.1', helpValue: 'HOST', ...group }),
  port: Flags.integer({
    description: 'its port (default 5038, with --tls 5039)',
    helpValue: 'PORT',
    min: 1,
    max: 65_535,
    ...group
  }),
  socket: Flags.string({ description: 'unix socket to connect to instead', helpValue: 'PATH', ...group }),
  tls: Flags.boolean({ description: 'connect with TLS, and verify the certificate', ...group }),
  'tls-ca': Flags.string({ description: 'trust the authorities in this PEM file', helpValue: 'FILE', ...group }),
  'tls-pin': Flags.string({
    description: 'trust only the certificate with this SHA-256 fingerprint',
    helpValue: 'sha256:…',
    ...group
  }),
  insecure: Flags.boolean({ description: 'trust any certificate', ...group }),
  username: Flags.string({ description: 'user to log in as', helpValue: 'NAME', ...group }),
  'secret-file': Flags.string({
    description: 'file whose first line is the secret ("-": stdin; else PBXKIT_SECRET, or a prompt)',
    helpValue: 'FILE',
    ...group
  }),
  auth: Flags.option({
    options: ['md5', 'plain'] as const,
    default: 'md5',
    description: 'prove the secret (md5), or send it (plain)',
    ...group
  })()
}

/** The values of those flags. */
export interface ConnectionFlagValues {
  host: string
  port: number | undefined
  socket: string | undefined
  tls: boolean
  'tls-ca': string | undefined
  'tls-pin': string | undefined
  insecure: boolean
  username: string | undefined
  'secret-file': string | undefined
  auth: 'md5' | 'plain'
}

/** Where to connect, in the form that `lib/net` takes. */
export function connectTarget(flags: ConnectionFlagValues) {
  const secure = flags.tls || flags['tls-ca'] !== undefined || flags['tls-pin'] !== undefined
  return {
    host: flags.host,
    port: flags.port ?? (secure ? 5039 : 5038),
    path: flags.socket,
    tls: secure ? { caFile: flags['tls-ca'], pin: flags['tls-pin'], insecure: flags.insecure } : undefined
  }
}
