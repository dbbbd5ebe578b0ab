import dgram from 'node:dgram'
import { onTestFinished } from 'vitest'

/**
 * A UDP relay that repeats `Proxy-Authorization` as `Authorization` towards the server, and passes replies back. SIPp 3.6 verifies a digest in `Authorization`
 * only (its verifyAuthHeader says "authentication must be digest is" and an empty text for the other): with the copy beside the original it verifies ours.
 */
export async function copyingRelay(serverPort: number): Promise<number> {
  const front = dgram.createSocket('udp4')
  const back = dgram.createSocket('udp4')
  await Promise.all([front, back].map((socket) => new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))))
  let client: dgram.RemoteInfo | undefined
  front.on('message', (bytes, from) => {
    client = from
    const text = bytes.toString('latin1').replace(/^Proxy-(Authorization: [^\r]*\r\n)/m, '$&$1')
    back.send(Buffer.from(text, 'latin1'), serverPort, '127.0.0.1')
  })
  back.on('message', (bytes) => client && front.send(bytes, client.port, client.address))
  onTestFinished(() => {
    front.close()
    back.close()
  })
  return front.address().port
}
