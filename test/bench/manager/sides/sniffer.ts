// The sniffer double with the recorded key: answers with recorded bytes, waits half a second for the rest of a request that has no clear end.
// Its argument is how many calls it has.
import path from 'node:path'
import { parseManagerKey } from '../../../../src/lib/voipmonitor/encryption.js'
import { startSnifferDouble } from '../../../unit/support/sniffer-double.js'
import { readExchanges } from '../../../unit/support/voipmonitor-exchanges.js'
import { callsOf } from '../calls.js'

const exchanges = readExchanges(path.join(import.meta.dirname, '../../../fixtures/voipmonitor'))
const key = parseManagerKey(exchanges.find(({ n }) => n === 46)!.crypto!)
const sniffer = await startSnifferDouble({ exchanges, key })
const calls = Number(process.argv[2])
if (calls > 0) sniffer.calls = callsOf(exchanges, calls)

// An exit of our own, so that bin/ts.mjs clears away what it built.
process.once('SIGTERM', () => process.exit())
process.stderr.write(`ready sniffer=127.0.0.1:${sniffer.address.port}\n`)
