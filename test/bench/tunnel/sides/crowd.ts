// Tunnels that only stand: so many as it is told, then it waits.
import net from 'node:net'
import tls from 'node:tls'
import { channelBindingOf } from '../../../../src/lib/net/channel-binding.js'
import { SessionWatch } from '../../../../src/lib/net/yamux/session-watch.js'
import { ClientSecret } from '../../../../src/lib/scram/client.js'
import { openTunnel } from '../../../../src/lib/tunnel/protocol-2-client.js'

export interface CrowdOrder {
  tunnels: number
}

const [port, way, address] = process.argv.slice(2) as [string, 'plain' | 'tls', string]
/** More at a time wait longer for each other than the server waits for them. */
const parallel = 50
const secret = new ClientSecret('secret')
const watch = new SessionWatch()
const sessions: unknown[] = []
let lost = 0
let count = 0

async function open(): Promise<void> {
  const socket = way === 'tls' ? await secured() : await plain()
  const { session } = await openTunnel(socket, {
    ...{ username: 'alice', secret, watch, maxIncomingStreams: 1 },
    channelBinding: way === 'tls' ? channelBindingOf(socket as tls.TLSSocket) : undefined,
    parameters: { instance: `bench-${process.pid}-${++count}` },
    handler: { onStream: (stream) => void stream.destroy(), onGoAway: () => lost++, onClosed: () => lost++ }
  })
  sessions.push(session)
}

function plain(): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port: Number(port), host: '127.0.0.1', localAddress: address, noDelay: true })
    socket.once('connect', () => resolve(socket)).once('error', reject)
  })
}

function secured(): Promise<tls.TLSSocket> {
  return new Promise((resolve, reject) => {
    // Node has no localAddress for TLS; it takes a socket that has one.
    const inner = net.connect({ port: Number(port), host: '127.0.0.1', localAddress: address, noDelay: true })
    const socket = tls.connect({ socket: inner, rejectUnauthorized: false, minVersion: 'TLSv1.3' })
    inner.once('error', reject)
    socket.once('secureConnect', () => resolve(socket)).once('error', reject)
  })
}

process.on('message', ({ tunnels }: CrowdOrder) => {
  let left = tunnels
  const work = async () => {
    while (left-- > 0) await open()
  }
  Promise.all(Array.from({ length: parallel }, work)).then(
    () => process.send!({ open: sessions.length, lost }),
    (error: Error) => process.send!({ error: error.message })
  )
})
process.stderr.write('ready crowd=none:1\n')
