import { describe, expect, it } from 'vitest'
import { encodeHeaderBlock, HeaderBlockReader } from '../../../../src/lib/agi/header-block.js'
import { callHeaders } from '../../../../src/lib/agi-call/call-headers.js'
import { Authenticator } from '../../../../src/lib/tunnel-server/authenticator.js'
import { isSipUsername, renderExtensions, renderPjsip } from '../../../../src/lib/tunnel-server/render-dialplan.js'
import { call, loopback, outcome, serve, useAccounts } from '../../support/tunnel-server.js'

useAccounts()

const url = 'agi://127.0.0.1/authenticate'
const lines = ({ commands }: { commands: readonly { line: string }[] }) => commands.map(({ line }) => line)

describe('the authenticator', () => {
  it.each([
    ['called', { agi_extension: 'alice', agi_callerid: 'nobody' }],
    ['called', { agi_extension: 's', agi_dnid: 'alice' }],
    ['caller', { agi_extension: 'nobody', agi_callerid: 'alice' }]
  ] as const)('sets SANDBOX_USERNAME to who is %s', async (party, headerValues) => {
    const { agiPort, status } = await serve({ authenticator: { party, sound: 'sorry' } })
    const report = await call(agiPort, url, [], { headerValues, variables: {} })
    expect(report.variables).toEqual({ SANDBOX_USERNAME: 'alice' })
    expect(lines(report)).toEqual(['SET VARIABLE SANDBOX_USERNAME alice'])
    expect(status().counters.authentications).toEqual({ known: 1, unknown: 0, error: 0 })
  })

  it('takes the word of the dialplan first', async () => {
    const { agiPort } = await serve({ authenticator: { party: 'called', sound: 'sorry' } })
    const report = await call(agiPort, url, ['bob'], { headerValues: { agi_extension: 'alice' }, variables: {} })
    expect(report.variables.SANDBOX_USERNAME).toBe('bob')
  })

  it.each(['nobody', 'Alice', 'x" ABC "', 'a\\', `${'x'.repeat(101)}`])(
    'plays a message to %s and hangs up, and lets nobody through',
    async (name) => {
      const { agiPort } = await serve({ authenticator: { party: 'called', sound: 'custom/sorry' } })
      const report = await call(agiPort, url, [], {
        headerValues: { agi_extension: name },
        variables: { SANDBOX_USERNAME: 'alice' }
      })
      expect(report.variables).toEqual({ SANDBOX_USERNAME: '', BRIDGE_OUTCOME: 'FAILED', BRIDGE_REASON: 'no-username' })
      expect(lines(report).slice(-3)).toEqual(['ANSWER', 'STREAM FILE custom/sorry ""', 'HANGUP'])
      expect(report.status).toBe('HANGUP')
    }
  )

  it('has a port of its own if wanted, and is nowhere unless it is wanted', async () => {
    const own = await serve({ authenticator: { party: 'called', sound: 'sorry' }, authenticatorListen: [loopback] })
    const values = { headerValues: { agi_extension: 'alice' }, variables: {} }
    expect((await call(own.authenticatorAddresses[0]!.port, 'agi://127.0.0.1/', [], values)).variables).toEqual({
      SANDBOX_USERNAME: 'alice'
    })
    const none = await serve()
    expect(outcome(await call(none.agiPort, url, [], values))).toEqual(['SUCCESS', 'FAILED', 'no-username'])
  })

  it('fails closed when the accounts cannot be read', async () => {
    const broken = { has: () => Promise.reject(new Error('the database is away')) }
    const asked: string[] = []
    const bytes = encodeHeaderBlock(callHeaders({ url, values: { agi_extension: 'alice' } }))
    const { headers } = new HeaderBlockReader().push(bytes)!
    const leg = { headers, ask: async (command: Buffer) => void asked.push(command.toString()), socket: { end: () => {} } }
    await expect(new Authenticator(broken, { party: 'called', sound: 'x' }).serve(leg as never)).rejects.toThrow('away')
    expect(asked).toEqual([])
  })
})

describe('the dialplan', () => {
  const base = { context: 'tunnel', agi: { host: '127.0.0.1', port: 4574 }, party: 'called', userFrom: 'variable' } as const
  const sounds = { unavailableSound: 'a', droppedSound: 'b' }

  it.each([
    [{ context: 'a]\n[b' }],
    [{ context: '' }],
    [{ context: '_x' }],
    [{ unavailableSound: 'a)&System(id' }],
    [{ droppedSound: 'a\nexten => x,1,System(id)' }],
    [{ agi: { host: '127.0.0.1)\nsame => n,System(id', port: 1 } }],
    [{ authenticator: { host: 'a,b', port: 1 } }]
  ])('takes nothing that would be another line: %j', (wrong) => {
    expect(() => renderExtensions({ ...base, ...sounds, ...wrong })).toThrow()
  })

  it.each(['anonymous', 'global', 'a b', 'a]', 'a;b', '_X.', `a\${X}`, 'a', '', 'a\nb', 'tunnel-user', 'a,b'])(
    'takes no SIP user %j',
    (username) => {
      expect(() => renderPjsip('tunnel', [{ username, password: 'x' }])).toThrow()
    }
  )

  it('writes a password as Asterisk reads it back, and none that it could not', () => {
    expect(renderPjsip('tunnel', [{ username: 'alice', password: 'a;b' }]).toString()).toContain('password = a\\;b\n')
    expect(() => renderPjsip('tunnel', [{ username: 'alice', password: 'a\nb' }])).toThrow()
    expect([isSipUsername('alice.b+1'), isSipUsername('anonymous')]).toEqual([true, false])
  })
})
