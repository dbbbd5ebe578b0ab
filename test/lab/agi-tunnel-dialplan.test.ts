import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createRecord } from '../../src/lib/scram/record.js'
import { openStore } from '../../src/lib/store/open-store.js'
import { applicationTarget } from '../../src/lib/tunnel-client/target.js'
import { runTunnelClient } from '../../src/lib/tunnel-client/tunnel-client.js'
import { TunnelAccounts } from '../../src/lib/tunnel-server/accounts.js'
import { renderExtensions, renderPjsip } from '../../src/lib/tunnel-server/render-dialplan.js'
import { type RunningTunnelServer, startTunnelServer } from '../../src/lib/tunnel-server/tunnel-server.js'
import { type RunningAsterisk, startAsterisk } from './servers/asterisk.js'
import { AMI_ADMIN, defaultFiles } from './servers/asterisk-config.js'
import { AmiSocket } from './support/ami-socket.js'
import { describeLab } from './support/lab.js'
import { pbxkit, scratchFile } from './support/program.js'

const loopback = { host: '127.0.0.1', port: 0 }
const sounds = { unavailableSound: 'ss-noservice', droppedSound: 'an-error-has-occurred' }
const quiet = { debug: () => {}, info: () => {}, warn: () => {} }

await describeLab('the dialplan of the tunnel in a real Asterisk', () => {
  const stop = new AbortController()
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pbxkit-lab-dialplan-'))
  let asterisk: RunningAsterisk
  let ami: AmiSocket
  let accounts: TunnelAccounts
  let server: RunningTunnelServer
  let client: Promise<void>
  let applications: net.Server
  let commands: string[] = []

  beforeAll(async () => {
    accounts = await TunnelAccounts.open(await openStore<never>(`sqlite:${path.join(folder, 'tunnel.db')}`, { timeoutMs: 5_000 }))
    const record = await createRecord('secret', { iterations: 4096 })
    for (const name of ['alice', 'erin']) await accounts.put(name, record, undefined)
    server = await startTunnelServer(
      {
        ...{ listen: [loopback], agiListen: [loopback], agiAllow: ['127.0.0.1'], acceptUnencrypted: false, guard: {} },
        ...{ userFrom: 'variable', connectGraceMs: 100, hangupGraceMs: 1_000, drainMs: 0, serverName: 'lab' },
        ...{ maxTunnelsPerUser: 2, maxCallsPerUser: 3, authenticatorListen: [loopback] },
        authenticator: { party: 'called', sound: 'no-such-sound' }
      },
      accounts,
      quiet,
      stop.signal
    )
    const agi = server.agiAddresses[0]!
    const base = { agi, userFrom: 'variable', ...sounds } as const
    const plans = [
      renderExtensions({ ...base, context: 'tunnel', party: 'called' }),
      renderExtensions({ ...base, context: 'own-port', party: 'called', authenticator: server.authenticatorAddresses[0] })
    ]
    const sip = renderPjsip('tunnel', [
      { username: 'carol', password: 'carol;secret' },
      { username: 'd.a-ve+1', password: 'x' }
    ])
    asterisk = await startAsterisk({
      name: 'agi-tunnel-dialplan',
      files: {
        'extensions.conf': ({ ports, dir }) => `${defaultFiles(ports, dir)['extensions.conf']!}\n${plans.join('\n')}`,
        'pjsip.conf': ({ ports, dir }) => `${defaultFiles(ports, dir)['pjsip.conf']!}\n${sip}`
      }
    })
    ami = await AmiSocket.login(asterisk.amiPort, AMI_ADMIN)
    applications = net.createServer({ allowHalfOpen: true }, (socket) => {
      socket
        .on('error', () => {})
        .on('data', (chunk: Buffer) => {
          const text = chunk.toString()
          if (text.endsWith('\n\n')) socket.write(`${commands.shift() ?? 'ANSWER'}\n`)
          else if (/^(200|510|520) /m.test(text)) {
            const next = commands.shift()
            if (next) socket.write(`${next}\n`)
            else socket.end()
          }
        })
      socket.on('end', () => socket.end())
    })
    await new Promise<void>((resolve) => applications.listen(0, '127.0.0.1', resolve))
    const target = applicationTarget({ host: '127.0.0.1', port: (applications.address() as net.AddressInfo).port })
    const login = { host: '127.0.0.1', port: server.addresses[0]!.port, username: 'alice', password: 'secret', timeoutMs: 5_000 }
    await new Promise<void>((ready, reject) => {
      client = runTunnelClient({ ...login, target, protocol: 2, calls: 4, drainMs: 0, onEvent: () => {} }, ready, stop.signal)
      client.catch(reject)
    })
  })

  afterAll(async () => {
    stop.abort()
    ami?.destroy()
    await client?.catch(() => {})
    await server?.closed
    await accounts?.close()
    applications?.close()
    await asterisk?.stop()
    fs.rmSync(folder, { recursive: true, force: true })
  })

  /** Makes a call to an extension. @returns what the variables were when the channel hung up, and what was run */
  async function dial(extension: string, context = 'tunnel'): Promise<Record<string, string | undefined>> {
    const from = ami.messages.length
    await ami.ask(
      `Action: Originate\r\nChannel: Local/${extension}@${context}/n\r\nApplication: Wait\r\nData: 20\r\nAsync: true\r\nCallerID: carol\r\n`
    )
    return ended(from)
  }

  async function ended(from: number): Promise<Record<string, string | undefined>> {
    const channel = (await ami.event({ Event: 'Newexten', Application: 'NoOp', AppData: 'tunnel' }, from)).get('Channel')!
    await ami.event({ Event: 'Hangup', Channel: channel }, from)
    const seen: Record<string, string | undefined> = {}
    for (const message of ami.messages.slice(from).filter((one) => one.get('Channel') === channel)) {
      if (message.get('Event') === 'VarSet') seen[message.get('Variable')!] = message.get('Value')
      if (message.get('Event') === 'Newexten' && message.get('Application') === 'Playback') seen.played = message.get('AppData')
      if (message.get('Event') === 'Newexten' && message.get('Application') === 'NoOp')
        seen.runs = `${Number(seen.runs ?? 0) + 1}`
    }
    return seen
  }

  it.each(['tunnel', 'own-port'])('leads a user who is there through authenticator and tunnel (%s)', async (context) => {
    commands = ['ANSWER', 'SET VARIABLE WORD yes']
    expect(await dial('alice', context)).toMatchObject({
      SANDBOX_USERNAME: 'alice',
      BRIDGE_OUTCOME: 'SUCCESS',
      WORD: 'yes',
      AGISTATUS: 'SUCCESS',
      runs: '1'
    })
  })

  it('plays a message when the user is not connected', async () => {
    expect(await dial('erin')).toMatchObject({
      SANDBOX_USERNAME: 'erin',
      BRIDGE_OUTCOME: 'FAILED',
      BRIDGE_REASON: 'not-connected',
      played: 'ss-noservice'
    })
  })

  it('hangs up on who is not known, with a message of the authenticator and before the tunnel', async () => {
    const seen = await dial('nobody')
    expect(seen).toMatchObject({ SANDBOX_USERNAME: '', BRIDGE_OUTCOME: 'FAILED', BRIDGE_REASON: 'no-username' })
    expect(server.status().counters.authentications).toMatchObject({ unknown: 1 })
  })

  it('lets nobody out of it by a name, or by what an application leaves in a variable', async () => {
    // A comma, an expression and a function as the called user: Originate takes what SIP would.
    for (const name of ['alice,1', `00\${SHELL(id)}`, '00"=""|1', '00$[1+1]'])
      expect(await dial(name)).toMatchObject({ SANDBOX_USERNAME: '' })
    commands = [`SET VARIABLE BRIDGE_OUTCOME "x\\" | 1 | \\"\${SHELL(id)}FAILED"`]
    expect(await dial('alice')).not.toHaveProperty('played', 'an-error-has-occurred')
  })

  it('has the users as endpoints with their passwords, who can call', async () => {
    const from = ami.messages.length
    const password = scratchFile('carol', 'carol;secret\n')
    const uri = `sip:alice@127.0.0.1:${asterisk.sipPort}`
    const login = ['--from', 'sip:carol@127.0.0.1', '--auth-user', 'carol', '--auth-password-file', password]
    commands = ['ANSWER']
    const { stdout, stderr } = await pbxkit(['uac', 'send', 'INVITE', uri, ...login, '--json', '--quiet'])
    expect(stderr).toBe('')
    expect(stdout.toString()).toContain('200')
    expect(await ended(from)).toMatchObject({ SANDBOX_USERNAME: 'alice', BRIDGE_OUTCOME: 'SUCCESS' })
    expect(ami.messages.slice(from).some((message) => message.get('CallerIDNum') === 'carol')).toBe(true)
    await ami.ask('Action: PJSIPShowEndpoint\r\nEndpoint: d.a-ve+1\r\n')
    expect(await ami.event({ Event: 'EndpointDetail', ObjectName: 'd.a-ve+1' }, from)).toBeDefined()
  })
})
