import fs from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { pbxkit, Running, temporaryFolder, writeFile } from './support/pbxkit.js'

async function provider(): Promise<{ url: string; bodies: string[] }> {
  const bodies: string[] = []
  const server = http.createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    bodies.push(body)
    response.writeHead(body.includes('refuse') ? 422 : 200).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, bodies }
}

describe('dialplan websms send', () => {
  it('sends from a shell, and says so', async () => {
    const { url, bodies } = await provider()
    const file = writeFile(`[websms:main]\nurl = ${url}\n`)
    const send = (...words: string[]) => pbxkit(['dialplan', 'websms', 'send', '--providers', file, ...words])
    expect(await send('+46701234567', '+46812340001', 'hello', 'main')).toMatchObject({
      status: 0,
      stdout: 'sent (the provider answered 200)\n'
    })
    expect(await send('--json', '--', '+46701234567', '+46812340001', '-x', 'main')).toMatchObject({ status: 0 })
    expect(bodies.map((body) => new URLSearchParams(body).get('Body'))).toEqual(['hello', '-x'])
    expect(await send('+46701234567', '+46812340001', 'refuse', 'main')).toMatchObject({ status: 1 })
    expect(await send('bob', '+46812340001', 'hello', 'main')).toMatchObject({ status: 65 })
    expect(await send('+46701234567', '+46812340001', 'hello')).toMatchObject({
      status: 78,
      stderr: expect.stringContaining('There are [websms:main]')
    })
    fs.chmodSync(file, 0o644)
    expect(await send('+46701234567', '+46812340001', 'hello', 'main')).toMatchObject({ status: 78 })
  })

  it('speaks AGI when Asterisk runs it', async () => {
    const { url } = await provider()
    const env = { AST_AGI_DIR: '/agi', PBXKIT_PROVIDERS: writeFile(`[websms]\nurl = ${url}\n`) }
    const input = 'agi_request: pbxkit\nagi_uniqueid: 17.4\nagi_arg_1: x\n\n'
    const run = (body: string) =>
      pbxkit(['dialplan', 'websms', 'send', '--', '+46701234567', '+46812340001', body, ''], { env, input })
    expect(await run('hello')).toMatchObject({
      status: 0,
      stdout: 'VERBOSE "websms 17.4: sent to +46701234567, answer 200, attempts 1" 3\n'
    })
    expect(await run('refuse')).toMatchObject({
      status: 1,
      stdout: 'VERBOSE "websms 17.4: not sent to +46701234567: The provider answered 422" 1\n'
    })
  })
})

describe('dialplan websms serve', () => {
  it('serves, reads its file again, checks it, and ends with 0', async () => {
    const spool = temporaryFolder()
    for (const name of ['outgoing', 'tmp']) fs.mkdirSync(path.join(spool, name))
    const text = (name: string) => `[websmsd:${name}]\nremt_addr = 127.0.0.1\n[astqueue]\noutgoingdir = ${spool}/outgoing\n`
    const file = writeFile(text('one'))
    const words = ['dialplan', 'websms', 'serve', '--listen', '127.0.0.1:0', '--providers', file]
    expect(await pbxkit([...words, '--check'])).toMatchObject({ status: 0 })
    const serve = new Running(words)
    const [, port] = await serve.says(/^ready http=127\.0\.0\.1:(\d+)$/m)
    const post = async (where: string) =>
      (
        await fetch(`http://127.0.0.1:${port}${where}`, {
          method: 'POST',
          body: new URLSearchParams({ To: '46701234567', From: '1234', Body: 'x' })
        })
      ).status
    expect([await post('/one'), await post('/two')]).toEqual([200, 404])
    fs.writeFileSync(file, text('two'))
    serve.child.kill('SIGHUP')
    await serve.says(/providers read again/)
    expect([await post('/one'), await post('/two')]).toEqual([404, 200])
    fs.writeFileSync(file, '[broken')
    serve.child.kill('SIGHUP')
    await serve.says(/reload failed/)
    expect(await post('/two')).toBe(200)
    serve.child.kill('SIGTERM')
    expect(await serve.exit).toMatchObject({ status: 0, stdout: '' })
    expect(fs.readdirSync(path.join(spool, 'outgoing'))).toHaveLength(3)
    expect(await pbxkit([...words, '--check'])).toMatchObject({ status: 78 })
  })
})
