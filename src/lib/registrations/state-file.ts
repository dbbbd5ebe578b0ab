import fs from 'node:fs'
import { IoError } from '../errors.js'
import type { SavedChallenge } from '../sip/digest-session.js'
import type { SavedRegistration } from './registration-context.js'

// 100,000 accounts take about 50 MB; more is no file of ours.
const maxFileBytes = 512 * 1024 * 1024

/** One line of the file: an account, and the AOR that it was made for. */
interface Line extends SavedRegistration {
  l_uuid: string
  aor: string
}

/**
 * Writes what a restart needs, one JSON object a line, as a whole or not at all, for the owner only: a nonce with its count is no password, but who has
 * it knows when we register.
 * @throws IoError
 */
export function writeState(file: string, saved: Iterable<{ uuid: string; aor: string; saved: SavedRegistration }>): void {
  const part = `${file}.${process.pid}.part`
  try {
    const fd = fs.openSync(part, 'w', 0o600)
    try {
      let text = ''
      for (const { uuid, aor, saved: one } of saved) {
        text += `${JSON.stringify({ l_uuid: uuid, aor, ...one })}\n`
        if (text.length < 1024 * 1024) continue
        fs.writeSync(fd, text)
        text = ''
      }
      fs.writeSync(fd, text)
      fs.fsyncSync(fd)
    } finally {
      fs.closeSync(fd)
    }
    fs.renameSync(part, file)
  } catch (cause) {
    fs.rmSync(part, { force: true })
    throw new IoError(`Cannot write the state to ${file}: ${(cause as Error).message}`, { cause })
  }
}

/**
 * Reads it back: by uuid, each with its AOR. A file that is not there is a first start; a line that is no line of ours costs this account a new REGISTER.
 * @throws IoError
 */
export function readState(file: string): Map<string, { aor: string; saved: SavedRegistration }> {
  const found = new Map<string, { aor: string; saved: SavedRegistration }>()
  let text: string
  try {
    if (fs.statSync(file).size > maxFileBytes) throw new Error('it is too large')
    text = fs.readFileSync(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return found
    throw new IoError(`Cannot read the state from ${file}: ${(cause as Error).message}`, { cause })
  }
  for (const line of text.split('\n')) {
    const read = line === '' ? undefined : readLine(line)
    if (read) found.set(read.l_uuid, { aor: read.aor, saved: read })
  }
  return found
}

function readLine(line: string): Line | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { l_uuid, aor, callId, fromTag, cseq, contact, expiresAtMs, minExpiresS, challenges } = value as Record<string, unknown>
  const token = (one: unknown): one is string => typeof one === 'string' && /^[\x21-\x7e]{1,255}$/.test(one)
  const count = (one: unknown): one is number => typeof one === 'number' && Number.isSafeInteger(one) && one >= 0
  if (typeof l_uuid !== 'string' || typeof aor !== 'string' || !token(callId) || !token(fromTag) || !count(cseq)) return undefined
  return {
    ...{ l_uuid, aor, callId, fromTag, cseq },
    ...(typeof contact === 'string' &&
      /^sips?:[\x21-\x7e]{1,1024}$/.test(contact) &&
      count(expiresAtMs) && { contact, expiresAtMs }),
    ...(count(minExpiresS) && { minExpiresS }),
    ...(Array.isArray(challenges) && { challenges: challenges.filter(isChallenge) })
  }
}

function isChallenge(value: unknown): value is SavedChallenge {
  const { challenge, cnonce, count } = (value ?? {}) as Partial<SavedChallenge>
  const texts = [challenge?.realm, challenge?.rawRealm, challenge?.nonce, challenge?.rawNonce, cnonce]
  return (
    texts.every((text) => typeof text === 'string' && !/[\r\n\0]/.test(text)) &&
    Number.isSafeInteger(count) &&
    ['MD5', 'SHA-256', 'SHA-512-256'].includes(challenge!.hash) &&
    ['server', 'proxy'].includes(challenge!.from)
  )
}
