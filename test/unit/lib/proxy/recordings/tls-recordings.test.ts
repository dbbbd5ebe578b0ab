import net from 'node:net'
import tls from 'node:tls'
import { describe, expect, it } from 'vitest'
import { certificate } from '../../../support/scripted-server.js'
import { startPair } from '../support/proxy.js'
import { until } from '../support/raw-client.js'
import { readRecording } from './recording.js'

const { file } = certificate('server')
const withTls = { tls: { certFile: file, keyFile: file.replace(/crt$/, 'key') } }

for (const name of ['13-tls-same-port', 'v130-13-tls-same-port']) {
  const { remarks } = readRecording(name)

  describe(name, () => {
    it(`${name}: a client that begins TLS and stops — fixed: the next one is greeted meanwhile`, async () => {
      expect(remarks).toContain('victim received after 3 s: "" (empty = accept thread is blocked)')
      const { proxy } = await startPair({}, withTls)
      const attacker = net.connect(proxy.address.port, '127.0.0.1')
      attacker.on('error', () => {})
      attacker.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]))
      const victim = await proxy.connect()
      expect(victim.received).toBe('Asterisk Call Manager/11.0.0\r\n')
      expect(attacker.destroyed).toBe(false)
      attacker.destroy()
    })

    it(`${name}: 20 clients of TLS — fixed: all are greeted; the old program had places for 16`, async () => {
      expect(remarks.join('\n')).toMatch(/open=20 closed=0 got banner=14/)
      const { proxy } = await startPair({}, withTls)
      const sockets = await Promise.all(
        Array.from({ length: 20 }, async () => {
          const socket = tls.connect({ port: proxy.address.port, host: '127.0.0.1', rejectUnauthorized: false })
          let received = ''
          socket.on('data', (chunk) => {
            received += chunk.toString('latin1')
          })
          await until(
            socket,
            () => received === 'Asterisk Call Manager/11.0.0\r\n',
            () => received
          )
          return socket
        })
      )
      expect(sockets).toHaveLength(20)
      for (const socket of sockets) socket.destroy()
    })
  })
}
