import net from 'node:net'
import { describe, expect, it } from 'vitest'
import { startPair, type TestProxy } from '../support/proxy.js'
import { until } from '../support/raw-client.js'
import type { ScriptedServer } from '../support/scripted-server.js'
import { type Abuse, readAbuses } from './abuse-recording.js'
import type { Kind } from './verdict.js'

interface AbuseVerdict {
  kind: Kind
  why: string
  /** What the abuser gets; undefined: looked at by `check` alone. */
  answer?: RegExp
  /** For what the recording does not hold: its place is taken by this. */
  send?: string[]
  check?: (what: { abuse: Abuse; server: ScriptedServer; proxy: TestProxy; received: string }) => void | Promise<void>
}

const administrators = /ProxyResponse: Error\r\n(ActionID: .*\r\n)?Message: Permission denied: \w+ is for administrators\r\n/
const pong = /Ping: Pong\r\n/
const long = (character: string, length: number) => character.repeat(length)

const verdicts: Record<string, AbuseVerdict> = {
  'line of 1500 bytes (MAX_LEN is 1024)': {
    kind: 'fixed',
    why: 'an ActionID is ours to keep and may be as long as that: it comes back whole',
    answer: /Response: Success\r\nActionID: A{1400,}\r\nPing: Pong/
  },
  'line of exactly 1023 bytes ActionID + autofilter unique prefix': {
    kind: 'fixed',
    why: 'it is answered; 1.22 wrote past a buffer',
    answer: /ActionID: B{1000,}\r\nPing: Pong/
  },
  'ActionID of 600 bytes under unique (memmove length bug)': {
    kind: 'keep',
    why: 'it comes back whole',
    answer: /ActionID: B{590,}\r\nPing: Pong/
  },
  '300 headers in one action (MAX_HEADERS 256)': {
    kind: 'fixed',
    why: 'an error, in place of headers that are lost: Asterisk takes 128',
    answer: /Message: More than the \d+ headers that Asterisk takes\r\n/,
    check: ({ abuse, server }) => {
      expect(abuse.remarks).toContain('number of H headers in what came back: 0')
      expect(server.received).not.toContain('UserEvent')
    }
  },
  'answer with more than 256 lines (core show help)': {
    kind: 'fixed',
    why: 'no line is lost (recording 05 has its bytes)',
    send: ['Action: Command\r\nCommand: core show help\r\nActionID: help\r\n\r\n'],
    check: ({ abuse, received }) => {
      expect(abuse.remarks).toContain('Output lines received 252, Server header present: false')
      expect(received.match(/^Output: /gm)).toHaveLength(353)
    }
  },
  'an Output line longer than 1024 from the server': {
    kind: 'fixed',
    why: 'it comes whole; the action that would make it is too long for Asterisk, and refused when it is',
    check: ({ abuse, received }) => {
      expect(abuse.remarks.join()).toMatch(/longest header that arrived: 965/)
      expect(received).toMatch(/^Output: L{2000}\r$/m)
    }
  },
  'binary garbage 64 KiB': {
    kind: 'keep',
    why: 'the proxy goes on; the abuser is told why it is closed, or not understood',
    send: [Array.from({ length: 65_536 }, (_, at) => String.fromCharCode((at * 7919 + (at >> 3) * 31) % 256)).join('')]
  },
  'embedded NUL bytes and bare LF, bare CR': {
    kind: 'keep',
    why: 'bare LF is a line end; fixed: a NUL is an error, and an Action is never read past a bare CR',
    answer: /^(?=[\s\S]*ActionID: lf\r\nPing: Pong)(?=[\s\S]*Message: A NUL byte in an action)/
  },
  'partial packets: one byte at a time': {
    kind: 'keep',
    why: 'it is answered',
    send: [...'Action: Ping\r\nActionID: slow\r\n\r\n'],
    answer: /ActionID: slow\r\nPing: Pong/
  },
  'half a request then the client closes': { kind: 'keep', why: 'the others go on', send: ['Action: Ping\r\nActio'] },
  'AddServer with a 100-char host name (ast_host[40])': {
    kind: 'fixed',
    why: 'for administrators; the old program wrote past a buffer for anybody',
    answer: administrators
  },
  'AddServer with Port of 30 chars (ast_port[10])': { kind: 'fixed', why: 'the same', answer: administrators },
  'DropServer of the live server while it is reading (use after free)': {
    kind: 'fixed',
    why: 'for administrators, and the server stays',
    answer: administrators,
    check: ({ proxy }) => expect(proxy.running.servers.all).toHaveLength(1)
  },
  'DropServer without Server header': {
    kind: 'fixed',
    why: 'nothing is dropped',
    answer: administrators,
    check: ({ proxy }) => expect(proxy.running.servers.all).toHaveLength(1)
  },
  'Message header with printf directives / very long unknown ProxyAction': {
    kind: 'keep',
    why: 'an error with the ActionID; fixed: a failed login ends the session',
    answer: /ProxyResponse: Error\r\nActionID: %n\r\nMessage: Invalid Proxy Action\r\n\r\n[\s\S]*Message: Authentication failed/
  },
  'ListSessions with 120 clients (reply limited to 256 headers)': {
    kind: 'fixed',
    why: 'all are listed, and the server',
    send: [],
    check: async ({ abuse, proxy }) => {
      expect(abuse.remarks.join()).toMatch(/sessions listed (85|63), server listed false/)
      const many = await Promise.all(Array.from({ length: 120 }, () => proxy.connect()))
      const root = await proxy.login({ user: 'root', secret: 'root-secret' })
      const answer = await root.ask('ProxyAction: ListSessions\r\n', 'all')
      expect(answer.match(/^ProxyClientSession: /gm)!.length).toBeGreaterThanOrEqual(121)
      expect(answer).toContain('\r\nProxyServerSession: 127.0.0.1\r\n')
      for (const { socket } of many) socket.destroy()
    }
  },
  'XML output of a line with 500 < characters (expands to 2000)': {
    kind: 'fixed',
    why: 'it is escaped, however long; the old program wrote past a buffer',
    send: ['ProxyAction: SetOutputFormat\r\nOutputFormat: xml\r\n\r\n', `Action: Ping\r\nActionID: ${long('<', 500)}\r\n\r\n`],
    answer: new RegExp(`<ActionID Value="${'&lt;'.repeat(500)}"/>`)
  },
  'CSV output of a 1015-byte header': {
    kind: 'fixed',
    why: 'it is written whole; the old program wrote past a buffer',
    send: ['ProxyAction: SetOutputFormat\r\nOutputFormat: csv\r\n\r\n', `Action: Ping\r\nActionID: ${long('c', 1005)}\r\n\r\n`],
    answer: /"ActionID: c{1005}"/
  },
  'HTTP GET of 1500 bytes': {
    kind: 'fixed',
    why: 'an answer, and a bad request only because it names no Host (RFC 9112, section 3.2)',
    answer: /^HTTP\/1\.1 400 Bad Request\r\n/
  },
  'HTTP GET without " HTTP"': {
    kind: 'fixed',
    why: 'it is answered; the old program wrote past a buffer',
    answer: /^HTTP\/1\.1 200 OK\r\n[\s\S]*ActionID: z+\r\nPing: Pong/
  },
  'HTTP POST Content-Length 5000 with 5000 bytes': {
    kind: 'fixed',
    why: 'an answer, and a bad request only because it names no Host',
    answer: /^HTTP\/1\.1 400 Bad Request\r\n/
  },
  'XML input without attributes': {
    kind: 'fixed',
    why: 'it is understood; the old program died',
    answer: /<AsteriskManagerOutput>\r\n <Response Value="Success"\/>\r\n <Ping Value="Pong"\/>/
  },
  '300 clients connecting at once (backlog 5, serial accept)': {
    kind: 'fixed',
    why: 'all have the banner at once; the old program had greeted half of them after 12 s',
    send: [],
    check: async ({ abuse, proxy }) => {
      expect(abuse.remarks.join()).toMatch(/connected 300, banners 15\d/)
      const clients = await Promise.all(Array.from({ length: 300 }, () => proxy.connect()))
      for (const { received, socket } of clients) {
        expect(received).toMatch(/^Asterisk Call Manager\/11\.0\.0\r\n/)
        socket.destroy()
      }
    }
  }
}

/** Sends it all, and waits for what is to come, or the end. */
async function abuseProxy({ address }: TestProxy, sent: readonly string[], answer: RegExp | undefined): Promise<string> {
  const socket = net.connect({ port: address.port, host: address.host, noDelay: true })
  let received = ''
  let isClosed = false
  socket.on('error', () => {})
  socket.once('close', () => {
    isClosed = true
  })
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1')
  })
  for (const segment of sent) {
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve())
      socket.write(Buffer.from(segment, 'latin1'), () => resolve())
    })
  }
  const speaksAmi = !/^(GET|POST|<)/.test(sent[0]!)
  // What was cut off in the middle waits for its end.
  if (speaksAmi && sent.join('').endsWith('\n\r\n')) {
    if (answer === undefined) socket.write('Action: Ping\r\nActionID: abuse-end\r\n\r\n')
    const wanted = answer ?? /abuse-end/
    await until(
      socket,
      () => wanted.test(received) || isClosed,
      () => `the abuser received ${JSON.stringify(received.slice(-400))}`
    )
  } else if (answer) {
    await until(
      socket,
      () => answer.test(received) || isClosed,
      () => `the abuser received ${JSON.stringify(received.slice(-400))}`
    )
  }
  socket.destroy()
  return received
}

const help = Array.from({ length: 353 }, (_, at) => `Output: command ${at}\r\n`).join('')

for (const file of ['v122-asan-30-abuse', 'v130-asan-30-abuse']) {
  describe(file, () => {
    const abuses = readAbuses(file)

    it('has a verdict for every abuse', () => {
      expect(abuses.map(({ title }) => title)).toEqual(Object.keys(verdicts))
    })

    for (const abuse of abuses) {
      const { kind, why, answer, send, check } = verdicts[abuse.title]!
      it(`${file}: ${abuse.title} — ${kind}: ${why}`, async () => {
        const { proxy, server } = await startPair(
          {
            onAction: ({ name, id, text }) => {
              const lines = text.includes('core show help')
                ? `Message: Command output follows\r\n${help}`
                : name === 'SetVar'
                  ? `Message: Command output follows\r\nOutput: ${long('L', 2000)}\r\n`
                  : 'Ping: Pong\r\nTimestamp: 1.000001\r\n'
              server.emit(`Response: Success\r\nActionID: ${id}\r\n${lines}\r\n`)
            }
          },
          { authRequired: false }
        )
        const other = await proxy.login()
        const sent = send ?? abuse.sent
        const received = sent.length === 0 ? '' : await abuseProxy(proxy, sent, answer)
        if (answer) expect(received.replace(/^Asterisk Call Manager\/[^\n]*\n/, '')).toMatch(answer)
        await check?.({ abuse, server, proxy, received })
        expect(await other.ask('Action: Ping\r\n', 'other')).toMatch(pong)
        expect(other.blocks.map((block) => block.includes('ActionID: other\r\n'))).toEqual([true])
        if (!abuse.survived) expect(kind).toBe('fixed')
      })
    }
  })
}

describe('v122-asan-30-abuse and its twin', () => {
  it('the same abuses were tried on both', () => {
    expect(readAbuses('v122-asan-30-abuse').map(({ title }) => title)).toEqual(
      readAbuses('v130-asan-30-abuse').map(({ title }) => title)
    )
  })
})
