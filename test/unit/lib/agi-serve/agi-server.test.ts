import net from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { callHeaders } from '../../../../src/lib/agi-call/call-headers.js'
import { playCall } from '../../../../src/lib/agi-call/play-call.js'
import { type AgiServeEvent, startAgiServer } from '../../../../src/lib/agi-serve/agi-server.js'

/** A server that asks each call two things. */
async function serve() {
  const stop = new AbortController()
  const events: AgiServeEvent[] = []
  const commands = [['ANSWER'], ['GET VARIABLE', 'X']]
  const options = {
    listen: [{ host: '127.0.0.1', port: 0 }],
    commands,
    graceMs: 0,
    onEvent: (event: AgiServeEvent) => events.push(event)
  }
  const server = await startAgiServer(options, stop.signal)
  onTestFinished(async () => {
    stop.abort()
    await server.closed
  })
  const ended = () => expect.poll(() => events.some(({ event }) => event === 'end')).toBe(true)
  const warnings = () => events.flatMap((event) => (event.event === 'warning' ? [event.warning] : []))
  return { port: server.addresses[0]!.port, events, ended, warnings }
}

async function raw(port: number, say: (socket: net.Socket, chunk: string) => void): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.on('data', (chunk) => say(socket, chunk.toString())).on('error', () => {})
  return socket
}

describe('an AGI server that shows what it gets', () => {
  it('warns of nothing in a call in good order', async () => {
    const { port, ended, warnings, events } = await serve()
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    const report = await playCall(socket, { headers: callHeaders({ url: 'agi://h/' }), variables: { X: 'y' } }).ended
    expect(report.commands.map(({ line }) => line)).toEqual(['ANSWER', 'GET VARIABLE X'])
    await ended()
    expect(warnings()).toEqual([])
    expect(events).toContainEqual(expect.objectContaining({ event: 'command', reply: '200 result=1 (y)' }))
  })

  it('warns of CR LF, once', async () => {
    const { port, ended, warnings } = await serve()
    const socket = await raw(port, (peer) => peer.write('200 result=0\r\n'))
    socket.write('agi_network: yes\n\n')
    await ended()
    expect(warnings()).toEqual(['a line ends in CR LF: Asterisk ends lines in LF'])
  })

  it('warns of replies that nobody asked for', async () => {
    const { port, ended, warnings } = await serve()
    const socket = await raw(port, (peer, chunk) =>
      peer.write(chunk.startsWith('ANSWER') ? '200 result=0\n200 result=0\nwhat\n' : '200 result=0\n')
    )
    socket.write('agi_network: yes\n\n')
    await ended()
    expect(warnings()).toEqual([expect.stringContaining('nobody had asked'), 'a line came that is no reply'])
  })

  it('warns of a line without its LF', async () => {
    const { port, ended, warnings } = await serve()
    const socket = await raw(port, (peer) => peer.end('200 resu'))
    socket.write('agi_network: yes\n\n')
    await ended()
    expect(warnings()).toEqual([expect.stringContaining('its LF is missing')])
  })
})
