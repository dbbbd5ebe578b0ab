import net from 'node:net'
import { ListenError } from '../errors.js'
import { type Address, formatAddress } from './address.js'

/** Asterisk and its old proxies accept in a queue of 5. What overflows it is forgotten by the system without a word to the client, and thousands may come back at once; the system has a limit of its own. */
const backlog = 4096

/**
 * Starts to listen. Port 0 picks a free one.
 * @returns the server, and the address that it really has
 * @throws ListenError
 */
export async function listen(server: net.Server, address: Address): Promise<Address> {
  await new Promise<void>((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => {
      server.off('listening', onListening)
      reject(listenFailure(error, address))
    }
    const onListening = () => {
      server.off('error', onError)
      resolve()
    }
    server.once('error', onError).once('listening', onListening)
    server.listen({ host: address.host, port: address.port, backlog })
  })
  const { address: host, port } = server.address() as net.AddressInfo
  return { host, port }
}

function listenFailure(error: NodeJS.ErrnoException, address: Address): ListenError {
  const hints: Record<string, string> = {
    EADDRINUSE: `Another program has port ${address.port}: stop it, or choose another port with --listen (0 picks a free one).`,
    EACCES: 'Ports below 1024 are for root.',
    EADDRNOTAVAIL: `${address.host} is not an address of this machine.`,
    ENOTFOUND: `There is no host ${address.host}.`
  }
  const hint = hints[error.code ?? '']
  return new ListenError(`Cannot listen on ${formatAddress(address)}: ${error.message}`, {
    cause: error,
    details: { reason: error.code },
    ...(hint && { hint })
  })
}

/** What listens for clients. */
export interface Listeners {
  /** Where it really listens, in the order of the wish. */
  readonly addresses: readonly Address[]
  /** Accepts nobody any more; who is connected stays. */
  close(): void
  /** Settles when it has closed and every connection has ended. */
  readonly closed: Promise<void>
}

/**
 * Listens on all addresses, or on none. Sockets come with `noDelay` set; with `allowHalfOpen` a client that has said everything still gets answers.
 * @param onAcceptError told of a connection that could not be accepted (no file descriptors left): the others go on
 * @throws ListenError
 */
export async function listenOnAll(
  wanted: readonly Address[],
  {
    onConnection,
    onAcceptError,
    allowHalfOpen = false
  }: { onConnection: (socket: net.Socket) => void; onAcceptError: (error: Error) => void; allowHalfOpen?: boolean }
): Promise<Listeners> {
  const servers = wanted.map(() => net.createServer({ allowHalfOpen, noDelay: true }, onConnection))
  const closed = Promise.all(servers.map((server) => new Promise<void>((resolve) => server.once('close', resolve))))
  const close = () => {
    for (const server of servers) server.close()
  }
  const addresses: Address[] = []
  try {
    // One after the other: a port that is taken stops the start.
    for (const [index, address] of wanted.entries()) addresses.push(await listen(servers[index]!, address))
  } catch (error) {
    close()
    throw error
  }
  for (const server of servers) server.on('error', onAcceptError)
  return { addresses, close, closed: closed.then(() => {}) }
}
