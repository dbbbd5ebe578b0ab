import { describe, expect, it } from 'vitest'
import { Block } from '../../../../../src/lib/ami/block.js'
import { Accounts } from '../../../../../src/lib/proxy/accounts/accounts.js'
import { auditedFields } from '../../../../../src/lib/proxy/audit/audit.js'
import { plainUser } from '../../../../../src/lib/proxy/user-options.js'
import { serverOptions, startServer, startTestProxy } from '../support/proxy.js'
import { RawClient } from '../support/raw-client.js'
import type { Script } from '../support/scripted-server.js'

type AuditRecord = Record<string, unknown> & { message: string }

async function auditedProxy(script: Script = {}, options = {}) {
  const records: AuditRecord[] = []
  const server = await startServer(script)
  const proxy = await startTestProxy([serverOptions(server.port)], options, {
    audit: (fields, message) => void records.push({ ...fields, message })
  })
  return { records, server, proxy }
}

const root = { user: 'root', secret: 'root-secret' }

describe('the audit log', () => {
  it('has every login, accepted and refused, with address and user', async () => {
    const { records, proxy } = await auditedProxy()
    const client = await proxy.login()
    const guest = await RawClient.connect(proxy.address)
    guest.send('Action: Login\r\nUsername: eve\u001b[2J\r\nSecret: guess\r\n\r\n')
    await guest.block('Authentication failed')
    expect(records).toEqual([
      {
        message: 'client logged in',
        event: 'login',
        outcome: 'accepted',
        client: `127.0.0.1:${client.socket.localPort}`,
        user: 'ann'
      },
      {
        message: 'login refused',
        event: 'login',
        outcome: 'refused',
        client: `127.0.0.1:${guest.socket.localPort}`,
        user: 'eve\u001b[2J'
      }
    ])
  })

  it('has an action that changes something, with its server, fields and outcome, once', async () => {
    const { records, proxy } = await auditedProxy({
      onAction: ({ id }, server) =>
        server.emit(
          `Response: Error\r\nActionID: ${id}\r\nMessage: No such channel\r\n\r\nEvent: X\r\nPrivilege: call,all\r\nActionID: ${id}\r\n\r\n`
        )
    })
    const client = await proxy.login()
    await client.ask('Action: Hangup\r\nChannel: PJSIP/1\r\nVariable: a=1\r\nVariable: PIN=42\r\nSecret: s\r\n', 'h1')
    await client.block('Event: X')
    expect(records.slice(1)).toEqual([
      {
        message: 'action',
        event: 'action',
        outcome: 'Error',
        reason: 'No such channel',
        client: `127.0.0.1:${client.socket.localPort}`,
        user: 'ann',
        action: 'Hangup',
        server: 'pbx',
        fields: { Channel: 'PJSIP/1', Variable: ['a=1', 'PIN=***'], Secret: '***', ActionID: 'h1' }
      }
    ])
  })

  it('has what the response says, not what stands in the items of its list', async () => {
    const list = (id: string) =>
      [
        `Response: Success\r\nActionID: ${id}\r\nEventList: start\r\n\r\n`,
        `Event: Item\r\nActionID: ${id}\r\nResponse: Failure\r\n\r\n`,
        `Event: ItemsComplete\r\nActionID: ${id}\r\nEventList: Complete\r\n\r\n`
      ].join('')
    const { records, proxy } = await auditedProxy({ onAction: ({ id }, server) => server.emit(list(id)) })
    const client = await proxy.login()
    client.send('Action: NewList\r\nActionID: 1\r\n\r\n')
    await client.block('EventList: Complete')
    expect(records.slice(1)).toMatchObject([{ action: 'NewList', outcome: 'Success' }])
  })

  it('has the outcome of an action whose server was lost, also when its client has gone', async () => {
    const { records, proxy, server } = await auditedProxy({ onAction: () => {} })
    const client = await proxy.login()
    client.send('Action: Hangup\r\nChannel: PJSIP/1\r\n\r\n')
    await server.take(1)
    client.socket.destroy()
    const watcher = await proxy.login()
    server.drop()
    await watcher.block('ProxyServerDown')
    expect(records.find(({ action }) => action === 'Hangup')).toMatchObject({
      outcome: 'Error',
      reason: expect.stringContaining('was lost')
    })
  })

  it('has no action that only reads', async () => {
    const { records, proxy } = await auditedProxy()
    const client = await proxy.login()
    await client.ask('Action: Ping\r\n', 'p1')
    await client.ask('Action: CoreShowChannels\r\n', 'p2')
    expect(records).toHaveLength(1)
  })

  it('has every action that is denied, before the login once a client', async () => {
    const { records, proxy } = await auditedProxy(
      {},
      {
        accounts: Accounts.fromOptions([{ ...plainUser('ann', 'ann-secret'), deny: ['Hangup'] }])
      }
    )
    const client = await proxy.login()
    await client.ask('Action: Hangup\r\nChannel: PJSIP/1\r\n', '1')
    await client.ask('Action: Originate\r\nChannel: Local/1@a\r\nApplication: System\r\nData: rm\r\n', '2')
    await client.ask('ProxyAction: DropServer\r\nServer: pbx\r\n', '3')
    const guest = await RawClient.connect(proxy.address)
    await guest.ask('Action: Status\r\n', '4')
    await guest.ask('Action: Status\r\n', '5')
    expect(records.slice(1)).toMatchObject([
      { outcome: 'denied', user: 'ann', action: 'Hangup', reason: 'the rule "Hangup" denies it', fields: { Channel: 'PJSIP/1' } },
      { outcome: 'denied', user: 'ann', action: 'Originate', fields: { Application: 'System' } },
      { outcome: 'denied', user: 'ann', action: 'DropServer', event: 'proxyAction', fields: { Server: 'pbx' } },
      { outcome: 'denied', user: undefined, action: 'Status', reason: 'not logged in' }
    ])
    expect(records).toHaveLength(5)
    expect(proxy.log.filter(({ message }) => message === 'action denied')).toHaveLength(4)
  })

  it('has every ProxyAction of an administrator with its outcome, and none of others', async () => {
    const { records, proxy } = await auditedProxy()
    const admin = await proxy.login(root)
    await admin.ask('ProxyAction: ListSessions\r\n', '1')
    await admin.ask('ProxyAction: AddServer\r\nServer: x\r\nPort: 0\r\nUsername: u\r\nSecret: hidden\r\nEvents: on\r\n', '2')
    const client = await proxy.login()
    await client.ask('ProxyAction: ListServers\r\n', '3')
    expect(records.filter(({ event }) => event === 'proxyAction')).toMatchObject([
      { outcome: 'Success', user: 'root', action: 'ListSessions' },
      { outcome: 'Failure', user: 'root', action: 'AddServer', fields: { Server: 'x', Secret: '***' } }
    ])
  })

  it('is part of the log, with audit: true, when it has no file of its own', async () => {
    const server = await startServer()
    const proxy = await startTestProxy([serverOptions(server.port)])
    const client = await proxy.login()
    await client.ask('Action: Hangup\r\nChannel: PJSIP/1\r\n', '1')
    const audited = proxy.log.filter(({ fields }) => fields.audit === true)
    expect(audited).toMatchObject([
      { level: 'info', message: 'client logged in', fields: { user: 'ann' } },
      { level: 'info', message: 'action', fields: { action: 'Hangup', outcome: 'Success' } }
    ])
    expect(proxy.log.filter(({ message }) => message === 'client logged in')).toHaveLength(1)
  })

  it('leaves answers to everybody (broadcastresponses) as they are', async () => {
    const { proxy } = await auditedProxy({}, { broadcastResponses: true })
    const other = await proxy.login()
    const client = await proxy.login()
    await client.ask('Action: Hangup\r\nChannel: PJSIP/1\r\n', 'b1')
    await other.block('ActionID: b1')
    await client.ask('Action: Ping\r\n', 'b2')
    expect(client.blocks.filter((block) => block.includes('ActionID: b1'))).toHaveLength(1)
  })
})

describe('the fields of an action', () => {
  it('are bounded, and named as they like', () => {
    const lines = Array.from({ length: 500 }, (_, index) => `X${index}: ${'y'.repeat(5000)}\r\n`).join('')
    const fields = auditedFields(
      new Block(Buffer.from(`Action: A\r\n__proto__: 1\r\nsip: sip:a:${'s'.repeat(1020)}@b\r\n${lines}`))
    )
    expect(Object.keys(fields).length).toBeLessThanOrEqual(128)
    expect(Object.entries(fields)).toContainEqual(['__proto__', '1'])
    expect(Math.max(...Object.values(fields).map((value) => value.length))).toBe(1024)
  })
})
