import assert from 'node:assert/strict'
import { ProtocolError } from '../../../src/lib/errors.js'
import { digestChallenges, parseChallenges } from '../../../src/lib/sip/digest-challenge.js'
import { StreamFramer } from '../../../src/lib/sip/framer.js'
import { isReply, type SipMessage } from '../../../src/lib/sip/message.js'
import { parseDatagram } from '../../../src/lib/sip/parse.js'
import { readStunReply, stunRequest } from '../../../src/lib/sip/stun.js'
import { formatUri, parseUri } from '../../../src/lib/sip/uri.js'
import { fixtures, texts } from '../fixtures.js'
import { type FuzzTarget, outcome, sameInPieces } from '../target.js'

const limits = { maxMessageBytes: 8_192, maxHeaders: 64, maxLineBytes: 2_048 }

/** Messages of the recordings with Kamailio and SIPp: what stands between the `---` lines, with the line ends of SIP. */
const messages = (): Buffer[] =>
  fixtures('sip', '.txt').flatMap((text) =>
    text
      .toString('latin1')
      .split(/^--- .*$/m)
      .slice(1)
      .map((message) => Buffer.from(message.replace(/^\n/, '').replace(/\r?\n/g, '\r\n'), 'latin1'))
  )

const words = [
  'SIP/2.0 401 Unauthorized\r\n',
  'Via: SIP/2.0/UDP a;branch=z9hG4bK1\r\n',
  'Contact: *\r\n',
  'Content-Length: ',
  'WWW-Authenticate: Digest realm="',
  ', nonce="',
  ';expires=',
  '<sip:',
  '>',
  'tel:+1',
  '%00',
  '[::1]',
  '\r\n ',
  'CSeq: 1 REGISTER\r\n'
]

/** Reads all that can be read of a message. */
function readAll(message: SipMessage): void {
  const reads: (() => unknown)[] = [
    ...[
      () => message.from,
      () => message.to,
      () => message.callId,
      () => message.cseq,
      () => message.via,
      () => message.vias
    ].map((read) => read),
    ...[
      () => message.contacts,
      () => message.isWildcard,
      () => message.routes,
      () => message.recordRoutes,
      () => message.maxForwards
    ],
    ...[() => message.expires, () => message.minExpires, () => message.retryAfter, () => message.text('Reason')],
    () => message.contacts.map((contact) => [contact.uri, contact.toString()]),
    () => message.vias.map((via) => via.toString())
  ]
  for (const read of reads) outcome(read, ProtocolError)
  if (isReply(message)) digestChallenges(message)
}

export const sipTargets: FuzzTarget[] = [
  {
    name: 'sip-datagram',
    promise: 'parseDatagram gives a message of which everything can be read, or throws SipSyntaxError (a ProtocolError)',
    corpus: messages,
    words,
    check(input) {
      const parsed = outcome(() => parseDatagram(input, limits), ProtocolError)
      if ('value' in parsed) readAll(parsed.value)
    }
  },
  {
    name: 'sip-stream',
    promise: 'StreamFramer finds the same messages however the stream is cut, and keeps no more than one message',
    corpus: () => [...messages(), Buffer.concat(messages().slice(0, 6))],
    words,
    check(input, random) {
      sameInPieces(input, random, (chunks) => {
        const seen: string[] = []
        const framer = new StreamFramer(
          {
            onMessage: (message) => {
              seen.push(message.callId)
              readAll(message)
            },
            onRefused: (error) => seen.push(error.fault)
          },
          limits
        )
        const result = outcome(() => {
          for (const chunk of chunks) {
            framer.push(chunk)
            assert(framer.pendingBytes <= limits.maxMessageBytes + chunk.length, 'one message at most')
          }
        }, ProtocolError)
        return { seen, failed: 'error' in result }
      })
    }
  },
  {
    name: 'sip-challenge',
    promise: 'parseChallenges gives challenges or throws SipSyntaxError',
    corpus: () => [
      ...messages().flatMap((message) =>
        [...message.toString('latin1').matchAll(/^(?:WWW|Proxy)-Authenticate: (.*)\r$/gim)].map(([, value]) =>
          Buffer.from(value!, 'latin1')
        )
      ),
      ...texts('Digest realm="a\\"b", nonce="x", qop="auth,auth-int", algorithm=SHA-256, stale=TRUE, Basic realm="c"')
    ],
    words: ['Digest ', 'Basic ', 'realm="', 'nonce=', 'qop="auth"', 'algorithm=', ', ', '\\"', 'stale=true'],
    check(input) {
      outcome(() => parseChallenges(input.toString('latin1')), ProtocolError)
    }
  },
  {
    name: 'sip-uri',
    promise: 'a URI that is read is the same after it was written and read again',
    corpus: () =>
      texts(
        'sip:alice@example.org',
        'sips:%61lice:pw@[2001:db8::1]:5061;transport=tls;lr?Subject=a%20b',
        'tel:+1-201-555-0123;phone-context=example.org',
        'sip:+4930;isub=1@host;user=phone',
        'urn:service:sos'
      ),
    words: ['sip:', 'sips:', 'tel:', ';transport=', ';lr', '?a=b', '&', '@', ':', '%40', '[', ']', '%'],
    check(input) {
      const parsed = outcome(() => parseUri(input.toString('latin1')), ProtocolError)
      if ('value' in parsed) {
        const text = formatUri(parsed.value)
        assert.equal(formatUri(parseUri(text)), text)
      }
    }
  },
  {
    name: 'sip-stun',
    promise: 'readStunReply gives an address with a port, or undefined; it throws nothing',
    corpus: () => [
      stunRequest(Buffer.alloc(12, 1)),
      Buffer.from('0101000c2112a442010101010101010101010101002000080001a147e112a643', 'hex'),
      Buffer.from('010100182112a4420101010101010101010101010020001400023417a5f1c3d20101010101010101010101010101', 'hex')
    ],
    words: ['\u0001\u0001', '\0\u0020\0\u0008\0\u0001', '\0\u0001\0\u0008\0\u0001', '!\u0012'],
    check(input) {
      const reply = readStunReply(input)
      if (reply) assert(reply.port >= 0 && reply.port <= 65_535 && reply.host.length > 0)
    }
  }
]
