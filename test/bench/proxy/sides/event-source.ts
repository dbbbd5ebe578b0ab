// A fake Asterisk with recorded events: logs everybody in, answers every action, and on the benchmark's order (IPC) emits events at a rate
// or as fast as they are taken. Cheaper per event than anything that generates them, so that it is not what is measured.
import net from 'node:net'
import { batchEvents, EventBatch } from './event-batch.js'

/** An order: emit for so many seconds, at so many events a second or as many as are taken. */
export interface EmitOrder {
  rate: number | 'max'
  seconds: number
  stampEvery: number
  /** Not more than so many, in whole batches. */
  maxEvents?: number
}

/** What it says: `login` when the one that is measured has logged in, `emitted` when an order is done. */
export type SourceMessage = { kind: 'login' } | { kind: 'emitted'; events: number; bytes: number }

/** More than this waiting for the other side: it is slower than we are. */
const backPressureBytes = 256 * 1024
/** Short enough to be no part of a latency: each event leaves when it is due. */
const tickMs = 2
/** Flat out, answers are due, too: after so many batches the event loop has its turn. */
const batchesPerTurn = 16

let upstream: net.Socket | undefined

const server = net.createServer({ noDelay: true }, (socket) => {
  let rest = ''
  socket.write('Asterisk Call Manager/11.0.0\r\n')
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    const blocks = (rest + chunk.toString('latin1')).split('\r\n\r\n')
    rest = blocks.pop()!
    socket.write(blocks.map((block) => answer(socket, block)).join(''), 'latin1')
  })
})

function answer(socket: net.Socket, block: string): string {
  const action = /^action: *(\S+)/im.exec(block)?.[1]?.toLowerCase()
  const id = /^actionid:.*$/im.exec(block)?.[0]
  const respond = (lines: string) => `Response: Success\r\n${id === undefined ? '' : `${id}\r\n`}${lines}\r\n\r\n`
  if (action === 'challenge') return respond('Challenge: 123456789')
  if (action === 'ping') return respond(`Ping: Pong\r\nTimestamp: ${(Date.now() / 1000).toFixed(6)}`)
  if (action !== 'login') return respond('Message: ok')
  upstream = socket
  say({ kind: 'login' })
  const fullyBooted = 'Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: 1\r\nLastReload: 1\r\nStatus: Fully Booted\r\n\r\n'
  return respond('Message: Authentication accepted') + fullyBooted
}

async function emit({ rate, seconds, stampEvery, maxEvents = Number.POSITIVE_INFINITY }: EmitOrder): Promise<void> {
  const batch = new EventBatch(stampEvery)
  const startedAt = performance.now()
  const elapsedS = () => (performance.now() - startedAt) / 1000
  let events = 0
  let bytes = 0
  const send = async (count: number) => {
    const rendered = batch.render(count)
    events += count
    bytes += rendered.length
    if (!upstream!.write(rendered) && upstream!.writableLength > backPressureBytes) await drained(upstream!)
  }
  while (elapsedS() < seconds && events < maxEvents) {
    if (rate === 'max') {
      for (let count = 0; count < batchesPerTurn; count++) await send(batchEvents)
      await new Promise(setImmediate)
    } else {
      for (let due = Math.floor(elapsedS() * rate) - events; due > 0; due -= batchEvents) await send(Math.min(due, batchEvents))
      await new Promise((resolve) => setTimeout(resolve, tickMs))
    }
  }
  say({ kind: 'emitted', events, bytes })
}

function drained(socket: net.Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done).off('close', done)
      resolve()
    }
    socket.once('drain', done).once('close', done)
  })
}

function say(message: SourceMessage): void {
  process.send?.(message)
}

process.on('message', (order: EmitOrder) => void emit(order))
process.on('disconnect', () => process.exit())
// An exit of our own, so that bin/ts.mjs clears away what it built.
process.once('SIGTERM', () => process.exit())
server.listen(0, '127.0.0.1', 511, () =>
  process.stderr.write(`ready ami=127.0.0.1:${(server.address() as net.AddressInfo).port}\n`)
)
