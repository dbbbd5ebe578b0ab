import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { AmiClient } from '../../src/lib/ami-client/client.js'
import { generateTls } from '../../src/lib/keygen/tls/generate-tls.js'
import { AMI_ADMIN } from './servers/asterisk-config.js'
import { startBaresip } from './support/baresip.js'
import { describeLabWith } from './support/debian-clients.js'
import { scratchFile } from './support/program.js'
import { type RenderedPbx, startRendered } from './support/rendered-pbx.js'

await describeLabWith(['baresip-core'], 'a call over TLS and SDES between two baresip, in Asterisk 22', () => {
  let pbx: RenderedPbx
  let caFile: string

  beforeAll(async () => {
    pbx = await startRendered('plain', () => ({
      media: { codecs: ['ulaw'], encryption: 'sdes' }
    }))
    const pair = await generateTls({ names: ['127.0.0.1'], keyType: 'ec-p256', usage: 'server', days: 1, now: new Date() })
    caFile = scratchFile('ca.pem', pair.certificate)
    const etc = path.join(pbx.asterisk.dir, 'etc')
    fs.writeFileSync(path.join(etc, 'tls.key'), pair.key)
    fs.writeFileSync(path.join(etc, 'tls.crt'), pair.certificate)
    await pbx.asterisk.rx('module reload res_pjsip.so')
  })
  afterAll(() => pbx?.asterisk.stop())

  it('is answered, and both hear the other through SRTP', async () => {
    const secretOf = (name: string) => pbx.site.users.find((user) => user.name === name)!.secret
    const phone = (name: string, commands?: string[]) => {
      const one = startBaresip({ name, password: secretOf(name), port: pbx.tlsPort, caFile, ...(commands && { commands }) })
      onTestFinished(() => one.kill('SIGKILL'))
      return one
    }
    phone('bob')
    await vi.waitFor(
      async () => expect(await pbx.asterisk.rx('pjsip show contacts')).toMatch(/bob\/sip:bob.*;tra.* Avail/),
      15_000
    )
    phone('alice', [`/dial sip:+46812340002@127.0.0.1:${pbx.tlsPort}`])
    const channels = () => pbx.asterisk.rx('pjsip show channelstats')
    await vi.waitFor(
      async () => {
        // Name, codec, packets received: both sides have some.
        const rows = [...(await channels()).matchAll(/(alice|bob)-\w+ +\S+ +ulaw +(\d+)/g)].map(([, name, packets]) => [
          name,
          Number(packets) > 20
        ])
        expect(rows.sort()).toEqual([
          ['alice', true],
          ['bob', true]
        ])
      },
      { timeout: 20_000, interval: 300 }
    )
    const client = await AmiClient.open({
      connect: { host: '127.0.0.1', port: pbx.asterisk.amiPort, timeoutMs: 5_000 },
      credentials: { ...AMI_ADMIN, auth: 'md5', events: 'off' },
      timeoutMs: 5_000
    })
    onTestFinished(() => client.close())
    const names = [...(await pbx.asterisk.rx('core show channels concise')).matchAll(/^(PJSIP\/\S+?)!/gm)].map(
      ([, name]) => name!
    )
    expect(names).toHaveLength(2)
    for (const name of names)
      for (const variable of ['CHANNEL(rtp,secure,audio)', 'CHANNEL(pjsip,secure)']) {
        const { response } = await client.send(
          [
            ['Action', 'Getvar'],
            ['Channel', name],
            ['Variable', variable]
          ],
          { timeoutMs: 5_000 }
        )
        expect([variable, response.get('Value')]).toEqual([variable, '1'])
      }
    await pbx.asterisk.rx('channel request hangup all')
  }, 60_000)
})
