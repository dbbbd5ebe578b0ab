import path from 'node:path'
import { createEncryption, type ManagerKey, parseManagerKey } from '../../../src/lib/voipmonitor/encryption.js'
import { type Exchange, readExchanges } from '../../unit/support/voipmonitor-exchanges.js'
import { root } from '../support/processes.js'

export const exchanges: readonly Exchange[] = readExchanges(path.join(root, 'test/fixtures/voipmonitor'))

/** The key of most recordings, in base64. */
export const keyText = exchanges.find(({ n }) => n === 46)!.crypto!
export const key: ManagerKey = parseManagerKey(keyText)
export const encryption = createEncryption(key)
