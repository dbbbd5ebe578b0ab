/** The yamux of libp2p, which we did not write, and what it needs to speak over a socket. */
export const yamuxPackages = ['@chainsafe/libp2p-yamux@8.0.1', '@libp2p/utils@7.4.1'] as const

/**
 * With a port: connects as a client, sends on 20 streams at once, and says for each whether its echo is what was sent. Without: listens, says
 * `port N`, opens a stream to whoever comes, and echoes what comes on theirs. Says `rtt true` when a ping was answered.
 */
export const yamuxPeerProgram = `
import net from 'node:net'
import { yamux } from '@chainsafe/libp2p-yamux'
import { AbstractMultiaddrConnection } from '@libp2p/utils'

// It is made for Node 22.
Promise.withResolvers ??= () => {
  let resolve, reject
  const promise = new Promise((...both) => ([resolve, reject] = both))
  return { promise, resolve, reject }
}
const complain = (...words) => process.stderr.write(words.join(' ') + '\\n')
const log = Object.assign(() => {}, { error: complain, trace: () => {}, newScope: () => log })

class Connection extends AbstractMultiaddrConnection {
  constructor(socket, direction) {
    super({ remoteAddr: undefined, direction, log, inactivityTimeout: 600000 })
    this.socket = socket
    socket.on('data', (chunk) => this.onData(chunk))
    socket.on('close', () => this.onTransportClosed())
    socket.on('error', () => {})
    socket.on('drain', () => this.safeDispatchEvent('drain'))
  }
  sendData(data) {
    return { sentBytes: data.byteLength, canSendMore: this.socket.write(data.subarray()) }
  }
  async sendClose() { this.socket.end() }
  sendReset() { this.socket.destroy() }
  sendPause() { this.socket.pause() }
  sendResume() { this.socket.resume() }
}

const say = (line) => process.stdout.write(line + '\\n')

function echo(stream) {
  // Never paused: of a paused stream it tells the end before what it still holds, and the echo would be cut.
  stream.addEventListener('message', ({ data }) => void stream.send(data))
  stream.addEventListener('remoteCloseWrite', () => stream.close())
}

function mux(socket, direction) {
  const muxer = yamux({ enableKeepAlive: false })().createStreamMuxer(new Connection(socket, direction))
  muxer.addEventListener('stream', ({ detail }) => echo(detail))
  return muxer
}

async function sendAndCompare(muxer, body) {
  const stream = await muxer.createStream()
  const chunks = []
  let length = 0
  const all = new Promise((resolve) => stream.addEventListener('message', ({ data }) => {
    chunks.push(Buffer.from(data.subarray()))
    length += data.byteLength
    if (length >= body.length) resolve()
  }))
  const ended = new Promise((resolve) => stream.addEventListener('remoteCloseWrite', resolve))
  for (let at = 0; at < body.length; at += 16384) {
    if (!stream.send(body.subarray(at, at + 16384))) await stream.onDrain()
  }
  await stream.close()
  await Promise.all([all, ended])
  say('echo ' + Buffer.concat(chunks).equals(body))
}

if (process.env.LAB_PORT) {
  const socket = net.connect(Number(process.env.LAB_PORT), '127.0.0.1', async () => {
    const muxer = mux(socket, 'outbound')
    await Promise.all(Array.from({ length: 20 }, (_, i) => sendAndCompare(muxer, Buffer.alloc(600_000 + i, i + 1))))
    say('rtt ' + (await muxer.ping() >= 0))
    await muxer.close()
    socket.end()
    say('closed')
  })
} else {
  const server = net.createServer(async (socket) => {
    const muxer = mux(socket, 'inbound')
    const stream = await muxer.createStream()
    stream.send(Buffer.from('opened by the server'))
    await stream.close()
    say('rtt ' + (await muxer.ping() >= 0))
  })
  server.listen(0, '127.0.0.1', () => say('port ' + server.address().port))
}
`
