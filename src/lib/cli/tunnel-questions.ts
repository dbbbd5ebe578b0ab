import path from 'node:path'
import { askChoice, askSecret, askText } from './prompt.js'
import { assertNewProfile } from './save-profile.js'

const ways = {
  'TLS, with a certificate of a known authority': {},
  'TLS, with a certificate of its own: the login proves the server': { insecure: true },
  'no TLS: a server on this machine': { plain: true }
} as const

/** What a bare `agi tunnel` asks for. */
export interface TunnelAnswers {
  host: string
  insecure?: boolean
  plain?: boolean
  username: string
  password: string
  app?: string
  exec?: string
  /** The name to keep all of it under. */
  profile: string | undefined
}

/** Asks, in the order in which one knows it. @throws InterruptedError, UsageError for a profile's name */
export async function askForTunnel(signal: AbortSignal): Promise<TunnelAnswers> {
  const host = await askText('Server (HOST or HOST:PORT):', signal, '127.0.0.1')
  const way = (await askChoice('Connection:', Object.keys(ways), signal)) as keyof typeof ways
  const username = await askText('User:', signal)
  const password = await askSecret('Password:', signal)
  const target = await askText('Application (HOST:PORT, or an AGI script):', signal, '127.0.0.1:4573')
  const profile = (await askText('Save as profile (a name; empty: no):', signal, '')).trim()
  if (profile !== '') await assertNewProfile(profile)
  const isAddress = /^(.*:)?\d{1,5}$/.test(target)
  return {
    ...{ host, username, password, ...ways[way] },
    // A profile is used from other folders, too.
    ...(isAddress ? { app: target } : { exec: target.includes('/') ? path.resolve(target) : target }),
    profile: profile === '' ? undefined : profile
  }
}
