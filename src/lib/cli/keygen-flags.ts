import { hashAlgorithms, textTypes } from '../keygen/generate.js'
import { keyFormats } from '../keygen/generated.js'
import { keyTypes } from '../keygen/tls/key-pair.js'
import { snippetNames } from '../keygen/tls/snippets.js'
import { durationFlag } from './base-command.js'
import { Flags } from './oclif.js'

export const keygenTypes = [...textTypes, 'tls'] as const

const secrets = { helpGroup: 'SECRETS' } as const
const tls = { helpGroup: 'TLS' } as const
const check = { helpGroup: 'CHECK' } as const

export const keygenFlags = {
  type: Flags.option({ options: keygenTypes, description: 'what to make' })(),
  format: Flags.option({ options: keyFormats, description: 'how it is written (default: voipmonitor conf, else value)' })(),
  out: Flags.string({
    description: 'write it to this file (mode 0600) instead of stdout; with tls the name without its ending',
    helpValue: 'FILE'
  }),
  force: Flags.boolean({ description: 'replace files that are there' }),

  username: Flags.string({ description: 'user that the secret is for', helpValue: 'NAME', ...secrets }),
  realm: Flags.string({ description: 'realm of the SIP account', helpValue: 'REALM', ...secrets }),
  algorithm: Flags.option({
    options: hashAlgorithms,
    description: 'sip: md5, sha-256, sha-512-256 (default all); tunnel: scram-sha-256, md5; password: bcrypt, scrypt',
    ...secrets
  })(),
  'secret-file': Flags.string({
    description: 'file whose first line is the password to hash ("-": stdin; else PBXKIT_SECRET, or a prompt)',
    helpValue: 'FILE',
    ...secrets
  }),
  generate: Flags.boolean({ description: 'make a new password and hash it', exclusive: ['secret-file'], ...secrets }),
  challenge: Flags.string({ description: 'ami: answer this MD5 challenge', helpValue: 'TEXT', ...secrets }),
  length: Flags.integer({ description: 'characters of a new secret (default 32)', helpValue: 'N', min: 1, ...secrets }),
  alphabet: Flags.string({
    description: 'alphanumeric (default), readable, symbols, hex, digits, or the characters themselves',
    helpValue: 'NAME',
    ...secrets
  }),
  iterations: Flags.integer({ description: 'of SCRAM (default 600000)', helpValue: 'N', min: 4096, ...secrets }),

  san: Flags.string({
    description: 'name or address the certificate is for (repeatable)',
    helpValue: 'NAME',
    multiple: true,
    ...tls
  }),
  subject: Flags.string({ description: 'common name (default: the first --san)', helpValue: 'NAME', ...tls }),
  usage: Flags.option({
    options: ['server', 'client', 'both', 'ca'] as const,
    default: 'server',
    description: 'what the certificate may be used for; ca is an authority',
    ...tls
  })(),
  'key-type': Flags.option({ options: keyTypes, default: 'ec-p256', description: 'kind and size of the key', ...tls })(),
  days: Flags.integer({ description: 'how long it is valid (default 365, ca 3650)', helpValue: 'N', min: 1, ...tls }),
  ca: Flags.string({ description: 'sign with this authority (PEM), or check against it', helpValue: 'FILE', ...tls }),
  'ca-key': Flags.string({ description: 'its key (default: the same name with .key)', helpValue: 'FILE', ...tls }),
  files: Flags.option({
    options: ['separate', 'single'] as const,
    default: 'separate',
    description: 'FILE.crt and FILE.key, or both in FILE.pem',
    ...tls
  })(),
  snippet: Flags.option({
    options: snippetNames,
    multiple: true,
    description: 'print the lines for this configuration (default: manager, http, pjsip, astmanproxy)',
    ...tls
  })(),

  check: Flags.string({ description: 'look at this PEM file instead of making one', helpValue: 'FILE', ...check }),
  key: Flags.string({ description: 'the key that belongs to it', helpValue: 'FILE', dependsOn: ['check'], ...check }),
  'warn-days': Flags.integer({
    description: 'an end that is nearer is a warning',
    default: 30,
    min: 0,
    helpValue: 'N',
    ...check
  }),
  watch: Flags.boolean({ description: 'look again and again, and tell what has changed', dependsOn: ['check'], ...check }),
  every: durationFlag({
    description: 'with --watch: the time between two looks',
    default: 3_600_000,
    defaultHelp: async () => '1h',
    ...check
  })
}
