import { onTestFinished } from 'vitest'
import { parseManagerKey } from '../../../src/lib/voipmonitor/encryption.js'
import { type SnifferDouble, type SnifferDoubleOptions, startSnifferDouble } from '../../unit/support/sniffer-double.js'
import { readExchanges } from '../../unit/support/voipmonitor-exchanges.js'
import { pbxkit, type RunOptions } from './pbxkit.js'

export const exchanges = readExchanges()

/** The key of most recordings, in base64. */
export const keyText = exchanges.find(({ n }) => n === 46)!.crypto!

/** Its key in the environment. */
export const withKey = { PBXKIT_MANAGER_KEY: keyText.key, PBXKIT_MANAGER_IV: keyText.iv }

/** A sniffer double with the recorded key and answers, until the test ends. */
export async function sniffer(options: Partial<SnifferDoubleOptions> = {}): Promise<SnifferDouble & { port: number }> {
  const double = await startSnifferDouble({ exchanges, key: parseManagerKey(keyText), ...options })
  onTestFinished(() => double.close())
  return Object.assign(double, { port: double.address.port })
}

/** `pbxkit manager …` with the key, on a port of this machine. */
export function manager(port: number, args: readonly string[], { env = withKey, ...options }: RunOptions = {}) {
  return pbxkit(['manager', ...args, '--port', String(port)], { env, ...options })
}
