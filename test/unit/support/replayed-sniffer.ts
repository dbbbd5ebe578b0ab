import net from 'node:net'
import { onTestFinished } from 'vitest'
import { type ManagerKey, parseManagerKey } from '../../../src/lib/voipmonitor/encryption.js'
import type { SnifferAddress } from '../../../src/lib/voipmonitor-client/exchange.js'
import { type SnifferDouble, type SnifferDoubleOptions, startSnifferDouble } from './sniffer-double.js'
import { readExchanges } from './voipmonitor-exchanges.js'

export interface ReplayedSniffer {
  address: SnifferAddress
  /** The bytes of each connection, as they came in one piece each. */
  received: Buffer[][]
  /** Connections that are open. */
  open: Set<net.Socket>
}

/** Answers like a recorded sniffer: one request per connection, its first complete read, then the recorded bytes and the end. */
export function replayedSniffer(path?: string): Promise<ReplayedSniffer> {
  const replies = new Map(
    readExchanges()
      .filter(({ close, chunks }) => close === 'server closed' && !chunks)
      .map(({ request, replyBytes }) => [request.toString('latin1'), replyBytes])
  )
  return fakeSniffer((socket, request) => socket.end(replies.get(request.toString('latin1')) ?? 'command not found\n'), path)
}

const recordedExchanges = readExchanges()

/** The key of most recordings. */
export const recordedKeyText = recordedExchanges.find(({ n }) => n === 46)!.crypto!
export const recordedKey: ManagerKey = parseManagerKey(recordedKeyText)

/** A sniffer double with the recorded answers and the recorded key, until the test ends. `key: undefined` leaves it without one. */
export async function snifferDouble(options: Partial<SnifferDoubleOptions> = {}): Promise<SnifferDouble> {
  const sniffer = await startSnifferDouble({ exchanges: recordedExchanges, key: recordedKey, ...options })
  onTestFinished(() => sniffer.close())
  return sniffer
}

/** A peer that does with the first piece of a request what a test wants. Ends with the test. */
export async function fakeSniffer(
  answer: (socket: net.Socket, request: Buffer) => void,
  path?: string
): Promise<ReplayedSniffer> {
  const sniffer: ReplayedSniffer = {
    address: { host: '127.0.0.1', port: 0, ...(path && { path }) },
    received: [],
    open: new Set()
  }
  const server = net.createServer((socket) => {
    const pieces: Buffer[] = []
    sniffer.received.push(pieces)
    sniffer.open.add(socket)
    socket.on('error', () => {}).on('close', () => sniffer.open.delete(socket))
    socket.on('data', (piece) => {
      pieces.push(piece)
      if (pieces.length === 1) answer(socket, piece)
    })
  })
  await new Promise<void>((resolve) => (path ? server.listen(path, resolve) : server.listen(0, '127.0.0.1', resolve)))
  if (!path) sniffer.address.port = (server.address() as net.AddressInfo).port
  onTestFinished(() => {
    for (const socket of sniffer.open) socket.destroy()
    server.close()
  })
  return sniffer
}
