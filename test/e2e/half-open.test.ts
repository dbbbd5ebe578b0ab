import fs from 'node:fs'
import net from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { asAdmin, pbxkit, Running, secret } from './support/pbxkit.js'

/** Both ends of ten thousand connections, each in its process. */
const wanted = 10_000
/** Connections that are on their way at a time: the system's queue of those that nobody has accepted yet is longer than this. */
const atATime = 250

/** Open files that this process may have; Node raises it to what the system allows when it starts. */
function mostFiles(): number {
  return Number(/^Max open files\s+(\d+)/m.exec(fs.readFileSync('/proc/self/limits', 'utf8'))![1])
}

const residentMiB = (pid: number) => Number(/^VmRSS:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024

it.runIf(process.platform === 'linux')(
  'ten thousand half-open connections shut nobody out of the proxy',
  { timeout: 60_000 },
  async () => {
    const service = new Running(['proxy', 'serve', '--demo', '--listen', '127.0.0.1:0'])
    const port = await service.ready()
    const ping = () => pbxkit(['ami', 'send', 'Ping', ...asAdmin(port)], { env: secret })
    expect(await ping()).toMatchObject({ status: 0 })
    const before = residentMiB(service.child.pid!)

    const count = Math.min(wanted, mostFiles() - 500)
    if (count < wanted) console.warn(`only ${count} connections: the system allows no more files`)
    const sockets: net.Socket[] = []
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
    })
    let cutOff = 0
    const openOne = () =>
      new Promise<void>((resolve) => {
        const socket = net.connect({ host: '127.0.0.1', port }, resolve)
        // Half of them say nothing, the others the beginning of something.
        if (sockets.push(socket) % 2) socket.write('GET / HTTP/1.1\r\nX: ')
        socket.on('error', resolve).resume()
        socket.once('close', () => cutOff++)
      })
    while (sockets.length < count) await Promise.all(Array.from({ length: Math.min(atATime, count - sockets.length) }, openOne))

    expect(await ping()).toMatchObject({ status: 0 })
    // The default: 5,000 may be half open, and each that comes then takes the place of the oldest.
    expect(cutOff).toBeGreaterThanOrEqual(count - 5_000)
    expect(residentMiB(service.child.pid!) - before).toBeLessThan(200)
    for (const socket of sockets) socket.destroy()
    expect(await ping()).toMatchObject({ status: 0 })
    service.child.kill('SIGTERM')
    expect(await service.exit).toMatchObject({ status: 0, signal: null, stdout: '' })
  }
)
