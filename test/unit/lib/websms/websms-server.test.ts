import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { IoError } from '../../../../src/lib/errors.js'
import { readProfiles } from '../../../../src/lib/websms/profiles.js'
import { Spool } from '../../../../src/lib/websms/spool.js'
import { startWebsmsServer, type WebsmsEvent } from '../../../../src/lib/websms/websms-server.js'
import { scratchFile, scratchFolder } from '../../support/scratch.js'

const secret = 'sixteen-or-more-characters'
const body = 'To=46701234567&From=%2B12025550160&Body=hello'
const form = { 'Content-Type': 'application/x-www-form-urlencoded' }

async function start(text: string, { spool }: { spool?: Pick<Spool, 'add'> } = {}) {
  const folder = scratchFolder()
  for (const name of ['outgoing', 'tmp']) fs.mkdirSync(path.join(folder, name))
  const profiles = readProfiles(scratchFile('websms.ini', `${text}\n[astqueue]\noutgoingdir = ${folder}/outgoing\n`))
  const events: WebsmsEvent[] = []
  const controller = new AbortController()
  const server = await startWebsmsServer(
    {
      ...{ listen: [{ host: '127.0.0.1', port: 0 }], graceMs: 1_000, profiles: () => profiles },
      spool: () => spool ?? new Spool(profiles.queue),
      onEvent: (event) => events.push(event)
    },
    controller.signal
  )
  onTestFinished(async () => {
    controller.abort()
    await server.closed
  })
  const { port } = server.addresses[0]!
  const ask = async (where: string, init: RequestInit = {}) => {
    const response = await fetch(`http://127.0.0.1:${port}${where}`, { method: 'POST', headers: form, body, ...init })
    return { status: response.status, text: await response.text(), type: response.headers.get('content-type') }
  }
  const files = () => fs.readdirSync(path.join(folder, 'outgoing'))
  return { ask, events, files, folder, port }
}
const bearer = { ...form, Authorization: `Bearer ${secret}` }

it('puts a message into the spool under a name of its own, readable for its owner alone', async () => {
  const { ask, files, folder, events } = await start(`[websmsd:a]\nsecret = ${secret}\nresp_ack = <Response></Response>`)
  expect(await ask('/a', { headers: bearer })).toEqual({
    status: 200,
    text: '<Response></Response>',
    type: 'application/xml; charset=utf-8'
  })
  const [name, ...more] = files()
  expect([name, more]).toEqual([expect.stringMatching(/^pbxkit-\d+-[0-9a-f]{16}\.call$/), []])
  const file = path.join(folder, 'outgoing', name!)
  expect(fs.statSync(file).mode & 0o777).toBe(0o600)
  expect(fs.readFileSync(file, 'utf8')).toContain('Channel: Local/+46701234567@dp_entry_answer\n')
  expect(fs.readdirSync(path.join(folder, 'tmp'))).toEqual([])
  expect(events).toEqual([
    { client: '127.0.0.1', provider: 'a', status: 200, to: '+46701234567', from: '+12025550160', files: [name] }
  ])
})

it('wants the secret, in one of its places, and slows down who guesses', async () => {
  const { ask, files } = await start(`[websmsd:a]\nsecret = ${secret}\nkey_secret = token`)
  expect((await ask('/a')).status).toBe(401)
  expect((await ask('/a', { headers: { ...form, Authorization: 'Bearer no' } })).status).toBe(401)
  expect(files()).toEqual([])
  const basic = Buffer.from(`anybody:${secret}`).toString('base64')
  expect((await ask('/a', { headers: { ...form, Authorization: `Basic ${basic}` } })).status).toBe(200)
  expect((await ask('/a', { body: `${body}&token=${secret}` })).status).toBe(200)
  const wrong = Array.from({ length: 10 }, () => ask('/a', { body: `${body}&token=x` }))
  expect(new Set((await Promise.all(wrong)).map(({ status }) => status))).toEqual(new Set([401]))
  expect((await ask('/a', { headers: bearer })).status).toBe(429)
})

it('acknowledges what is no message, and leaves it, once the secret is right', async () => {
  const { ask, files, events } = await start(`[websmsd:a]\nsecret = ${secret}\nonly = event=SMS`)
  const post = async (text: string, headers = bearer) => (await ask('/a', { body: text, headers })).status
  expect(await post('event=NOTIFY_START', form as typeof bearer)).toBe(401)
  expect(await post('event=NOTIFY_START')).toBe(200)
  expect(files()).toEqual([])
  expect(await post(`${body}&event=SMS`)).toBe(200)
  expect(files()).toHaveLength(1)
  expect(events.map(({ reason }) => reason)).toEqual(['The secret is missing or wrong', 'no event=SMS', undefined])
})

it('lets in the addresses of the provider only; a proxy that is known says whose it is', async () => {
  const { ask, events } = await start('[websmsd]\nprox_addr = 127.0.0.0/8\n[websmsd:a]\nremt_addr = 192.0.2.0/24')
  const from = (list: string) => ask('/a', { headers: { ...form, 'X-Forwarded-For': list } })
  expect((await ask('/a')).status).toBe(403)
  expect((await from('192.0.2.7')).status).toBe(200)
  expect((await from('192.0.2.7, 198.51.100.1')).status).toBe(403)
  expect((await from('198.51.100.1, 192.0.2.7, 127.0.0.2')).status).toBe(200)
  expect((await from('192.0.2.7, x')).status).toBe(403)
  expect(events.map(({ client }) => client)).toEqual(['127.0.0.1', '192.0.2.7', '198.51.100.1', '192.0.2.7', '127.0.0.1'])
  const direct = await start('[websmsd:a]\nremt_addr = 192.0.2.0/24')
  expect((await direct.ask('/a', { headers: { ...form, 'X-Forwarded-For': '192.0.2.7' } })).status).toBe(403)
})

it('says what is wrong with a request, and takes nothing of it', async () => {
  const { ask, files } = await start(`[websmsd:a]\nremt_addr = 127.0.0.1\nkey_echo = zd_echo`)
  const post = async (text: string, headers = {}) => (await ask('/a', { body: text, headers: { ...form, ...headers } })).status
  expect((await ask('/b')).status).toBe(404)
  expect((await ask('/a/../a/x')).status).toBe(404)
  expect((await ask('/a', { method: 'PUT' })).status).toBe(405)
  expect(await post('To=1234')).toBe(422)
  expect(await post(body.replace('46701234567', '..%2F..%2Fx%0ASetvar'))).toBe(422)
  expect(await post(body, { 'Content-Type': 'text/plain' })).toBe(415)
  expect(await post(body, { 'Content-Encoding': 'gzip' })).toBe(415)
  expect(await post(`x=${'y'.repeat(70_000)}`)).toBe(413)
  expect(files()).toEqual([])
  expect(await ask('/a?zd_echo=abc123', { method: 'GET', body: null })).toMatchObject({
    status: 200,
    text: 'abc123',
    type: 'text/plain; charset=utf-8'
  })
  expect(await ask('/a?zd_echo=%3Cscript%3E', { method: 'GET', body: null })).toMatchObject({ status: 200, text: '' })
})

it('tells a provider to come again when the spool takes nothing, and not why', async () => {
  const spool = {
    add() {
      throw new IoError('Cannot write a call file to /secret/path: ENOSPC')
    }
  }
  const { ask, events } = await start('[websmsd:a]\nremt_addr = 127.0.0.1', { spool })
  expect(await ask('/a')).toMatchObject({ status: 503, text: 'Not now\n' })
  expect(events[0]!.reason).toContain('ENOSPC')
})

it('writes no more when a thousand files wait, and leaves none behind', async () => {
  const { ask, folder } = await start('[websmsd:a]\nremt_addr = 127.0.0.1')
  for (let index = 0; index < 1_000; index++) fs.writeFileSync(path.join(folder, 'outgoing', `${index}`), '')
  expect((await ask('/a')).status).toBe(503)
  expect(fs.readdirSync(path.join(folder, 'tmp'))).toEqual([])
})

it('outlives garbage and those who go in the middle', async () => {
  const { ask, port } = await start('[websmsd:a]\nremt_addr = 127.0.0.1')
  for (const text of [
    '\x16\x03\x01',
    'POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc',
    'GET / HTTP/9.9\r\n\r\n'
  ]) {
    await new Promise<void>((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => socket.end(text)).on('error', () => {})
      socket.resume().once('close', () => resolve())
    })
  }
  expect((await ask('/a')).status).toBe(200)
})

it('refuses folders that cannot serve', () => {
  const folder = scratchFolder()
  const queue = readProfiles(scratchFile('x.ini', `[astqueue]\noutgoingdir = ${folder}/outgoing\n`)).queue
  expect(() => new Spool(queue)).toThrow(/Cannot write to .*outgoing/)
})
