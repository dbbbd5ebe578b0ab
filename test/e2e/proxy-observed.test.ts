import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ProxyStatus } from '../../src/lib/proxy/status.js'
import { asAdmin, pbxkit, Running, secret, temporaryFolder } from './support/pbxkit.js'

const demo = ['proxy', 'serve', '--demo', '--listen', '127.0.0.1:0']

/** A running proxy whose control socket is where this environment has it. */
async function serve(args: readonly string[] = [], env: Record<string, string> = { XDG_RUNTIME_DIR: temporaryFolder() }) {
  const service = new Running([...demo, ...args], { env })
  const port = await service.ready()
  await service.says(/server connected/)
  return { service, port, env, file: path.join(env.XDG_RUNTIME_DIR!, 'pbxkit/proxy.sock') }
}

const fetchText = async (port: number, page: string) => {
  const response = await fetch(`http://127.0.0.1:${port}${page}`)
  return { status: response.status, text: await response.text() }
}

describe('a running proxy', () => {
  it('is shown by proxy status, as tables and as JSON', async () => {
    const { port, env, file } = await serve()
    expect(fs.statSync(file).mode & 0o777).toBe(0o600)
    expect(await pbxkit(['ami', 'send', 'Ping', ...asAdmin(port)], { env: secret })).toMatchObject({ status: 0 })
    const client = new Running(['ami', 'events', ...asAdmin(port)], { env: secret })
    await client.says(/FullyBooted|Newchannel/, 'stdout')
    const table = await pbxkit(['proxy', 'status'], { env })
    expect(table).toMatchObject({ status: 0, stderr: '' })
    expect(table.stdout).toMatch(
      /^pbxkit \d\S*, up \S+: 1 of 1 server up, 1 client, .*\n\nSERVER .*\ndemo .*\n\nID .*\n\d+ +admin .*\n$/
    )
    const json = await pbxkit(['proxy', 'status', '--json'], { env })
    const status = JSON.parse(json.stdout) as ProxyStatus
    expect(status.servers).toMatchObject([{ name: 'demo', state: 'up', lagMs: expect.any(Number) }])
    expect(status.clients).toMatchObject([{ user: 'admin', input: 'standard', dropped: 0 }])
    expect(status.counters).toMatchObject({ logins: { success: 2 }, actions: { success: 1 } })
  })

  it('writes a line of JSON at each look of --watch into a pipe', async () => {
    const { env, service } = await serve()
    const watch = new Running(['proxy', 'status', '--watch', '100ms'], { env })
    await watch.says(/\n.*\n/, 'stdout')
    service.child.kill('SIGTERM')
    await watch.says(/No running pbxkit proxy/)
    watch.child.kill('SIGINT')
    const { status, stdout } = await watch.exit
    expect(status).toBe(130)
    for (const line of stdout.trimEnd().split('\n')) expect((JSON.parse(line) as ProxyStatus).servers[0]!.name).toBe('demo')
  })

  it('has metrics and health for HTTP', async () => {
    // On a busy machine fetch may compose its request for longer than a client of AMI should wait for the banner.
    const { port } = await serve(['--hello-wait', '2s'])
    await pbxkit(['ami', 'send', 'Ping', ...asAdmin(port)], { env: secret })
    const metrics = await fetchText(port, '/metrics')
    expect(metrics.status).toBe(200)
    expect(metrics.text).toContain('\npbxkit_proxy_server_up{server="demo"} 1\n')
    expect(metrics.text).toContain('\npbxkit_proxy_actions_total{user="admin",action="Ping",result="success"} 1\n')
    const health = await fetchText(port, '/health')
    expect([health.status, JSON.parse(health.text)]).toMatchObject([
      200,
      { status: 'ok', servers: [{ name: 'demo', state: 'up' }] }
    ])
  })

  it('shows its metrics to nobody with --metrics-allow none, and refuses what is no network', async () => {
    const { port } = await serve(['--metrics-allow', 'none'])
    expect((await fetchText(port, '/metrics')).status).toBe(403)
    const health = await fetchText(port, '/health')
    // A server's name often is its address.
    expect([health.status, JSON.parse(health.text)]).toEqual([200, { status: 'ok', draining: false }])
    const wrong = await pbxkit([...demo, '--metrics-allow', '10.0.0.0/99', '--check'])
    expect(wrong).toMatchObject({ status: 78, stderr: expect.stringContaining('10.0.0.0/99') })
  })

  it('takes its control socket away when it stops', async () => {
    const { service, file } = await serve()
    expect(fs.existsSync(file)).toBe(true)
    service.child.kill('SIGTERM')
    expect(await service.exit).toMatchObject({ status: 0 })
    expect(fs.existsSync(file)).toBe(false)
  })

  it('goes on without a control socket where another one has it, and leaves that alone', async () => {
    const first = await serve()
    const second = await serve([], first.env)
    expect(second.service.stderr).toMatch(
      /no control socket.*another pbxkit proxy is running|another pbxkit proxy is running.*no control socket/
    )
    second.service.child.kill('SIGTERM')
    expect(await second.service.exit).toMatchObject({ status: 0 })
    expect(await pbxkit(['proxy', 'status'], { env: first.env })).toMatchObject({ status: 0, stderr: '' })
  })

  it('does not start with a --control that is taken, and does with one of its own', async () => {
    const first = await serve()
    const taken = await pbxkit([...demo, '--control', first.file])
    expect(taken).toMatchObject({ status: 74, stderr: expect.stringContaining('another pbxkit proxy is running') })
    const own = path.join(temporaryFolder(), 'own.sock')
    await serve(['--control', own], first.env)
    expect(await pbxkit(['proxy', 'status', '--control', own])).toMatchObject({ status: 0, stderr: '' })
  })
})
