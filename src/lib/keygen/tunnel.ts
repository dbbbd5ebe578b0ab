import { UsageError } from '../errors.js'
import { createRecord, formatRecord, iterationLimits } from '../scram/record.js'
import { tokenOf } from '../tunnel/protocol-1-messages.js'
import type { Generated } from './generated.js'

/** The token of the original tunnel: hex of MD5(user:password), sent in clear as the first line. @throws UsageError */
export function tunnelToken(username: string, password: string): string {
  if (username === '' || username.includes(':')) throw new UsageError('A user of the tunnel is not empty and has no colon')
  return tokenOf(username, password)
}

export interface TunnelAccount {
  readonly username: string
  readonly password: string
  readonly form: 'scram-sha-256' | 'md5'
  readonly iterations?: number | undefined
  /** The password was made here, and is told as well. */
  readonly isNew?: boolean
}

/** What the tunnel's server keeps of an account, in the form of protocol 2 (SCRAM) or of the original (MD5). @throws UsageError, DataError */
export async function hashTunnelPassword({
  username,
  password,
  form,
  iterations,
  isNew = false
}: TunnelAccount): Promise<Generated> {
  const token = tunnelToken(username, password)
  const { min, max } = iterationLimits
  if (iterations !== undefined && (!Number.isInteger(iterations) || iterations < min || iterations > max))
    throw new UsageError(`--iterations must be a whole number from ${min} to ${max}`)
  const kept = form === 'md5' ? token : formatRecord(await createRecord(password, iterations === undefined ? {} : { iterations }))
  return {
    facts: { type: 'tunnel', username, ...(isNew && { password }), [form === 'md5' ? 'md5' : 'scram']: kept },
    texts: { value: `${isNew ? `password:${password}\n` : ''}${kept}\n` },
    preferred: 'value',
    note: form === 'md5' ? 'whoever has this token can log in with it, and the original tunnel sends it in clear' : undefined
  }
}
