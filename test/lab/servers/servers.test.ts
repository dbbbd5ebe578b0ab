import { existsSync } from 'node:fs'
import net from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { startAsterisk } from './asterisk.js'
import { AMI_ADMIN } from './asterisk-config.js'
import { labAvailable, type ServerName } from './availability.js'
import { run } from './command.js'
import type { RunningServer } from './instance.js'
import { startKamailio } from './kamailio.js'
import { startMariadb } from './mariadb.js'
import { startNats } from './nats.js'
import { isFree } from './ports.js'
import { startPostgresql } from './postgresql.js'
import { accepts } from './wait.js'

const running: RunningServer[] = []

async function keep<T extends RunningServer>(starting: Promise<T>): Promise<T> {
  const server = await starting
  running.push(server)
  return server
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()))
})

/** A suite that is skipped with the reason in its name where the server cannot be made. */
async function describeServer(server: ServerName, suite: () => void): Promise<void> {
  const available = await labAvailable(server)
  if (available.ok) describe(server, suite)
  else describe.skip(`${server} (${available.reason})`, suite)
}

/** Logs in to AMI. @returns all that came until the login was answered */
async function amiLogin(port: number): Promise<string> {
  const socket = net.connect({ host: '127.0.0.1', port })
  socket.write(`Action: Login\r\nUsername: ${AMI_ADMIN.username}\r\nSecret: ${AMI_ADMIN.secret}\r\n\r\n`)
  let received = ''
  for await (const chunk of socket) {
    received += chunk
    if (received.includes('Message: ')) break
  }
  return received
}

for (const [server, version] of [
  ['asterisk22', 22],
  ['asterisk16', 16]
] as const) {
  await describeServer(server, () => {
    it('answers an AMI login once started', async () => {
      const asterisk = await keep(startAsterisk({ version }))
      expect(await amiLogin(asterisk.amiPort)).toMatch(/^Asterisk Call Manager\/.*Message: Authentication accepted/s)
      expect(await asterisk.rx('core show version')).toContain(`Asterisk ${version}.`)
    })

    it('runs two side by side, each with its own files', async () => {
      const [one, two] = await Promise.all([
        keep(startAsterisk({ version })),
        keep(startAsterisk({ version, files: { 'pjsip.conf': '' } }))
      ])
      expect(await one.rx('pjsip show endpoints')).toContain('alice')
      expect(await two.rx('pjsip show endpoints')).toContain('No objects found')
    })

    it('comes back on the same ports after kill -9', async () => {
      const asterisk = await keep(startAsterisk({ version }))
      const { pid } = asterisk
      await asterisk.kill('SIGKILL')
      expect(await accepts(asterisk.amiPort)).toBe(false)
      await asterisk.restart()
      expect(asterisk.pid).not.toBe(pid)
      expect(await amiLogin(asterisk.amiPort)).toContain('Authentication accepted')
    })

    it('leaves neither folder nor port behind when stopped', async () => {
      const asterisk = await startAsterisk({ version })
      await asterisk.stop()
      expect(existsSync(asterisk.dir)).toBe(false)
      expect(await isFree(asterisk.amiPort)).toBe(true)
    })
  })
}

await describeServer('kamailio', () => {
  it('registers a phone with the right password and refuses a wrong one', async () => {
    const { port } = await keep(startKamailio())
    const register = (password: string): Promise<string> =>
      run('sipsak', ['-U', '-C', 'sip:alice@127.0.0.1:9', '-s', `sip:alice@127.0.0.1:${port}`, '-a', password, '-x', '60'])
    await register('pw-alice')
    await expect(register('wrong')).rejects.toThrow('sipsak')
  })

  it('says which line of a configuration is wrong', async () => {
    await expect(startKamailio({ config: '#!KAMAILIO\nnonsense=1\n' })).rejects.toThrow('line 2')
  })
})

await describeServer('mariadb', () => {
  it('keeps its data over kill -9', async () => {
    const mariadb = await keep(startMariadb())
    const client = ['--no-defaults', '-h', '127.0.0.1', '-P', String(mariadb.port), '-u', 'root', 'pbxkit', '-N', '-e']
    await run('mariadb', [...client, 'CREATE TABLE t (n INT); INSERT INTO t VALUES (7)'])
    await mariadb.kill('SIGKILL')
    await mariadb.restart()
    expect(await run('mariadb', [...client, 'SELECT n FROM t'])).toBe('7\n')
  })
})

await describeServer('postgresql', () => {
  it('keeps its data over kill -9', async () => {
    const postgresql = await keep(startPostgresql())
    const client = [postgresql.url, '--no-psqlrc', '-At', '-c']
    await run('psql', [...client, 'CREATE TABLE t AS SELECT 7 AS n'])
    await postgresql.kill('SIGKILL')
    await postgresql.restart()
    expect(await run('psql', [...client, 'SELECT n FROM t'])).toBe('7\n')
  })
})

await describeServer('nats', () => {
  it('accepts connections until stopped', async () => {
    const nats = await startNats()
    expect(await accepts(nats.port)).toBe(true)
    await nats.stop()
    expect(await accepts(nats.port)).toBe(false)
  })
})
