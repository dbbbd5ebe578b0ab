import { md5Key } from '../ami/login.js'
import type { ActionRequest } from './request-reader.js'

/** How a login ended, with what its security event needs. */
export type LoginOutcome =
  | { result: 'accepted'; account: string }
  | { result: 'no such account'; account: string }
  | { result: 'wrong password'; account: string }
  | { result: 'wrong key'; challenge: string; response: string; expected: string }
  | { result: 'no challenge' }

/**
 * Judges a Login. Names and secrets are compared as bytes; a key must be lower-case hex (Asterisk compares it as text).
 * @param challenge what this session was given last; undefined when it has not asked
 */
export function judgeLogin(
  request: ActionRequest,
  users: ReadonlyMap<string, string>,
  challenge: string | undefined
): LoginOutcome {
  const account = Buffer.from(request.get('Username'), 'latin1').toString('utf8')
  const secret = users.get(account)
  const shown = request.get('Username')
  if (secret === undefined) return { result: 'no such account', account: shown }
  if (request.get('AuthType').toLowerCase() === 'md5') {
    if (challenge === undefined) return { result: 'no challenge' }
    const [response, expected] = [request.get('Key'), md5Key(challenge, secret)]
    return response === expected ? { result: 'accepted', account: shown } : { result: 'wrong key', challenge, response, expected }
  }
  const given = Buffer.from(request.get('Secret'), 'latin1').toString('utf8')
  return { result: given === secret ? 'accepted' : 'wrong password', account: shown }
}
