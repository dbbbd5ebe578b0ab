import net from 'node:net'
import { onTestFinished } from 'vitest'

/** Listens for the test. @returns the port */
export async function listen(onConnection: (socket: net.Socket) => void): Promise<number> {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    onTestFinished(() => void socket.destroy())
    socket.on('error', () => {}).on('end', () => socket.end())
    onConnection(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as net.AddressInfo).port
}

/** What comes to a test goes on to a port of this machine, and back. */
export function passOn(socket: net.Socket, port: number): void {
  const other = net.connect({ port, host: '127.0.0.1' })
  onTestFinished(() => void other.destroy())
  socket.pipe(other.on('error', () => {})).pipe(socket)
  socket.on('close', () => other.destroy())
  other.on('close', () => socket.destroy())
}
