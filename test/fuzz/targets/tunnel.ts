import assert from 'node:assert/strict'
import { LineReader, parseRequest, parseResponse, tooLong } from '../../../src/lib/control/control-protocol.js'
import { ConnectionLostError, DataError, LoginError, ProtocolError } from '../../../src/lib/errors.js'
import { encodeHeader, Flag, FrameDecoder, FrameType } from '../../../src/lib/net/yamux/frame.js'
import { YamuxSession } from '../../../src/lib/net/yamux/session.js'
import { parseClientFinal, parseClientFirst, parseServerFinal, parseServerFirst } from '../../../src/lib/scram/messages.js'
import { formatRecord, parseRecord } from '../../../src/lib/scram/record.js'
import { CallRefusedError, ToldToWaitError, UpgradeRequiredError } from '../../../src/lib/tunnel/errors.js'
import { Protocol1Client } from '../../../src/lib/tunnel/protocol-1-client.js'
import { Protocol1Server } from '../../../src/lib/tunnel/protocol-1-server.js'
import {
  formatAnswer,
  formatCall,
  formatChallenge,
  formatHello,
  formatSuccess,
  formatUpgrade,
  type Hello,
  parseAnswer,
  parseCall,
  parseChallenge,
  parseHello,
  parseSuccess
} from '../../../src/lib/tunnel/protocol-2-messages.js'
import { duplexPair } from '../duplex-pair.js'
import { fixtures, texts } from '../fixtures.js'
import { pieces } from '../mutate.js'
import { type FuzzTarget, outcome, sameInPieces } from '../target.js'

/** What went over the wire in the recordings of the original: quoted strings after an arrow. */
function recorded(): Buffer[] {
  return fixtures('agi-tunnel', '.txt').flatMap((text) =>
    [...text.toString().matchAll(/(?:->|<-) \w+ ("(?:[^"\\]|\\.)*")/g)].flatMap(([, quoted]) => {
      try {
        return [Buffer.from(JSON.parse(quoted!) as string, 'latin1')]
      } catch {
        return []
      }
    })
  )
}

const helloes = ['SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS'].map((mechanism) =>
  formatHello({ mechanism, clientFirst: 'n,,n=alice,r=abc', parameters: { version: '0.1.0' } } as Hello)
)

const frames = () => [
  Buffer.concat([
    encodeHeader(FrameType.windowUpdate, Flag.syn, 1, 0),
    encodeHeader(FrameType.data, 0, 1, 5),
    Buffer.from('hello'),
    encodeHeader(FrameType.data, Flag.fin, 1, 0)
  ]),
  Buffer.concat([
    encodeHeader(FrameType.ping, Flag.syn, 0, 7),
    encodeHeader(FrameType.ping, Flag.ack, 0, 7),
    encodeHeader(FrameType.goAway, 0, 0, 0)
  ]),
  Buffer.concat([
    encodeHeader(FrameType.data, Flag.syn, 3, 3),
    Buffer.from('abc'),
    encodeHeader(FrameType.windowUpdate, 0, 3, 2 ** 31),
    encodeHeader(FrameType.windowUpdate, Flag.rst, 3, 0)
  ])
]

export const tunnelTargets: FuzzTarget[] = [
  {
    name: 'yamux-frames',
    promise: 'FrameDecoder finds the same frames however they are cut, and throws ProtocolError only',
    corpus: frames,
    words: ['\0\u0001\0\u0001\0\0\0\u0001\0\0\0\0', '\0\0\0\0\0\0\0\u0001\0\0\0\u0002'],
    check(input, random) {
      sameInPieces(input, random, (chunks) => {
        const decoder = new FrameDecoder(4_096)
        const seen: unknown[] = []
        let payload = ''
        const result = outcome(() => {
          const sink = {
            frame: (...facts: unknown[]) => void seen.push(facts),
            payload: (bytes: Buffer) => {
              payload += bytes.toString('latin1')
            }
          }
          for (const chunk of chunks) decoder.push(chunk, sink)
        }, ProtocolError)
        return { seen: 'error' in result ? seen : [...seen, payload], failed: 'error' in result }
      })
    }
  },
  {
    name: 'yamux-session',
    promise:
      'a session ends, if it ends, with ProtocolError or ConnectionLostError, whatever its peer sends; no exception escapes',
    corpus: frames,
    words: ['\0\u0001\0\u0001\0\0\0\u0001\0\0\0\0', '\0\0\0\u0001\0\0\0\u0003\0\0\0\u0002ab', '\0\u0003\0\0\0\0\0\0\0\0\0\u0002'],
    async check(input, random) {
      const [ours, theirs] = duplexPair()
      let streams = 0
      let ended: Error | undefined
      const session = new YamuxSession(ours, {
        role: 'server',
        maxIncomingStreams: 8,
        handler: {
          onStream(stream) {
            streams++
            stream.on('error', () => {}).resume()
          },
          onClosed(_session, error) {
            ended = error
          }
        }
      })
      session.start()
      theirs.on('error', () => {}).resume()
      for (const chunk of pieces(input, random)) if (!theirs.destroyed) theirs.write(chunk)
      await new Promise(setImmediate)
      session.destroy()
      await new Promise(setImmediate)
      assert(ended === undefined || ended instanceof ProtocolError || ended instanceof ConnectionLostError, `${ended}`)
      assert(streams <= input.length / 12 + 1, 'no more streams than frames')
      theirs.destroy()
    }
  },
  {
    name: 'tunnel-protocol-1',
    promise: 'both sides of protocol 1 throw ProtocolError only, and the client finds the same call however its bytes are cut',
    corpus: () => recorded(),
    words: [
      'authentication accepted\n',
      'authentication failed\n',
      'wait 5\n',
      'agi_request: x\n',
      '\n\n',
      '90eb1a94cad64b98183dfbc1c095f85e\n'
    ],
    check(input, random) {
      sameInPieces(input, random, (chunks) => {
        const client = new Protocol1Client()
        const seen: unknown[] = []
        let data = ''
        const result = outcome(() => {
          for (const event of chunks.flatMap((chunk) => client.push(chunk))) {
            if (event.type === 'data') data += event.bytes.toString('latin1')
            else seen.push(JSON.stringify(event))
          }
        }, ProtocolError)
        return { seen: [...seen, data], failed: 'error' in result }
      })
      const server = new Protocol1Server()
      for (const chunk of pieces(input, random)) {
        if (server.push(chunk)?.type === 'login') {
          server.accept()
          outcome(() => server.startCall(Buffer.from('agi_network: yes\n\n'), 'id'), ProtocolError)
        }
      }
    }
  },
  {
    name: 'tunnel-protocol-2',
    promise: 'each message of protocol 2 is read, or refused with one of its errors; a hello that is read can be written',
    corpus: () =>
      texts(
        ...helloes,
        formatChallenge('r=abc,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096'),
        formatSuccess('v=6rri', { notice: 'a b' }),
        formatUpgrade('use it'),
        formatCall({ user: 'alice' }),
        formatAnswer(),
        formatAnswer('busy'),
        'W 5',
        'E not-found'
      ),
    words: ['%', '%0a', ' ', '=', 'AGIT/', 'AGIT/2 ', 'SCRAM-SHA-256-PLUS', '%ff'],
    check(input) {
      const line = input.toString('latin1').split('\n')[0]!
      const errors = [ProtocolError, LoginError, DataError, UpgradeRequiredError, ToldToWaitError, CallRefusedError] as const
      const hello = outcome(() => parseHello(line), ...errors)
      if ('value' in hello)
        assert.deepEqual(parseHello(formatHello(hello.value).trimEnd()), hello.value, 'written and read again')
      for (const parse of [parseChallenge, parseSuccess, parseCall, parseAnswer]) outcome(() => parse(line) as unknown, ...errors)
    }
  },
  {
    name: 'scram',
    promise:
      'messages and records of SCRAM are read, or refused with ProtocolError or DataError; a record that is read can be written',
    corpus: () =>
      texts(
        'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
        'p=tls-exporter,,n=us=2Cer,r=abc',
        'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
        'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
        'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
        'e=unknown-user',
        `SCRAM-SHA-256$4096:${'A'.repeat(22)}==$${'B'.repeat(43)}=:${'C'.repeat(43)}=`
      ),
    words: ['=2C', '=3D', ',', 'm=ext', 'i=0', 'i=99999999999', 'y,,', 'a=admin,', 'SCRAM-SHA-256$'],
    check(input) {
      const text = input.toString('latin1')
      for (const parse of [parseClientFirst, parseServerFirst, parseClientFinal, parseServerFinal])
        outcome(() => parse(text) as unknown, ProtocolError)
      const record = outcome(() => parseRecord(text), DataError)
      if ('value' in record) assert.deepEqual(parseRecord(formatRecord(record.value)), record.value)
    }
  },
  {
    name: 'control-protocol',
    promise: 'lines of control sockets are the same however they are cut, and are read or refused with ProtocolError',
    corpus: () =>
      texts(
        '{"id":1,"method":"status","params":{}}\n{"id":2,"method":"x"}\n',
        '{"id":1,"result":{"a":[1]}}\n',
        '{"id":1,"error":{"code":"E_X","message":"m","exit":1}}\n'
      ),
    words: ['"id":', '"params":', '"__proto__":', 'null', '\n'],
    check(input, random) {
      sameInPieces(input, random, (chunks) => {
        const reader = new LineReader(512)
        const lines = chunks.flatMap((chunk) => reader.push(chunk))
        for (const line of lines) {
          if (line === tooLong) continue
          outcome(() => parseRequest(line), ProtocolError)
          outcome(() => parseResponse(line), ProtocolError)
        }
        return { seen: lines, failed: false }
      })
    }
  }
]
