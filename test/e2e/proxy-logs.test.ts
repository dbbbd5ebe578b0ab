import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { asAdmin, freePort, pbxkit, Running, secret, tcpServer, temporaryFolder, writeFile } from './support/pbxkit.js'

const serve = ['proxy', 'serve', '--demo', '--listen', '127.0.0.1:0']

function records(file: string): Record<string, unknown>[] {
  return fs
    .readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

/** Looks at files until something holds: nothing else tells when another process has written. */
async function eventually(holds: () => boolean | Promise<boolean>, what: () => string): Promise<void> {
  const deadline = Date.now() + 15_000
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`It did not come true: ${what()}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

describe('the log files of a proxy', () => {
  it('are opened anew at SIGHUP, and have everything, in order, up to the end', async () => {
    const folder = temporaryFolder()
    const [log, audit] = [path.join(folder, 'proxy.log'), path.join(folder, 'audit.log')] as const
    const proxy = new Running([...serve, '--log-file', log, '--audit-log', audit])
    const port = await proxy.ready()
    const originate = (exten: string) =>
      pbxkit(
        [
          'ami',
          'send',
          'Originate',
          '-F',
          `Channel=Local/${exten}@demo`,
          '-F',
          'Application=Wait',
          '-F',
          'Data=1',
          '-F',
          'Variable=PIN=4711',
          '-F',
          'Async=true',
          ...asAdmin(port)
        ],
        { env: secret }
      )
    expect(await originate('1')).toMatchObject({ status: 0 })
    for (const file of [log, audit]) {
      expect(fs.statSync(file).mode & 0o777).toBe(0o600)
      fs.renameSync(file, `${file}.1`)
    }
    proxy.child.kill('SIGHUP')
    await eventually(
      () => fs.existsSync(log) && records(log).some(({ msg }) => msg === 'settings reloaded'),
      () => proxy.stderr
    )
    expect(await originate('2')).toMatchObject({ status: 0 })
    proxy.child.kill('SIGTERM')
    expect(await proxy.exit).toMatchObject({ status: 0, stdout: '' })
    const channels = (file: string) =>
      records(file).flatMap(({ action, fields }) => (action === 'Originate' ? [(fields as { Channel: string }).Channel] : []))
    expect([channels(`${audit}.1`), channels(audit)]).toEqual([['Local/1@demo'], ['Local/2@demo']])
    expect(records(audit)).toContainEqual(
      expect.objectContaining({ user: 'admin', outcome: 'Success', client: expect.stringMatching(/^127\.0\.0\.1:\d+$/) })
    )
    expect(records(log).map(({ msg }) => msg)).toContain('stopping')
    expect(records(`${log}.1`).map(({ msg }) => msg)).toContain('client logged in')
    for (const file of [log, audit, `${log}.1`, `${audit}.1`]) expect(fs.readFileSync(file, 'utf8')).not.toContain('4711')
    // stderr is for people, then.
    expect(proxy.stderr).not.toMatch(/^\{/m)
  })

  it('that cannot be opened end the start with 74, and a --check, too', async () => {
    const file = path.join(temporaryFolder(), 'no', 'proxy.log')
    for (const args of [
      ['--log-file', file],
      ['--audit-log', file],
      ['--log-file', file, '--check']
    ])
      expect(await pbxkit([...serve, ...args])).toMatchObject({ status: 74, stderr: expect.stringContaining(file) })
  })

  it('may be named by the logfile of an astmanproxy.conf', async () => {
    const log = path.join(temporaryFolder(), 'old.log')
    const port = await freePort()
    const conf = writeFile(
      `host = 127.0.0.1, 1, u, s, on, off\nlistenaddress = 127.0.0.1\nlistenport = ${port}\nauthrequired = no\nacceptunencryptedconnection = yes\nlogfile = ${log}\n`,
      { name: 'astmanproxy.conf' }
    )
    const proxy = new Running(['proxy', 'serve', '--config', conf])
    await proxy.ready()
    await eventually(
      () => records(log).some(({ msg }) => msg === 'server not connected'),
      () => proxy.stderr
    )
  })
})

describe('the listeners of a proxy', () => {
  it('change at SIGHUP without a connection dropped; a port that is taken changes nothing, and the log says so', async () => {
    const [before, after] = [await freePort(), await freePort()]
    const taken = await tcpServer(() => {})
    const config = writeFile('')
    const listenOn = (...ports: number[]) =>
      fs.writeFileSync(
        config,
        `${ports.map((port) => `listen[] = 127.0.0.1:${port}\n`).join('')}[user admin]\nsecret = secret\nadmin = yes\n`
      )
    listenOn(before)
    const proxy = new Running(['proxy', 'serve', '--demo', '--config', config])
    expect(await proxy.ready()).toBe(before)
    const client = net.connect(before, '127.0.0.1')
    let received = ''
    client.on('data', (chunk) => {
      received += chunk
    })
    await eventually(
      () => received.includes('Asterisk Call Manager'),
      () => received
    )

    listenOn(before, after, taken)
    proxy.child.kill('SIGHUP')
    await proxy.says(/reload failed/)
    expect(proxy.stderr).toContain(`Cannot listen on 127.0.0.1:${taken}`)
    await expect(connects(after)).resolves.toBe(false)
    await expect(connects(before)).resolves.toBe(true)

    listenOn(after)
    proxy.child.kill('SIGHUP')
    await proxy.says(/settings reloaded/)
    expect(proxy.stderr).not.toContain('need a restart')
    await expect(connects(before)).resolves.toBe(false)
    expect(await pbxkit(['ami', 'send', 'Ping', ...asAdmin(after)], { env: secret })).toMatchObject({ status: 0 })
    client.write('Action: Login\r\nUsername: admin\r\nSecret: secret\r\n\r\n')
    await eventually(
      () => received.includes('Authentication accepted'),
      () => received
    )
    client.destroy()
  })

  it('stay where they were typed', async () => {
    const port = await freePort()
    const config = writeFile(`listen[] = 127.0.0.1:${port}\n`)
    const proxy = new Running([...serve, '--config', config])
    const typed = await proxy.ready()
    proxy.child.kill('SIGHUP')
    await proxy.says(/settings reloaded/)
    await expect(connects(typed)).resolves.toBe(true)
    await expect(connects(port)).resolves.toBe(false)
  })
})

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

describe('the other settings of a proxy', () => {
  it('change at SIGHUP, too, but for those that need a restart, which it says', async () => {
    const config = writeFile('')
    const configure = (settings: string) => fs.writeFileSync(config, `${settings}[user admin]\nsecret = secret\nadmin = yes\n`)
    configure('')
    const proxy = new Running(['proxy', 'serve', '--demo', '--config', config, '--listen', '127.0.0.1:0'])
    const port = await proxy.ready()
    const firstLine = async () => {
      const client = net.connect(port, '127.0.0.1').on('error', () => {})
      const [chunk] = (await once(client, 'data')) as [Buffer]
      client.destroy()
      return chunk.toString('latin1').split('\r\n')[0]
    }
    expect(await firstLine()).toMatch(/^Asterisk Call Manager\//)

    configure('banner = Old Panel/1.0\n')
    proxy.child.kill('SIGHUP')
    await proxy.says(/settings reloaded/)
    expect(await firstLine()).toBe('Old Panel/1.0')
    expect(proxy.stderr).not.toContain('need a restart')

    configure('journal = 0\nlog-level = warn\n')
    proxy.child.kill('SIGHUP')
    await proxy.says(/"settings":\["log-level","journal"\],"msg":"settings have changed that need a restart"/)
    await eventually(
      async () => /^Asterisk Call Manager\//.test((await firstLine()) ?? ''),
      () => proxy.stderr
    )
  })
})
