import { UsageError } from '../errors.js'
import { answerChallenge, chosenText, generateAmiSecret, generateProxyKey, type TextChoice } from './ami.js'
import type { Generated } from './generated.js'
import { generatePassword, hashPassword, type PasswordHash } from './password.js'
import { hashSipPassword, type SipAlgorithm, sipAlgorithms } from './sip.js'
import { hashTunnelPassword } from './tunnel.js'
import { generateManagerKey } from './voipmonitor.js'

/** All kinds but `tls`, which makes files. */
export const textTypes = ['voipmonitor', 'ami', 'sip', 'tunnel', 'proxykey', 'password'] as const
export type TextType = (typeof textTypes)[number]

/** The ways to hash a password, in the order of the kinds that have them: sip, tunnel (md5, too), password. */
export const hashAlgorithms = ['md5', 'sha-256', 'sha-512-256', 'scram-sha-256', 'bcrypt', 'scrypt'] as const
export type HashAlgorithm = (typeof hashAlgorithms)[number]

const algorithmsOf: Readonly<Record<TextType, readonly HashAlgorithm[]>> = {
  voipmonitor: [],
  ami: [],
  sip: ['md5', 'sha-256', 'sha-512-256'],
  tunnel: ['scram-sha-256', 'md5'],
  proxykey: [],
  password: ['bcrypt', 'scrypt']
}

export interface KeygenRequest extends TextChoice {
  readonly type: TextType
  readonly algorithm?: HashAlgorithm | undefined
  readonly username?: string | undefined
  readonly realm?: string | undefined
  readonly challenge?: string | undefined
  readonly iterations?: number | undefined
  /** The password that is there already; without one, where one is needed, a new one is made and told. */
  readonly password?: string | undefined
}

/** Does this request start from a password, one that is there or a new one? @throws UsageError for an algorithm of another kind */
export function needsPassword({ type, algorithm, challenge }: Omit<KeygenRequest, 'password'>): boolean {
  if (algorithm !== undefined && !algorithmsOf[type].includes(algorithm)) {
    const known = algorithmsOf[type].join(', ')
    throw new UsageError(`--algorithm ${algorithm} is not one of --type ${type}`, {
      hint: known === '' ? `--type ${type} takes no --algorithm.` : `It takes ${known}.`
    })
  }
  if (challenge !== undefined && type !== 'ami') throw new UsageError('--challenge needs --type ami')
  return type === 'sip' || type === 'tunnel' || (type === 'ami' ? challenge !== undefined : algorithm !== undefined)
}

/** Makes what was asked for. @throws UsageError */
export async function generate(request: KeygenRequest): Promise<Generated> {
  const { type, algorithm, username } = request
  const isNew = request.password === undefined
  const password = needsPassword(request) ? (request.password ?? chosenText(request).text) : ''
  switch (type) {
    case 'voipmonitor':
      return generateManagerKey()
    case 'ami':
      return request.challenge === undefined ? generateAmiSecret(request) : answerChallenge(request.challenge, password)
    case 'proxykey':
      return generateProxyKey(request)
    case 'sip': {
      const names = Object.keys(sipAlgorithms) as SipAlgorithm[]
      const wanted = names.filter((name) => algorithm === undefined || name.toLowerCase() === algorithm)
      return hashSipPassword({ username: username ?? '', realm: request.realm ?? '', password }, wanted, { isNew })
    }
    case 'tunnel': {
      const form = algorithm === 'md5' ? 'md5' : 'scram-sha-256'
      return hashTunnelPassword({ username: username ?? '', password, form, iterations: request.iterations, isNew })
    }
    case 'password':
      if (algorithm === undefined) return generatePassword(request)
      return hashPassword(password, algorithm as PasswordHash, { username, isNew })
  }
}
