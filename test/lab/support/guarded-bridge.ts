import net from 'node:net'
import { AgiGuard, type GuardOptions, type GuardStep } from '../../../src/lib/agi/guard.js'
import { HeaderBlockReader } from '../../../src/lib/agi/header-block.js'

export interface GuardedBridge {
  /** Where Asterisk finds it. */
  readonly port: number
  /** Commands of all calls that Asterisk has not answered. */
  outstanding(): string[]
  close(): void
}

/** The least that puts the guard between Asterisk and an application that listens on `applicationPort`. */
export async function startGuardedBridge(applicationPort: number, options: GuardOptions = {}): Promise<GuardedBridge> {
  const sockets = new Set<net.Socket>()
  const guards = new Set<AgiGuard>()
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (asterisk) => {
    const application = net.connect({ host: '127.0.0.1', port: applicationPort, allowHalfOpen: true, noDelay: true })
    for (const socket of [asterisk, application]) {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    }
    const guard = new AgiGuard(options)
    guards.add(guard)
    asterisk.once('close', () => guards.delete(guard))
    const apply = (step: GuardStep) => {
      for (const bytes of step.toAsterisk) asterisk.write(bytes)
      for (const bytes of step.toApplication) application.write(bytes)
      if (step.endAsterisk) asterisk.end()
      if (step.dropped) application.end()
      if (guard.isFull) application.pause()
      else application.resume()
    }
    const headers = new HeaderBlockReader()
    let hasHeaders = false
    asterisk.on('data', (chunk) => {
      if (hasHeaders) return apply(guard.fromAsterisk(chunk))
      const found = headers.push(chunk)
      if (!found) return
      hasHeaders = true
      application.write(found.headers.bytes)
      apply(guard.fromAsterisk(found.rest))
    })
    asterisk.once('end', () => application.end())
    asterisk.on('error', () => application.destroy())
    application.on('data', (chunk) => apply(guard.fromApplication(chunk)))
    application.once('end', () => apply(guard.applicationEnded()))
    application.on('error', () => apply(guard.drop('app-lost')))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as net.AddressInfo).port,
    outstanding: () => [...guards].flatMap((guard) => guard.outstanding?.line.toString() ?? []),
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    }
  }
}
