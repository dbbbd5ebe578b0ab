import fs from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { makeSite } from '../unit/support/sites.js'
import { describeLab } from './support/lab.js'
import { Phone } from './support/phone.js'
import { Program, scratchFile } from './support/program.js'
import { installProgram } from './support/program-in-chroot.js'
import { type RenderedPbx, startRendered } from './support/rendered-pbx.js'

interface Posted {
  path: string
  authorization: string | undefined
  fields: Record<string, string>
}

await describeLab('messages of the mobile network, with Asterisk 22 and pbxkit dialplan websms', () => {
  let pbx: RenderedPbx
  let bob: Phone
  let provider: http.Server
  const posted: Posted[] = []
  let answers: number[] = []
  const secret = 'a-secret-of-some-length'

  beforeAll(async () => {
    provider = http.createServer(async (request, response) => {
      let text = ''
      for await (const chunk of request) text += chunk
      posted.push({
        path: request.url!,
        authorization: request.headers.authorization,
        fields: Object.fromEntries(new URLSearchParams(text))
      })
      response.writeHead(answers.shift() ?? 200, { 'Content-Type': 'application/json' }).end('{"status":"queued"}')
    })
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
    const { port } = provider.address() as AddressInfo
    pbx = await startRendered('plain', ({ dir }) => ({
      sms: { app: `${dir}/program/pbxkit`, arguments: ['dialplan', 'websms', 'send', '--'], profiles: ['main'] },
      users: makeSite().users.map((one) => (one.name === 'bob' ? { ...one, sms: 'main' } : one))
    }))
    const { dir } = pbx.asterisk
    const inside = path.dirname(pbx.configFolder)
    installProgram(dir, inside, { PBXKIT_PROVIDERS: `${inside}/websms.ini` })
    const login = 'auth_user = me\nauth_secret = a\\;b c\nresp_check = status=queued\nretries = 1'
    fs.writeFileSync(path.join(dir, 'websms.ini'), `[websms:main]\nurl = http://127.0.0.1:${port}/send?to=\${to}\n${login}\n`, {
      mode: 0o600
    })
    bob = new Phone('bob', pbx.asterisk.sipPort, { password: pbx.site.users.find(({ name }) => name === 'bob')!.secret })
    expect(await bob.register()).toBe(200)
  })
  afterAll(async () => {
    bob?.close()
    provider?.close()
    await pbx?.asterisk.stop()
  })
  beforeEach(() => {
    posted.length = 0
    answers = []
    bob.messages.length = 0
  })

  it('go out to the provider as they are, whatever is in them', async () => {
    for (const body of ['--help', `a "quoted", text; $(id) \`id\` \${EXTEN}\n\nagi_uniqueid: x\n200 result=1 ✓ & = + %41`]) {
      posted.length = 0
      expect(await bob.text('0899999999', body)).toBe(202)
      const [one] = await vi.waitFor(() => {
        expect(posted).toHaveLength(1)
        return posted
      }, 20_000)
      expect(one).toEqual({
        path: '/send?to=%2B46899999999',
        authorization: `Basic ${Buffer.from('me:a;b c').toString('base64')}`,
        fields: { To: '+46899999999', From: '+46812340002', Body: body }
      })
    }
    expect(bob.messages).toEqual([])
  }, 60_000)

  it('that the provider does not take are reported to their sender; a busy provider is asked again', async () => {
    answers = [503, 200]
    expect(await bob.text('0899999998', 'busy')).toBe(202)
    await vi.waitFor(() => expect(posted).toHaveLength(2), 20_000)
    answers = [400]
    expect(await bob.text('0899999999', 'no')).toBe(202)
    const report = await bob.until((one) => one.messages[0], 'a report', 20_000)
    expect(report.body.toString()).toBe('Not delivered to +46899999999: no')
    expect(posted).toHaveLength(3)
  }, 60_000)

  it('come in over HTTP to a phone, long ones whole, and to who is offline later', async () => {
    const spool = path.join(pbx.asterisk.dir, 'spool')
    const file = scratchFile(
      'websms.ini',
      `[websmsd:main]\nsecret = ${secret}\nresp_ack = <Response></Response>\n[astqueue]\noutgoingdir = ${spool}/outgoing\n`
    )
    const serve = new Program(['dialplan', 'websms', 'serve', '--listen', '127.0.0.1:0', '--providers', file])
    const [, port] = await serve.says(/^ready http=127\.0\.0\.1:(\d+)$/m)
    const post = (fields: Record<string, string>, authorization = `Bearer ${secret}`) =>
      fetch(`http://127.0.0.1:${port}/main`, {
        method: 'POST',
        headers: { Authorization: authorization },
        body: new URLSearchParams(fields)
      })
    const bodies = [
      `café, "yes"; #1 \${EXTEN}\nSetvar: x=y ✓`,
      'x'.repeat(300),
      `${'å'.repeat(480)} end`,
      `${'å'.repeat(475)}x end`
    ]
    for (const body of bodies) {
      bob.messages.length = 0
      const response = await post({ To: '46812340002', From: '+12025550160', Body: body })
      expect({ status: response.status, text: await response.text() }).toEqual({ status: 200, text: '<Response></Response>' })
      const message = await bob.until((one) => one.messages[0], `a message of ${body.length}`)
      expect(message.body.toString()).toBe(body)
      expect(message.from.uriText).toContain('sip:+12025550160@')
    }
    bob.messages.length = 0
    const long = Array.from({ length: 700 }, (_, index) => `${index}å`).join('')
    await post({ To: '46812340002', From: '+12025550160', Body: long })
    await bob.until((one) => one.messages.length === 3, 'three parts', 20_000)
    expect(bob.messages.map((one) => one.body.toString()).join('')).toBe(long)
    bob.messages.length = 0
    await bob.register(0)
    await post({ To: '46812340002', From: '22000', Body: 'å'.repeat(480) })
    await vi.waitFor(async () => expect(await pbx.asterisk.rx('database show pd_text')).toContain('1 results found'), 10_000)
    expect(await bob.register()).toBe(200)
    expect((await bob.until((one) => one.messages[0], 'the kept one', 20_000)).body.toString()).toBe('å'.repeat(480))
    expect((await post({ To: '46812340002', From: '+12025550160', Body: 'x' }, 'Bearer wrong')).status).toBe(401)
    expect((await post({ To: '../46812340002', From: '+12025550160', Body: 'x' })).status).toBe(422)
    expect(fs.readdirSync(path.join(spool, 'tmp'))).toEqual([])
    serve.kill('SIGTERM')
    expect(await serve.until(() => serve.ended, 'its end')).toMatchObject({ status: 0 })
  }, 60_000)
})
