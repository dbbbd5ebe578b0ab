import { DatagramSocket } from '../net/datagram-socket.js'
import { isIpv6 } from '../net/ip-address.js'
import { keepAlive } from './flow.js'
import type { SipTarget } from './target.js'

// An ICMP message of the other side of the world takes 300 ms; later it is of no use.
const waitMs = 500

/**
 * Does a machine say that nothing listens on a UDP port (ICMP port unreachable)? A socket that many peers share is not told; one of its own is. What
 * it sends is a keep-alive, which a SIP server takes without a word.
 * @returns the system's error (ECONNREFUSED, EHOSTUNREACH …); undefined when nobody says so
 */
export async function probePort({ address, port }: SipTarget): Promise<Error | undefined> {
  const peer = { host: address, port }
  let socket: DatagramSocket | undefined
  try {
    return await new Promise<Error | undefined>((resolve, reject) => {
      const timer = setTimeout(() => resolve(undefined), waitMs)
      const onError = (error: Error) => {
        clearTimeout(timer)
        resolve(error)
      }
      DatagramSocket.open({ peer, family: isIpv6(address) ? 6 : 4 }, { onDatagram: () => {}, onError }).then((opened) => {
        socket = opened
        opened.send(keepAlive, peer)
      }, reject)
    })
  } catch {
    // No socket, no route: that is the affair of whoever sends.
    return undefined
  } finally {
    socket?.close()
  }
}
