import type net from 'node:net'
import { ListenError } from '../errors.js'
import { type Address, formatAddress } from './address.js'

/** Asterisk and its old proxies accept in a queue of 5; a burst of reconnecting clients needs more. */
const backlog = 511

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
