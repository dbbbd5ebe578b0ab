import dgram from 'node:dgram'
import net from 'node:net'
import { LabError } from './errors.js'

/** Above the usual services, below the ephemeral range (32768 and up), whose ports outgoing sockets may take any time. */
const FIRST = 20_000
const LAST = 32_767
const ATTEMPTS = 200

/** Whether both TCP and UDP can be bound on 127.0.0.1: SIP needs the same number on both. */
export async function isFree(port: number): Promise<boolean> {
  return (await bindsTcp(port)) && (await bindsUdp(port))
}

/**
 * A port that nobody listens on and that `taken` does not hold.
 * @param wanted 0 or undefined picks one; another number is checked and returned
 */
export async function choosePort(wanted: number | undefined, taken: ReadonlySet<number>): Promise<number> {
  if (wanted) {
    if (await isFree(wanted)) return wanted
    throw new LabError(`port ${wanted} on 127.0.0.1 is in use`, 'ask for another port, or for 0 to have a free one picked')
  }
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    // By chance rather than in order: test files start servers in parallel, and would all try the same one first.
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1))
    if (!taken.has(port) && (await isFree(port))) return port
  }
  throw new LabError(
    `no free port between ${FIRST} and ${LAST} on 127.0.0.1 after ${ATTEMPTS} attempts`,
    'look at "ss -lntup" for what holds them'
  )
}

async function bindsTcp(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const server = net.createServer()
    server.once('error', () => resolve(false))
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

async function bindsUdp(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = dgram.createSocket('udp4')
    socket.once('error', () => socket.close(() => resolve(false)))
    socket.bind({ address: '127.0.0.1', port, exclusive: true }, () => socket.close(() => resolve(true)))
  })
}
