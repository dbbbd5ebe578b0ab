// The limit of what a proxy in Node can do: one upstream connection, and every chunk of it written to every client, unparsed.
// Its argument is the port of the event source. It answers each Ping itself.
import net from 'node:net'

/** A client with more than this waiting holds up all: the relay loses nothing and bounds what it keeps. */
const behindBytes = 1024 * 1024

const clients = new Set<net.Socket>()

const upstream = net.connect(Number(process.argv[2]), '127.0.0.1')
upstream.on('connect', () => upstream.write('Action: Login\r\nUsername: relay\r\nSecret: relay\r\n\r\n'))
upstream.on('data', (chunk) => {
  let slowest: net.Socket | undefined
  for (const client of clients) if (!client.write(chunk) && client.writableLength > behindBytes) slowest = client
  if (slowest) waitFor(slowest)
})
upstream.on('error', (error) => {
  process.stderr.write(`relay: ${error.message}\n`)
  process.exit(1)
})
upstream.on('close', () => process.exit())

function waitFor(client: net.Socket): void {
  const goOn = () => upstream.resume()
  upstream.pause()
  client.once('drain', goOn).once('close', goOn)
}

const server = net.createServer({ noDelay: true }, (client) => {
  client.write('Relay\r\n')
  client.on('error', () => {})
  client.on('close', () => clients.delete(client))
  client.once('data', () => {
    clients.add(client)
    client.write('Response: Success\r\nMessage: Authentication accepted\r\n\r\n')
    client.on('data', (chunk) => answerPings(client, chunk))
  })
})

function answerPings(client: net.Socket, chunk: Buffer): void {
  const ids = chunk.toString('latin1').matchAll(/ActionID: ([^\r]*)/g)
  client.write([...ids].map(([, id]) => `Response: Success\r\nPing: Pong\r\nActionID: ${id}\r\n\r\n`).join(''), 'latin1')
}

// An exit of our own, so that bin/ts.mjs clears away what it built.
process.once('SIGTERM', () => process.exit())
server.listen(0, '127.0.0.1', 511, () =>
  process.stderr.write(`ready relay=127.0.0.1:${(server.address() as net.AddressInfo).port}\n`)
)
