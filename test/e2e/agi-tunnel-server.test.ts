import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { callHeaders } from '../../src/lib/agi-call/call-headers.js'
import { playCall } from '../../src/lib/agi-call/play-call.js'
import { pbxkit, Running, tcpServer, temporaryFolder, writeFile } from './support/pbxkit.js'

const user = { env: { PBXKIT_SECRET: 'secret' } }

/** A server of tunnels with its control socket, its log and alice. */
async function serve(ini = '', ...more: string[]) {
  const folder = temporaryFolder()
  const [control, log, config] = ['control.sock', 'tunnel.log', 'tunnel.ini'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string
  ]
  fs.writeFileSync(config, ini, { mode: 0o600 })
  const db = `sqlite:${path.join(folder, 'tunnel.db')}`
  await pbxkit(['agi', 'tunnel', 'user', 'add', 'alice', '--db', db, '--protocol-1'], user)
  const listen = ['--listen', '127.0.0.1:0', '--agi-listen', '127.0.0.1:0', '--db', db, '--control', control, '--config', config]
  const running = new Running(['agi', 'tunnel', 'serve', ...listen, '--log-file', log, ...more])
  const [, port, agiPort] = await running.says(/^ready tunnel=127\.0\.0\.1:(\d+) agi=127\.0\.0\.1:(\d+)/m)
  return { running, port: Number(port), agiPort: Number(agiPort), db, control, log, config }
}

async function get(port: number, target: string): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}${target}`)
  return answer.text()
}

function call(agiPort: number, url: string, values: Record<string, string> = {}) {
  const socket = net.connect({ port: agiPort, host: '127.0.0.1', allowHalfOpen: true })
  onTestFinished(() => void socket.destroy())
  return playCall(socket, { headers: callHeaders({ url, values }) }).ended
}

describe('agi tunnel serve', () => {
  it('is seen by agi tunnel status, over HTTP, and has metadata for its clients', async () => {
    const { port, control } = await serve()
    const app = await tcpServer((socket) => socket.resume())
    const client = ['agi', 'tunnel', '--port', String(port), '--username', 'alice', '--plain', '--app', String(app)]
    await new Running(client, user).says(/^ready/m)
    const status = (...flags: string[]) => pbxkit(['agi', 'tunnel', 'status', '--control', control, ...flags])
    const whole = JSON.parse((await status('--json')).stdout)
    expect(whole).toMatchObject({ users: 1, tunnels: [{ user: 'alice', protocol: 2 }], counters: { logins: { success: 1 } } })
    expect((await status()).stdout).toMatch(
      /^pbxkit .*: 1 tunnel of 1 user, 1 socket, 0 calls, .*\n\nUSER +ADDRESS +PROTOCOL.*\nalice /
    )
    expect((await status('--what', 'users', '--format', 'csv')).stdout).toMatch(/^user,tunnels,.*\r\nalice,1,2,/)
    const watched = new Running(['agi', 'tunnel', 'status', '--control', control, '--watch', '100ms', '--json'])
    await watched.says(/"users":1[\s\S]*\n[\s\S]*"users":1/, 'stdout')
    expect(await get(port, '/metrics')).toContain('pbxkit_tunnel_tunnels{user="alice",protocol="2",tls="false"} 1')
    expect(parse(await get(port, '/component/1.0'))).toMatchObject({ connect_to: { host: '127.0.0.1', port }, protocols: [2, 1] })
    expect((await pbxkit(['agi', 'tunnel', 'status', '--control', `${control}.x`])).status).toBe(69)
  })

  it('reads settings again at SIGHUP, and opens its log anew', async () => {
    const { running, port, agiPort, log, config } = await serve('user-from = variable\n', '--connect-grace', '0')
    expect((await call(agiPort, 'agi://127.0.0.1/')).variables.BRIDGE_REASON).toBe('no-username')
    fs.renameSync(log, `${log}.1`)
    fs.writeFileSync(config, 'user-from = url\nnotice = Sunday\nauthenticator = yes\n')
    running.child.kill('SIGHUP')
    await expect.poll(() => (fs.existsSync(log) ? fs.readFileSync(log, 'utf8') : '')).toContain('reloaded')
    expect((await call(agiPort, 'agi://127.0.0.1/alice')).variables.BRIDGE_REASON).toBe('not-connected')
    expect((await call(agiPort, 'agi://127.0.0.1/authenticate', { agi_extension: 'alice' })).variables).toEqual({
      SANDBOX_USERNAME: 'alice'
    })
    expect(parse(await get(port, '/component/2.0')).message).toBe('Sunday')
    fs.writeFileSync(config, 'agi-allow = nonsense\n')
    running.child.kill('SIGHUP')
    await expect.poll(() => fs.readFileSync(log, 'utf8')).toContain('reload failed')
    expect((await call(agiPort, 'agi://127.0.0.1/alice')).variables.BRIDGE_REASON).toBe('not-connected')
    running.child.kill('SIGTERM')
    expect((await running.exit).status).toBe(0)
  })

  it('gets users from a file, all or none', async () => {
    const { db } = await serve()
    const load = (file: string, ...flags: string[]) =>
      pbxkit(['agi', 'tunnel', 'user', 'import', file, '--db', db, '--iterations', '4096', ...flags])
    const broken = await load(writeFile('username,password\nbob,x\n,y\nalice,z\n'))
    expect(broken.status).toBe(65)
    expect(broken.stderr).toMatch(/line 3: [\s\S]*line 4: there is a user "alice" already/)
    const good = await load(writeFile('username,password,protocol1\nbob,x,no\ncarol,y,yes\n'), '--json')
    expect(JSON.parse(good.stdout)).toEqual({ added: 2, changed: 0, skipped: 0 })
    const { stdout } = await pbxkit(['agi', 'tunnel', 'user', 'list', '--db', db, '--format', 'ndjson'])
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).username)
    ).toEqual(['alice', 'bob', 'carol'])
  })

  it('has a dialplan for Asterisk', async () => {
    const { db } = await serve()
    const plan = (...flags: string[]) => pbxkit(['agi', 'tunnel', 'dialplan', '--db', db, ...flags])
    expect((await plan('--agi', '10.0.0.1:4574')).stdout).toContain('AGI(agi://10.0.0.1:4574/authenticate)')
    expect((await plan('--pjsip', '--all')).stdout).toContain('\n[alice](tunnel-user)\n')
    expect([
      (await plan('--pjsip')).status,
      (await plan('--sip-user', 'alice')).status,
      (await plan('--context', 'a]')).status
    ]).toEqual([64, 64, 65])
  })
})
