import net from 'node:net'
import bcrypt from 'bcryptjs'
import { describe, expect, it } from 'vitest'
import { Accounts } from '../../../../src/lib/proxy/accounts/accounts.js'
import { plainUser } from '../../../../src/lib/proxy/user-options.js'
import { startPair, type TestProxy } from './support/proxy.js'

/** All that comes back for bytes that go out in one piece. */
function exchange({ address }: TestProxy, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = ''
    const socket = net.connect(address.port, address.host, () => socket.write(text))
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
    })
    socket.once('end', () => resolve(received)).once('error', reject)
  })
}

const element = (name: string, value: string) => `<${name} Value="${value}"/>`
const document = (...fields: [string, string][]) =>
  `<AsteriskManagerInput>${fields.map(([name, value]) => element(name, value)).join('')}</AsteriskManagerInput>\r\n`

const faulty = {
  standard: `Action: Login\r\nUsername: ann\r\nSecret: ann-secret\r\nEvents: off\r\n\r\nAction: Ping\r\n\r\n${'x'.repeat(70_000)}`,
  json: '{"Action":"Login","Username":"ann","Secret":"ann-secret","Events":"off"}\n{"Action":"Ping"}\n[]\n{"Action":"CoreStatus"}\n',
  xml:
    document(['Action', 'Login'], ['Username', 'ann'], ['Secret', 'ann-secret'], ['Events', 'off']) +
    document(['Action', 'Ping']) +
    '<Wrong/>'
}

describe('actions that came in one piece with a fault behind them', () => {
  for (const [format, text] of Object.entries(faulty)) {
    it(`are done and answered first (${format})`, async () => {
      const { proxy, server } = await startPair()
      await proxy.login()
      const received = await exchange(proxy, text)
      expect(received).toMatch(/Authentication accepted[\s\S]*Pong[\s\S]*Error[\s\S]*(longer than|Invalid (JSON|XML) Input)/)
      expect(server.actions.map(({ name }) => name)).toEqual(['Ping'])
    })
  }

  it('wait for a login with a hashed secret, and the fault with them', async () => {
    const accounts = Accounts.fromOptions([plainUser('ann', bcrypt.hashSync('ann-secret', 4))])
    const { proxy } = await startPair({}, { accounts })
    await proxy.login()
    expect(await exchange(proxy, faulty.json)).toMatch(/Authentication accepted[\s\S]*Pong[\s\S]*Invalid JSON Input/)
  })
})
