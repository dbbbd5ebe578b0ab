import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { pbxkit, Running, secret, simulator, temporaryFolder, writeFile } from './support/pbxkit.js'

/** A file system with the files of astmanproxy where the old program looked for them. */
async function oldSystem(): Promise<string> {
  const { port } = await simulator()
  const root = temporaryFolder()
  const folder = path.join(root, 'etc/asterisk')
  fs.mkdirSync(folder, { recursive: true })
  const conf = `host = 127.0.0.1, ${port}, admin, secret, on, off\nlistenaddress = 127.0.0.1\nlistenport = 1\nauthrequired = yes\nacceptunencryptedconnection = yes\n`
  fs.writeFileSync(path.join(folder, 'astmanproxy.conf'), conf, { mode: 0o600 })
  fs.writeFileSync(path.join(folder, 'astmanproxy.users'), 'old=Secret,,,,,,\n', { mode: 0o600 })
  return root
}

const check = (args: string[], env: Record<string, string> = {}) => pbxkit(['proxy', 'serve', '--check', ...args], { env })
const used = (root: string) => new RegExp(`the files of astmanproxy are used.*|${root}/etc/asterisk/astmanproxy.conf`)

describe('proxy serve, told nothing', () => {
  it('uses the files of astmanproxy, and says so', async () => {
    const root = await oldSystem()
    const running = new Running(['proxy', 'serve', '--root', root, '--listen', '127.0.0.1:0'])
    const port = await running.ready()
    expect(running.stderr).toContain(`${root}/etc/asterisk/astmanproxy.conf`)
    expect(running.stderr).toContain('the files of astmanproxy are used')
    const socket = net.connect(port, '127.0.0.1')
    socket.write('Action: Login\r\nUsername: old\r\nSecret: Secret\r\n\r\n')
    const answer = await new Promise<string>((resolve) => {
      let text = ''
      socket.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
        if (/Message: .*\r\n/.test(text)) resolve(text)
      })
    })
    socket.destroy()
    expect(answer).toContain('Authentication accepted')
  })

  it('ends with 78 where there are none', async () => {
    const result = await check(['--root', temporaryFolder()])
    expect(result).toMatchObject({ status: 78, stderr: expect.stringContaining('There is no Asterisk to connect to') })
  })
})

describe('the files of astmanproxy are left alone', () => {
  const own = `[server pbx]\nhost = 127.0.0.1\nusername = a\nsecret = b\n[user u]\nsecret = s\n`
  const users = () => writeFile('u = s\n')
  for (const [how, args, env] of [
    ['--config', () => ['--config', writeFile(own)], () => ({})],
    ['--host', () => ['--host', '127.0.0.1', '--username', 'a', '--users', users()], () => secret],
    ['--server', () => ['--server', 'a@127.0.0.1', '--users', users()], () => secret],
    ['PBXKIT_HOST', () => ['--username', 'a', '--users', users()], () => ({ ...secret, PBXKIT_HOST: '127.0.0.1' })],
    ['--demo', () => ['--demo'], () => ({})],
    [
      'own configuration',
      () => [],
      () => {
        const folder = temporaryFolder()
        fs.mkdirSync(path.join(folder, 'pbxkit'))
        fs.writeFileSync(path.join(folder, 'pbxkit/config.ini'), own, { mode: 0o600 })
        return { XDG_CONFIG_HOME: folder }
      }
    ]
  ] as const) {
    it(`with ${how}`, async () => {
      const root = await oldSystem()
      const result = await check([...args(), '--root', root], env())
      expect(result.stderr).not.toMatch(used(root))
      expect(result.status).toBe(0)
    })
  }
})
