import { describe, expect, it } from 'vitest'
import { serverOptions, startServer, startTestProxy } from '../support/proxy.js'
import { RawClient } from '../support/raw-client.js'

interface WireRecord {
  client?: string
  server?: string
  user?: string
  direction: 'sent' | 'received'
  bytes: number
  text: string
}

async function tracedProxy(options = {}) {
  const wire: WireRecord[] = []
  const server = await startServer()
  const proxy = await startTestProxy([serverOptions(server.port)], options, {
    wire: (record) => void wire.push(record as WireRecord)
  })
  const find = (text: string | RegExp, where: Partial<WireRecord>) =>
    wire.find(
      (record) =>
        (typeof text === 'string' ? record.text.includes(text) : text.test(record.text)) &&
        Object.entries(where).every(([name, value]) => record[name as 'text'] === value)
    )
  return { wire, server, proxy, find }
}

describe('the wire at the level of trace', () => {
  it('shows each block in both directions, to clients and to servers, with who it is', async () => {
    const { proxy, server, find } = await tracedProxy()
    const client = await proxy.login()
    await client.ask('Action: Ping\r\n', 'p1')
    server.emit('Event: Hangup\r\nPrivilege: call,all\r\nChannel: PJSIP/1\r\n\r\nEvent: Other\r\nPrivilege: call,all\r\n\r\n')
    await client.block('Event: Other')
    const address = `127.0.0.1:${client.socket.localPort}`
    expect(find(/^Action: Ping\r\nActionID: p1/, { client: address, user: 'ann', direction: 'received' })).toBeDefined()
    expect(find(/^ActionID: pbxkit.*\r\nAction: Ping\r\n\r\n$/, { server: 'pbx', direction: 'sent' })).toBeDefined()
    expect(find(/^Response: Success\r\nActionID: pbxkit[\s\S]*Pong/, { server: 'pbx', direction: 'received' })).toBeDefined()
    expect(find(/^Response: Success\r\nActionID: p1\r\n[\s\S]*Pong/, { client: address, direction: 'sent' })).toBeDefined()
    const hangup = 'Event: Hangup\r\nPrivilege: call,all\r\nChannel: PJSIP/1\r\n\r\n'
    expect(find(hangup, { server: 'pbx', direction: 'received' })).toMatchObject({ text: hangup, bytes: hangup.length })
    expect(find(hangup, { client: address, direction: 'sent' })).toMatchObject({ text: hangup, bytes: hangup.length })
  })

  it('shows the login at a server, without its secret, and without that of clients', async () => {
    const { proxy, wire, find } = await tracedProxy()
    await proxy.login()
    expect(find(/^Action: Login\r\n[\s\S]*Secret: \*\*\*/, { server: 'pbx', direction: 'sent' })).toBeDefined()
    expect(find(/Authentication accepted/, { server: 'pbx', direction: 'received' })).toBeDefined()
    expect(find(/^Action: Login\r\n[\s\S]*Secret: \*\*\*/, { direction: 'received' })).toBeDefined()
    expect(JSON.stringify(wire)).not.toMatch(/ann-secret|upstream-secret/)
  })

  it('shows what comes byte by byte as one block, so that no secret is cut in two', async () => {
    const { proxy, wire, find } = await tracedProxy()
    const client = await RawClient.connect(proxy.address)
    client.socket.setNoDelay(true)
    for (const character of 'Action: Login\r\nUsername: ann\r\nSecret: ann-secret\r\n\r\n') {
      client.send(character)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await client.block('Authentication accepted')
    expect(wire.filter(({ direction, client: from }) => from && direction === 'received')).toHaveLength(1)
    expect(find(/Secret: \*\*\*/, { direction: 'received' })).toBeDefined()
  })

  it('shows requests of HTTP, and masks Authorization, the query and the body', async () => {
    const { proxy, wire, find } = await tracedProxy({ helloWaitMs: 1_000 })
    await proxy.login()
    const url = `http://127.0.0.1:${proxy.address.port}/?Action=Ping&token=ann-secret`
    const authorization = `Basic ${Buffer.from('ann:ann-secret').toString('base64')}`
    const body = JSON.stringify({ Action: 'Ping', Secret: 'ann-secret' })
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json', accept: 'application/json' },
      body
    })
    expect(await response.text()).toContain('Pong')
    expect(find(/^POST \/\?Action=Ping&token=\*\*\* HTTP\/1\.1\r\n[\s\S]*uthorization: \*\*\*/, { user: 'ann' })).toBeDefined()
    expect(find('{"Action":"Ping","Secret":"***"}', { user: 'ann' })).toMatchObject({ direction: 'received', bytes: body.length })
    expect(find(/^HTTP\/1\.1 200[\s\S]*Pong/, { user: 'ann', direction: 'sent' })).toBeDefined()
    expect(JSON.stringify(wire)).not.toMatch(/ann-secret/)
    expect(JSON.stringify(wire)).not.toContain(authorization.slice(6))
  })
})
