import bcrypt from 'bcryptjs'
import { UsageError } from '../errors.js'
import { hashSecret, StoredSecret } from '../proxy/accounts/stored-secret.js'
import { chosenText, type TextChoice } from './ami.js'
import { type Generated, lineValue, shellQuoted } from './generated.js'
import { strengthNote } from './random-text.js'

export type PasswordHash = 'bcrypt' | 'scrypt'

/** 0.1 s of one core here; the proxy computes it for each first login of a client. */
const bcryptCost = 10
/** bcrypt reads no more, and would take every longer secret with the same beginning. */
const bcryptBytes = 72

/** A password, with what it is worth. @throws UsageError */
export function generatePassword(choice: TextChoice): Generated {
  const made = chosenText(choice)
  const { text: password, length, alphabetSize, entropyBits } = made
  return {
    facts: { type: 'password', password, length, alphabetSize, entropyBits },
    texts: { value: `${password}\n`, env: `PASSWORD=${shellQuoted(password)}\n` },
    preferred: 'value',
    note: strengthNote(made)
  }
}

/**
 * The hash of a password that the proxy's users may have as their secret; it was compared once with the password.
 * @throws UsageError for a password that is too long for bcrypt
 */
export async function hashPassword(
  password: string,
  form: PasswordHash,
  { username, isNew = false }: { username?: string | undefined; isNew?: boolean } = {}
): Promise<Generated> {
  if (form === 'bcrypt' && Buffer.byteLength(password) > bcryptBytes)
    throw new UsageError(`bcrypt looks at the first ${bcryptBytes} bytes of a password only`, { hint: 'Use --algorithm scrypt.' })
  const hash = form === 'bcrypt' ? await bcrypt.hash(password, bcryptCost) : await hashSecret(password)
  if (!(await StoredSecret.parse(hash, 'keygen').accepts(password))) throw new Error('The hash does not fit its own password')
  return {
    facts: { type: 'password', ...(username !== undefined && { username }), ...(isNew && { password }), algorithm: form, hash },
    texts: {
      value: `${isNew ? `password:${password}\n` : ''}${hash}\n`,
      ...(username !== undefined && {
        ini: `[user ${lineValue(username, 'The user')}]\nsecret = ${hash}\n`,
        // A line of a users file, where a comma outside of quotes begins the filter columns.
        conf: `${lineValue(username, 'The user')} = "${hash}"\n`
      })
    },
    preferred: 'value'
  }
}
