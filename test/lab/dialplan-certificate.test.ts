import fs from 'node:fs'
import path from 'node:path'
import tls from 'node:tls'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { generateTls } from '../../src/lib/keygen/tls/generate-tls.js'
import { makeUser } from '../unit/support/sites.js'
import { AMI_ADMIN } from './servers/asterisk-config.js'
import { describeLab } from './support/lab.js'
import { Program, scratchFile, scratchFolder } from './support/program.js'
import { type RenderedPbx, startRendered } from './support/rendered-pbx.js'

await describeLab('the certificate of SIP over TLS in Asterisk 22', () => {
  let pbx: RenderedPbx
  let folder: string
  let live: string

  beforeAll(async () => {
    pbx = await startRendered('plain')
    folder = path.join(pbx.asterisk.dir, 'etc')
    live = scratchFolder('live')
    for (const name of ['tls.crt', 'tls.key']) fs.rmSync(path.join(folder, name))
  })
  afterAll(() => pbx?.asterisk.stop())

  /** The fingerprint that a phone sees. */
  const seen = () =>
    new Promise<string>((resolve) => {
      const socket = tls.connect({ host: '127.0.0.1', port: pbx.tlsPort, rejectUnauthorized: false }, () => {
        resolve(socket.getPeerX509Certificate()!.fingerprint256)
        socket.destroy()
      })
      socket.once('error', (error) => resolve(error.message))
    })
  const inAsterisk = async (fingerprint: string, program: Program) => {
    await program.until(() => (program.stderr.includes('Asterisk has') ? true : undefined), 'a reload')
    expect(await seen()).toBe(fingerprint)
  }

  const siteText = (more: string) => {
    const { udp } = pbx.site.transport
    const at = `bind = 127.0.0.1\nudp.port = ${udp!.port}`.replace('bind', 'udp.bind')
    const tcp = `tcp.bind = 127.0.0.1\ntcp.port = ${udp!.port}`
    const { number, secret } = makeUser('alice', '+46812340001')
    return `[site]
domain = pbx.example.org
country_code = 46
[transport]
${at}
${tcp}
tls.bind = 127.0.0.1
tls.port = ${pbx.tlsPort}
tls.cert = ${pbx.configFolder}/tls.crt
tls.key = ${pbx.configFolder}/tls.key
${more}
[user:alice]
number = ${number}
secret = ${secret}
`
  }

  it('is made, taken from an ACME client and changed while Asterisk runs', async () => {
    const site = scratchFile('site.ini', siteText(''))
    const secret = scratchFile('ami', AMI_ADMIN.secret)
    const ami = ['--port', String(pbx.asterisk.amiPort), '--username', AMI_ADMIN.username, '--secret-file', secret]
    const render = new Program([
      ...['dialplan', 'render', site, '--out', folder, '--etc', pbx.configFolder, '--force'],
      ...['--watch', '--apply', ...ami]
    ])
    await render.says(/^ready$/m)
    expect(render.stderr).toMatch(/written +\S+tls\.crt \(signed by itself, until/)
    const first = await seen()
    expect(first).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/)
    expect(fs.statSync(path.join(folder, 'tls.key')).mode & 0o777).toBe(0o600)

    const put = async () => {
      const pair = await generateTls({
        ...{ names: ['pbx.example.org'], keyType: 'ec-p256', usage: 'server', days: 90, now: new Date() }
      })
      fs.writeFileSync(path.join(live, 'privkey.pem'), pair.key)
      fs.writeFileSync(path.join(live, 'fullchain.pem'), pair.certificate)
      render.stderr = ''
      return pair.facts.fingerprint256
    }
    const taken = await put()
    fs.writeFileSync(site, siteText(`tls.acme = ${live}`))
    await inAsterisk(taken, render)
    const next = await put()
    await render.says(/from the ACME client/)
    await inAsterisk(next, render)
    expect(new Set([first, taken, next]).size).toBe(3)
    render.kill('SIGTERM')
    await render.until(() => render.ended, 'its end')
  }, 60_000)

  const putInPlace = async () => {
    const pair = await generateTls({
      ...{ names: ['pbx.example.org'], keyType: 'ec-p256', usage: 'server', days: 90, now: new Date() }
    })
    fs.writeFileSync(path.join(folder, 'tls.key'), pair.key)
    fs.writeFileSync(path.join(folder, 'tls.crt'), pair.certificate)
    return pair.facts.fingerprint256
  }

  it('is taken by a reload of res_pjsip and not before, and connections that stand stay', async () => {
    const before = await seen()
    const held = tls.connect({ host: '127.0.0.1', port: pbx.tlsPort, rejectUnauthorized: false })
    await new Promise<void>((resolve) => held.once('secureConnect', resolve))
    const next = await putInPlace()
    expect(await seen()).toBe(before)
    for (const module of ['pbx_config.so', 'res_rtp_asterisk.so']) await pbx.asterisk.rx(`module reload ${module}`)
    expect(await seen()).toBe(before)
    await pbx.asterisk.rx('module reload res_pjsip.so')
    expect(await seen()).toBe(next)
    const headers = 'From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0'
    held.write(`OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TLS b;branch=z9hG4bK1\r\n${headers}\r\n\r\n`)
    const answer = new Promise<string>((resolve) => {
      held.once('data', (data) => resolve(data.toString())).once('close', () => resolve('closed'))
    })
    expect(await answer).toMatch(/^SIP\/2\.0 \d+ /)
    held.destroy()
  })

  it('that comes after the start of Asterisk is taken by a reload as well', async () => {
    for (const name of ['tls.crt', 'tls.key']) fs.rmSync(path.join(folder, name))
    await pbx.asterisk.restart()
    expect(await seen()).toContain('ECONNREFUSED')
    const late = await putInPlace()
    await pbx.asterisk.rx('module reload res_pjsip.so')
    expect(await seen()).toBe(late)
  })
})
