import { X509Certificate } from 'node:crypto'
import fs from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import net, { type AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import { generateTls } from '../../../../src/lib/keygen/tls/generate-tls.js'
import { agiVerbose, readAgiEnvironment } from '../../../../src/lib/websms/agi-environment.js'
import { readProfiles } from '../../../../src/lib/websms/profiles.js'
import { sendMessage } from '../../../../src/lib/websms/send-message.js'
import { scratchFile } from '../../support/scratch.js'

const message = { to: '+46701234567', from: '+12025550160', body: 'a "b" & ü' }

function profile(text: string, section = '[websms:x]') {
  const { outgoing } = readProfiles(scratchFile('websms.ini', `${section}\n${text}\n`))
  return outgoing.get('x') ?? outgoing.get('')!
}

interface Seen {
  method: string
  url: string
  headers: http.IncomingHttpHeaders
  body: string
}

async function listen(server: net.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

/** A provider that answers as it is told, then with 200. */
async function provider(...answers: (number | [status: number, body: string, headers?: Record<string, string>])[]) {
  const seen: Seen[] = []
  const server = http.createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    seen.push({ method: request.method!, url: request.url!, headers: request.headers, body })
    const [status, text = '', headers = {}] = [answers.shift() ?? 200].flat() as [number, string?, Record<string, string>?]
    response.writeHead(status, headers).end(text)
  })
  return { seen, url: `http://127.0.0.1:${await listen(server)}` }
}

const pauses: number[] = []
const options = (changes = {}) => ({
  ...{ id: 'the-id', signal: new AbortController().signal, pause: async (ms: number) => void pauses.push(ms) },
  ...changes
})

describe('a message', () => {
  it('is posted as a form, with a login and fixed fields', async () => {
    const { seen, url } = await provider()
    const text = `url_host = ${url}\nurl_path = /send/\nauth_user = me\nauth_secret = s\\;x\nval_static = a=1, b = 2\nval_numform = E164\nkey_body = text\nheader = X-Api-Key: k 1`
    expect(await sendMessage(profile(text), message, options())).toEqual({ attempts: 1, status: 200 })
    expect(seen[0]).toMatchObject({ method: 'POST', url: '/send/' })
    expect(seen[0]!.headers).toMatchObject({
      authorization: `Basic ${Buffer.from('me:s;x').toString('base64')}`,
      'x-api-key': 'k 1',
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8'
    })
    expect(Object.fromEntries(new URLSearchParams(seen[0]!.body))).toEqual({
      To: '46701234567',
      From: '12025550160',
      text: message.body,
      a: '1',
      b: '2'
    })
  })

  it('is JSON, a query or a template', async () => {
    const { seen, url } = await provider()
    await sendMessage(profile(`url = ${url}/\nformat = json\nauth_method = bearer\nauth_secret = t0ken`), message, options())
    await sendMessage(
      profile(`url = ${url}/a?k=v\nmethod = GET\nauth_method = plain\nauth_user = me\nauth_secret = s&\nkey_user = u`),
      message,
      options()
    )
    await sendMessage(
      profile(`url = ${url}/\${to}/x\nmethod = PUT\ntemplate = {"to":["\${to}"],"m":"\${body}","id":"\${id}"}`),
      message,
      options()
    )
    expect(JSON.parse(seen[0]!.body)).toEqual({ To: message.to, From: message.from, Body: message.body })
    expect(seen[0]!.headers.authorization).toBe('Bearer t0ken')
    expect([seen[1]!.method, seen[1]!.body]).toEqual(['GET', ''])
    expect(Object.fromEntries(new URL(`http://x${seen[1]!.url}`).searchParams)).toEqual({
      k: 'v',
      To: message.to,
      From: message.from,
      Body: message.body,
      u: 'me',
      secret: 's&'
    })
    expect(seen[2]).toMatchObject({ method: 'PUT', url: '/%2B46701234567/x' })
    expect(JSON.parse(seen[2]!.body)).toEqual({ to: [message.to], m: message.body, id: 'the-id' })
  })

  it('has no character that the provider does not know, or says that it has one', async () => {
    const { seen, url } = await provider()
    const emoji = { ...message, body: 'ä€😀' }
    await sendMessage(profile(`url = ${url}/\nval_unicode = UCS-2`), emoji, options())
    await sendMessage(profile(`url = ${url}/\nval_unicode = type=unicode`), emoji, options())
    await sendMessage(profile(`url = ${url}/\nval_unicode = type=unicode`), message, options())
    const bodies = seen.map(({ body }) => Object.fromEntries(new URLSearchParams(body)))
    expect(bodies.map(({ Body, type }) => [Body, type])).toEqual([
      ['ä€\ufffd', undefined],
      ['ä€😀', 'unicode'],
      [message.body, undefined]
    ])
  })

  it('is tried again when the provider is busy or away, with longer and longer pauses, and not for ever', async () => {
    pauses.length = 0
    const busy = await provider(503, [429, '', { 'Retry-After': '3' }], 200)
    expect(await sendMessage(profile(`url = ${busy.url}/`), message, options())).toEqual({ attempts: 3, status: 200 })
    expect(pauses).toEqual([500, 3_000])
    const longer = await provider([503, '', { 'Retry-After': '3600' }])
    await expect(sendMessage(profile(`url = ${longer.url}/`), message, options())).rejects.toThrow('answered 503')
    pauses.length = 0
    const port = await new Promise<number>((resolve) => {
      const server = net.createServer().listen(0, '127.0.0.1', () => {
        const { port } = server.address() as AddressInfo
        server.close(() => resolve(port))
      })
    })
    await expect(sendMessage(profile(`url = http://127.0.0.1:${port}/`), message, options())).rejects.toMatchObject({
      code: 'E_CONNECT'
    })
    expect(pauses).toEqual([500, 1_000])
  })

  it('is not sent twice: no second attempt after a request without a reply, or a refusal', async () => {
    let requests = 0
    const silent = await listen(
      net.createServer((socket) =>
        socket
          .once('data', () => {
            requests++
            socket.destroy()
          })
          .on('error', () => {})
      )
    )
    await expect(sendMessage(profile(`url = http://127.0.0.1:${silent}/`), message, options())).rejects.toMatchObject({
      code: 'E_CONNECTION_LOST'
    })
    const late = await listen(net.createServer((socket) => socket.once('data', () => void requests++).on('error', () => {})))
    await expect(sendMessage(profile(`url = http://127.0.0.1:${late}/\ntimeout = 1`), message, options())).rejects.toMatchObject({
      code: 'E_TIMEOUT'
    })
    expect(requests).toBe(2)
    const refusing = await provider([400, 'bad number'], [302, '', { Location: 'http://127.0.0.1:1/' }], 500)
    for (const status of [400, 302, 500])
      await expect(sendMessage(profile(`url = ${refusing.url}/`), message, options())).rejects.toThrow(`answered ${status}`)
    expect(refusing.seen).toHaveLength(3)
  })

  it('has been taken only when the reply says so', async () => {
    const text = (url: string) => `url = ${url}/\nresp_check = status=ok`
    const good = await provider([200, '{"status":"ok"}'], [200, 'a=1&status=ok'])
    await sendMessage(profile(text(good.url)), message, options())
    await sendMessage(profile(text(good.url)), message, options())
    for (const body of ['{"status":"error"}', '{}', '', 'status=okay', '{"status":{"ok":1}}', '{"toString":1}', 'null']) {
      const bad = await provider([200, body])
      await expect(sendMessage(profile(text(bad.url)), message, options())).rejects.toThrow('status is not "ok"')
    }
    const endless = await provider([200, 'x'.repeat(300_000)])
    await expect(sendMessage(profile(text(endless.url)), message, options())).rejects.toMatchObject({ code: 'E_PROTOCOL' })
  })

  it('goes only to who has the right certificate, and is not repeated to who has not', async () => {
    const pair = await generateTls({ names: ['127.0.0.1'], keyType: 'ec-p256', usage: 'server', days: 1, now: new Date() })
    let requests = 0
    const server = https.createServer({ cert: pair.certificate, key: pair.key }, (_, response) => {
      requests++
      response.end()
    })
    const url = `https://127.0.0.1:${await listen(server)}/`
    pauses.length = 0
    await expect(sendMessage(profile(`url = ${url}`), message, options())).rejects.toMatchObject({ code: 'E_TLS' })
    expect([requests, pauses.length]).toEqual([0, 0])
    const ca = scratchFile('ca.pem', pair.certificate)
    expect(new X509Certificate(fs.readFileSync(ca)).ca).toBe(false)
    await sendMessage(profile(`url = ${url}\ntls_ca = ${ca}`), message, options())
    expect(requests).toBe(1)
  })
})

describe("the providers' file", () => {
  it.each([
    ['[websms:x]\nurl = http://api.example.com/', 'is not encrypted'],
    ['[websms:x]\nurl = https://me:pw@api.example.com/', 'has a login'],
    [`[websms:x]\nurl = https://\${to}.example.com/`, 'placeholder in its host'],
    [`[websms:x]\nurl = https://api.example.com/\${nothing}`, `has \${nothing}`],
    ['[websms:x]\nurl = ftp://x/', 'is no URL'],
    ['[websms:x]', 'has no url'],
    ['[websms:x]\nurl = https://x/\ntemplate = <a>\ncontent_type = text/plain', 'no way to escape'],
    ['[websms:x]\nurl = https://x/\nmethod = GET\nformat = json', 'GET has no body'],
    ['[websms:x]\nurl = https://x/\nauth_user = me\nauth_method = basic', 'needs auth_secret'],
    ['[websms:x]\nurl = https://x/\nauth_user = me\nauth_secret = s\nauth_method = zadarma\nformat = json', 'signs a form'],
    ['[websms:x]\nurl = https://x/\nval_unicode = latin1', 'neither UCS-2 nor'],
    ['[websmsd:x]\nremt_addr = 10.0.0.1\nonly = event', 'not of the form name=value'],
    ['[websms:x]\nurl = https://x/\nheader = Content-Length: 1', 'is no header'],
    ['[websms:x]\nurl = https://x/\nheader = X', 'is no header'],
    ['[websms:x]\nurl = https://x/\nurll = y', 'there is no urll'],
    ['[websms:x]\nurl = https://x/\nurl = https://y/', 'given twice'],
    ['[websms:x]\nurl = https://x/\ntimeout = 900', 'no whole number'],
    ['[websms:x]\nurl = https://x/\n[websms:x]\nurl = https://x/', 'is there already'],
    ['[other]\n', 'no section'],
    ['[websmsd:x]\nkey_to = a', 'lets everybody in'],
    ['[websmsd:x]\nsecret = short', 'fewer than 16'],
    ['[websmsd:x]\nremt_addr = 10.0.0.0/99', 'neither an address nor a network'],
    ['[websmsd:x]\nremt_addr = 10.0.0.1\nurl_path = a b', 'is no path'],
    ['[websmsd:x]\nremt_addr = 10.0.0.1\nurl_path = /a\n[websmsd:y]\nremt_addr = 10.0.0.1\nurl_path = /a', 'two sections'],
    ['[astqueue]\ncontext = a b', 'no name of a context'],
    ['[astqueue]\noutgoingdir = x', 'no absolute path']
  ])('%j is refused: %s', (text, why) => {
    expect(() => readProfiles(scratchFile('websms.ini', `${text}\n`))).toThrow(why)
  })

  it('is refused when others may read it, and never repeated in a message', () => {
    expect(() => readProfiles(scratchFile('websms.ini', '[websms]\nurl = https://x/\n', 0o640))).toThrow(
      /others may read it.*0640/
    )
    const file = scratchFile('websms.ini', '[websms]\nurl = https://x/\nauth_secret = hunter2\nauth_method = wrong\n')
    expect(() => readProfiles(file)).toThrow(expect.not.stringContaining('hunter2'))
  })

  it('may have a secret in a file of its own', () => {
    const file = scratchFile('websms.ini', '[websms]\nurl = https://x/\nauth_user = a\nauth_secret_file = pw\n')
    const password = file.replace(/websms\.ini$/, 'pw')
    fs.writeFileSync(password, 'from-a-file\n', { mode: 0o600 })
    expect(readProfiles(file).outgoing.get('')!.login).toEqual({ method: 'basic', user: 'a', secret: 'from-a-file' })
    fs.chmodSync(password, 0o644)
    expect(() => readProfiles(file)).toThrow(/others may read it/)
  })
})

describe('AGI', () => {
  const environment = async (...chunks: string[]) => {
    const input = new PassThrough()
    for (const chunk of chunks) input.write(chunk)
    return readAgiEnvironment(input)
  }

  it('is read up to what the message may have put there', async () => {
    const text = 'agi_request: x\nagi_uniqueid: 1.2\nagi_arg_1: +46\nagi_arg_3: hello\nagi_uniqueid: 6.6\n\nagi_uniqueid: 7\n'
    expect((await environment(text)).get('agi_uniqueid')).toBe('1.2')
    expect((await environment(...text)).get('agi_uniqueid')).toBe('1.2')
    expect((await environment('agi_uniqueid: 1.2\n\n')).size).toBe(1)
  })

  it('is told something in one line, whatever it is', () => {
    expect(agiVerbose(`a "b"\n200 result\\ \${EXTEN}`, 3)).toBe('VERBOSE "a ?b??200 result? ??EXTEN?" 3\n')
  })
})
