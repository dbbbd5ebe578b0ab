import { createRequire } from 'node:module'
import path from 'node:path'
import { parseDatagram } from '../../../src/lib/sip/parse.js'
import { alternate, type BenchOptions, compare, type Measurement } from '../support/suite.js'

/** A 200 of Kamailio 5.6 to a REGISTER, of 432 bytes. */
const reply = Buffer.from(
  [
    'SIP/2.0 200 OK',
    'Via: SIP/2.0/UDP 127.0.0.1:26200;branch=z9hG4bK2c5f.cd0cb5c4000000000000000000000000.0;rport=26200;received=127.0.0.1',
    'To: <sip:u1@127.0.0.1>;tag=af3b7a2ce6f9a6f1ab8ab3eb3f0af2c1.0c5f0000',
    'From: <sip:u1@127.0.0.1>;tag=533cb9e91f4b999cf76861cbb9ed54ed-2c5f0000',
    'CSeq: 11 REGISTER',
    'Call-ID: 5b1ff3c24d1f3a17-1201@127.0.0.1',
    'Contact: <sip:u1@127.0.0.1:26200>;expires=3600',
    'Server: lab-registrar',
    'Content-Length: 0',
    '',
    ''
  ].join('\r\n')
)

const goodPerS = 150_000

/**
 * Messages a second of CPU: what a busy machine takes from us in between is not the parser's. Where PBXKIT_BENCH_SIP names a folder with the npm package
 * `sip` in its node_modules, that parser, the fastest of those of npm, is measured in turn.
 */
export async function measureParser(options: BenchOptions): Promise<Measurement[]> {
  const messages = options.quick ? 50_000 : 300_000
  const folder = process.env.PBXKIT_BENCH_SIP
  const rival =
    folder === undefined
      ? undefined
      : (createRequire(path.join(folder, 'none.js'))('sip') as { parse: (text: string) => unknown })
  const what = `parser, a reply of ${reply.length} bytes: messages/s of CPU`
  measure(messages, ours)
  const pairs = await alternate(options, what, {
    ours: async () => measure(messages, ours),
    against: async () => (rival ? measure(messages, () => rival.parse(reply.toString('latin1'))) : goodPerS)
  })
  return [
    compare({
      ...{ what, pairs, value: (perS: number) => perS, format: (perS: number) => `${(perS / 1000).toFixed(0)} k` },
      againstName: rival ? 'npm sip' : '',
      limit: { atLeast: rival ? 0.8 : 1 }
    })
  ]
}

/** As a registration needs it: Via, From, To, Call-ID and CSeq are read by the parser, and the contact by whoever asks for it. */
function ours(): void {
  if (parseDatagram(reply).contacts.length !== 1) throw new Error('a contact was not read')
}

function measure(messages: number, parse: () => unknown): number {
  const before = process.cpuUsage()
  for (let at = 0; at < messages; at++) parse()
  const { user, system } = process.cpuUsage(before)
  return messages / ((user + system) / 1e6)
}
