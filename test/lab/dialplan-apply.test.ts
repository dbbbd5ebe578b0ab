import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { AmiClient } from '../../src/lib/ami-client/client.js'
import { proveFiles } from '../../src/lib/privatedial/apply/apply-files.js'
import { renderInto } from '../../src/lib/privatedial/render-into.js'
import type { Site } from '../../src/lib/site/site.js'
import { makeTrunk, makeUser } from '../unit/support/sites.js'
import { AMI_ADMIN, AMI_LIMITED } from './servers/asterisk-config.js'
import { describeLab } from './support/lab.js'
import { type RenderedPbx, startRendered } from './support/rendered-pbx.js'

const timeoutMs = 10_000

for (const form of ['plain', 'wizard'] as const) {
  await describeLab(`dialplan render --apply (${form}) with Asterisk 22`, () => {
    let pbx: RenderedPbx
    let client: AmiClient
    let folder: string

    const connect = (account: { username: string; secret: string }) =>
      AmiClient.open({
        connect: { host: '127.0.0.1', port: pbx.asterisk.amiPort, timeoutMs },
        credentials: { ...account, auth: 'md5', events: 'off' },
        timeoutMs
      })
    const apply = (site: Site, with_ = client) =>
      renderInto(site, {
        ...{ folder, configFolder: pbx.configFolder, force: false, dryRun: false, acceptsSlowStart: false },
        apply: { client: with_, timeoutMs, signal: new AbortController().signal }
      })

    beforeAll(async () => {
      pbx = await startRendered(form)
      folder = path.join(pbx.asterisk.dir, 'etc')
      client = await connect(AMI_ADMIN)
    })
    afterAll(async () => {
      client?.close()
      await pbx?.asterisk.stop()
    })

    it('finds in Asterisk all that was rendered', async () => {
      const { written, applied } = await apply(pbx.site)
      // The lab wrote what others may read, and no settings of msmtp.
      expect(written).toEqual(['pjsip_endpoint.conf', 'msmtprc'])
      expect(applied).toMatchObject({
        differences: [],
        needsRestart: false,
        proved: { endpoint: 4, aor: 4, auth: 3, identify: 1, registration: 0, transport: 3, hint: form === 'plain' ? 1 : 3 }
      })
      expect(applied!.proved.priority).toBeGreaterThan(150)
    })

    it('has users and trunks that come, change and go', async () => {
      const [alice] = pbx.site.users
      const more = {
        ...pbx.site,
        users: [{ ...alice!, secret: 'another-secret' }, makeUser('dave', '+46812340009', { trunk: 'other' })],
        trunks: [
          makeTrunk('itsp', { hosts: ['127.0.0.3'], match: ['127.0.0.3'] }),
          makeTrunk('other', {
            hosts: ['127.0.0.4:5070'],
            match: ['127.0.0.0/30'],
            username: 'me',
            secret: 'them',
            register: true,
            transport: 'tcp'
          })
        ]
      }
      const { applied } = await apply(more)
      expect(applied).toMatchObject({
        differences: [],
        proved: { endpoint: 4, aor: 4, auth: 3, identify: 2, registration: 1, hint: form === 'plain' ? 1 : 2 }
      })
      expect((await apply(pbx.site)).applied).toMatchObject({ differences: [], proved: { endpoint: 4, registration: 0 } })
    })

    it('sees what was changed behind its back', async () => {
      const custom = path.join(folder, 'pjsip_custom.conf')
      fs.writeFileSync(custom, '[ghost]\ntype = endpoint\ncontext = dp_entry_call_in\n')
      await pbx.asterisk.rx('module reload res_pjsip.so')
      expect((await proveFiles(client, folder, timeoutMs)).differences).toEqual([])
      fs.rmSync(custom)
      await pbx.asterisk.rx('dialplan remove extension s@sub_dial_term 3')
      expect((await proveFiles(client, folder, timeoutMs)).differences).toEqual([
        { kind: 'endpoint', name: 'ghost', state: 'extra', fields: [] },
        { kind: 'priority', name: 'sub_dial_term,s,3', state: 'missing', fields: [] }
      ])
      expect((await apply(pbx.site)).applied!.differences).toEqual([])
    })

    it('refuses a user of AMI who may not look, before it calls anything wrong', async () => {
      const limited = await connect(AMI_LIMITED)
      await expect(apply(pbx.site, limited)).rejects.toThrow(/does not let this user/)
      limited.close()
    })

    it('says that a changed transport needs a restart, and finds it after one', async () => {
      const { udp } = pbx.site.transport
      const moved = { ...pbx.site, transport: { ...pbx.site.transport, tcp: { ...udp!, bind: '127.0.0.9' } } }
      const { applied } = await apply(moved)
      expect(applied).toMatchObject({
        needsRestart: true,
        differences: [{ kind: 'transport', name: 'tcp', state: 'differs', fields: ['bind'] }]
      })
      client.close()
      await pbx.asterisk.restart()
      client = await connect(AMI_ADMIN)
      expect(await proveFiles(client, folder, timeoutMs)).toMatchObject({ differences: [], needsRestart: false })
    })

    it('leaves the old files when the disk is full', async () => {
      const disk = path.join(pbx.asterisk.dir, 'disk')
      fs.mkdirSync(disk)
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=96k', 'tmpfs', disk])
      try {
        const run = { folder: disk, configFolder: disk, force: false, dryRun: false, acceptsSlowStart: false }
        await renderInto(pbx.site, run)
        expect(() => fs.writeFileSync(path.join(disk, 'filler'), Buffer.alloc(96 * 1024))).toThrow('ENOSPC')
        const before = contents(disk)
        const changed = { ...pbx.site, dial: { ...pbx.site.dial, timeoutS: 99 } }
        await expect(renderInto(changed, run)).rejects.toThrow(/ENOSPC.*old files are as they were/)
        expect(contents(disk)).toEqual(before)
      } finally {
        execFileSync('umount', [disk])
      }
    })
  })
}

function contents(folder: string): Record<string, string> {
  return Object.fromEntries(fs.readdirSync(folder).map((name) => [name, fs.readFileSync(path.join(folder, name), 'latin1')]))
}
