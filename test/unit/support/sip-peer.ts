import dgram from 'node:dgram'
import type { AddressInfo } from 'node:net'
import net from 'node:net'
import { onTestFinished } from 'vitest'
import { buildReply, noteSource, type ReplyParts } from '../../../src/lib/sip/build.js'
import { StreamFramer } from '../../../src/lib/sip/framer.js'
import { isRequest, type SipMessage, type SipReply, type SipRequest } from '../../../src/lib/sip/message.js'
import { parseDatagram } from '../../../src/lib/sip/parse.js'
import { parseUri, type SipUri } from '../../../src/lib/sip/uri.js'
import type { SipTarget } from '../../../src/lib/sip-transport/target.js'
import { UserAgent, type UserAgentOptions } from '../../../src/lib/uac/user-agent.js'

/** What a scripted peer may do with a request. */
export interface Asked {
  request: SipRequest
  reply: (parts: ReplyParts) => void
  /** Any bytes, the same way. */
  send: (bytes: Buffer | string) => void
  /** From 1, for each method. */
  nth: number
}

export interface SipPeer {
  port: number
  target: SipTarget
  uri: SipUri
  requests: SipRequest[]
  replies: SipReply[]
  /** Requests of a method. */
  of(method: string): SipRequest[]
  /** Resolves when a message of that form has come. */
  until(look: (peer: SipPeer) => boolean): Promise<void>
  close(): Promise<void>
}

type Script = (asked: Asked) => void

/** A server on a free port of loopback that answers as it is told. */
export async function sipPeer(script: Script, transport: 'udp' | 'tcp' = 'udp', wantedPort = 0): Promise<SipPeer> {
  const requests: SipRequest[] = []
  const replies: SipReply[] = []
  const watchers = new Set<() => void>()
  const take = (message: SipMessage, source: { address: string; port: number }, send: (bytes: Buffer | string) => void) => {
    if (isRequest(message)) {
      requests.push(message)
      const request = parseDatagram(noteSource(message, source)) as SipRequest
      const nth = requests.filter(({ start }) => start.method === message.start.method).length
      script({ request, nth, send, reply: (parts) => send(buildReply(request, { toTag: 'peer', ...parts })) })
    } else replies.push(message as SipReply)
    for (const watcher of watchers) watcher()
  }
  const { port, close } = transport === 'udp' ? await udpServer(take, wantedPort) : await tcpServer(take, wantedPort)
  onTestFinished(close)
  const peer: SipPeer = {
    port,
    target: { transport, address: '127.0.0.1', port, serverName: '127.0.0.1' },
    uri: parseUri(`sip:bob@127.0.0.1:${port};transport=${transport}`) as SipUri,
    requests,
    replies,
    of: (method) => requests.filter(({ start }) => start.method === method),
    until: (look) =>
      new Promise((resolve) => {
        const watcher = () => {
          if (!look(peer)) return
          watchers.delete(watcher)
          resolve()
        }
        watchers.add(watcher)
        watcher()
      }),
    close
  }
  return peer
}

/** UDP and TCP on one port: whoever else has taken the second in between is left to it. */
export async function sipPeerOfBoth(script: Script): Promise<{ udp: SipPeer; tcp: SipPeer }> {
  for (;;) {
    const udp = await sipPeer(script)
    try {
      return { udp, tcp: await sipPeer(script, 'tcp', udp.port) }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    }
  }
}

type Take = (message: SipMessage, source: { address: string; port: number }, send: (bytes: Buffer | string) => void) => void

async function udpServer(take: Take, wantedPort: number) {
  const socket = dgram.createSocket('udp4')
  await new Promise<void>((resolve, reject) => socket.once('error', reject).bind(wantedPort, '127.0.0.1', resolve))
  socket.on('message', (bytes, source) => {
    // A keep-alive.
    if (bytes.toString('latin1').trim() === '') return
    take(parseDatagram(bytes), source, (out) => socket.send(out, source.port, source.address))
  })
  let isOpen = true
  const close = async () => {
    if (isOpen) await new Promise<void>((resolve) => socket.close(resolve))
    isOpen = false
  }
  return { port: socket.address().port, close }
}

async function tcpServer(take: Take, wantedPort: number) {
  const sockets = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    sockets.add(socket)
    const source = { address: socket.remoteAddress!, port: socket.remotePort! }
    const framer = new StreamFramer({ onMessage: (message) => take(message, source, (out) => socket.write(out)) })
    socket.on('data', (chunk) => framer.push(chunk)).on('error', () => {})
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(wantedPort, '127.0.0.1', resolve))
  const close = async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
  return { port: (server.address() as AddressInfo).port, close }
}

/** A user agent that ends with the test. Its timers are those of the RFC: a busy machine must not make it repeat a request that a test counts. */
export function userAgent(options: Partial<UserAgentOptions> = {}): UserAgent {
  const agent = new UserAgent({ connectTimeoutMs: 5000, ...options })
  onTestFinished(() => agent.close())
  return agent
}

/** A port of loopback on which nobody listens, neither UDP nor TCP. */
export async function deadPort(): Promise<number> {
  const peer = await udpServer(() => {}, 0)
  await peer.close()
  return peer.port
}
