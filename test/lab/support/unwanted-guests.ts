import fs from 'node:fs'
import net from 'node:net'
import type { Program } from './program.js'

/** Those who come to a port and are not what it is for. */

/** Sends bytes. @param enough closes when it has heard this @returns all that comes until the end */
export async function say(port: number, bytes: string | Buffer, enough?: string): Promise<string> {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  let text = ''
  socket
    .on('error', () => {})
    .on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (enough !== undefined && text.includes(enough)) socket.end()
    })
  socket.write(bytes)
  await new Promise((resolve) => socket.once('end', resolve).once('close', resolve))
  socket.destroy()
  return text
}

/** Connects so many times and says nothing. @returns ends them */
export async function crowd(port: number, count: number): Promise<() => void> {
  const sockets: net.Socket[] = []
  // Not more at once than the system keeps for a server to accept: it forgets the others without a word to them.
  while (sockets.length < count) {
    const come = Array.from({ length: 250 }, () => net.connect({ port, host: '127.0.0.1' }))
    sockets.push(...come)
    for (const socket of come) socket.on('error', () => {}).resume()
    await Promise.all(come.map((socket) => new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))))
  }
  return () => {
    for (const socket of sockets) socket.destroy()
  }
}

/** Stands between a client and a server, and hears what the client says. */
export async function listenIn(port: number): Promise<{ port: number; heard: () => Buffer; stop: () => void }> {
  const chunks: Buffer[] = []
  const sockets = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    const other = net.connect({ port, host: '127.0.0.1' })
    for (const [one, its] of [
      [socket, other],
      [other, socket]
    ] as const) {
      sockets.add(one)
      one.on('error', () => {}).on('close', () => its.destroy())
      one.pipe(its)
    }
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as net.AddressInfo).port,
    heard: () => Buffer.concat(chunks),
    stop: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    }
  }
}

/** The most memory that a process ever had, in MB. */
export function peakMb({ child }: Program): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(fs.readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]) / 1024
}
