import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { renderSite } from '../../../../../src/lib/privatedial/render-site.js'
import { sealText } from '../../../../../src/lib/privatedial/rendered-file.js'
import { completeJournal } from '../../../../../src/lib/privatedial/write/journal.js'
import { writeFiles } from '../../../../../src/lib/privatedial/write/write-files.js'
import { makeSite, makeUser } from '../../../support/sites.js'

let folder: string

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pbxkit-render-'))
  const made = folder
  onTestFinished(() => fs.rmSync(made, { recursive: true, force: true }))
})

const site = makeSite()
const files = renderSite(site)
const changed = renderSite({ ...site, dial: { ...site.dial, timeoutS: 99 } })
const at = (name: string) => path.join(folder, name)
const names = () => fs.readdirSync(folder).sort()

describe('writing rendered files', () => {
  it('makes them with their modes, and nothing else', async () => {
    await writeFiles(files, folder)
    expect(names()).toEqual(files.map(({ name }) => name).sort())
    for (const { name, text, mode } of files) {
      expect(fs.readFileSync(at(name), 'utf8')).toBe(text)
      expect(fs.statSync(at(name)).mode & 0o777).toBe(mode)
    }
  })

  it('says which folder it cannot be when that is below a file', async () => {
    fs.writeFileSync(at('file'), '')
    // Node 24 sees nothing to complete there; Node 20 fails at the look already.
    const write = async () => {
      await completeJournal(at('file/etc'))
      await writeFiles(files, at('file/etc'))
    }
    await expect(write()).rejects.toMatchObject({
      code: 'E_IO',
      message: expect.stringMatching(new RegExp(`^Cannot (write to|make) ${at('file/etc')}: ENOTDIR`))
    })
  })

  it('writes only what differs, and keeps what was there before, once', async () => {
    await writeFiles(files, folder)
    const before = fs.statSync(at('extensions.conf')).mtimeMs
    expect((await writeFiles(files, folder)).written).toEqual([])
    expect((await writeFiles(changed, folder)).written).toEqual(['extensions_local.conf'])
    expect(fs.statSync(at('extensions.conf')).mtimeMs).toBe(before)
    expect(fs.readdirSync(at('.pbxkit-backup'))).toEqual(['extensions_local.conf'])
    expect(fs.readFileSync(at('.pbxkit-backup/extensions_local.conf'), 'utf8')).toBe(
      files.find(({ name }) => name === 'extensions_local.conf')!.text
    )
  })

  it('takes a secret away from others who may read it', async () => {
    await writeFiles(files, folder)
    fs.chmodSync(at('pjsip_endpoint.conf'), 0o644)
    expect((await writeFiles(files, folder)).written).toEqual(['pjsip_endpoint.conf'])
    expect(fs.statSync(at('pjsip_endpoint.conf')).mode & 0o777).toBe(0o600)
  })

  it('keeps what was edited by hand, and what is not ours, unless it is forced', async () => {
    await writeFiles(files, folder)
    fs.appendFileSync(at('extensions_local.conf'), '; mine\n')
    fs.writeFileSync(at('minivm.conf'), '[general]\n')
    await expect(writeFiles(changed, folder)).rejects.toThrow(
      'edited by hand since it was rendered: extensions_local.conf; not rendered by pbxkit: minivm.conf'
    )
    expect(fs.readFileSync(at('extensions_local.conf'), 'utf8')).toContain('; mine')
    await writeFiles(changed, folder, { force: true })
    expect(fs.readFileSync(at('extensions_local.conf'), 'utf8')).toContain(',99')
    expect(fs.readFileSync(at('.pbxkit-backup/extensions_local.conf'), 'utf8')).toContain('; mine')
  })

  it('writes nothing in a dry run, not even the folder', async () => {
    const missing = at('new')
    expect((await writeFiles(files, missing, { dryRun: true })).written).toHaveLength(files.length)
    expect(fs.existsSync(missing)).toBe(false)
  })

  it('leaves the old files when a new one would not load, with what is added by hand', async () => {
    await writeFiles(files, folder)
    const before = fs.readFileSync(at('pjsip_endpoint.conf'), 'utf8')
    const broken = files.map((one) => (one.name === 'pjsip_endpoint.conf' ? { ...one, text: sealText('[oops\n') } : one))
    await expect(writeFiles(broken, folder)).rejects.toThrow(/pjsip_endpoint\.conf:2: /)
    const lost = files.map((one) =>
      one.name === 'extensions.conf' ? { ...one, text: sealText(`${one.text}[x]\nexten => 1,n,NoOp()\n`) } : one
    )
    await expect(writeFiles(lost, folder)).rejects.toThrow(/extensions\.conf:\d+: /)
    fs.writeFileSync(at('pjsip_custom.conf'), '[oops\n')
    await expect(writeFiles(changed, folder)).rejects.toThrow(/pjsip_custom\.conf:1: /)
    expect(fs.readFileSync(at('pjsip_endpoint.conf'), 'utf8')).toBe(before)
    expect(names().filter((name) => name.startsWith('.'))).toEqual([])
  })

  it('puts new numbers in place after their endpoints, and takes numbers away before', async () => {
    await writeFiles(files, folder)
    const more = renderSite({ ...site, users: [...site.users, makeUser('dave', '+46812340009')] })
    const seen: string[] = []
    const beforeNumbers = async (done: readonly string[]) => {
      seen.push(...done)
      expect(fs.readFileSync(at('numbers.conf'), 'utf8')).not.toContain('dave')
      expect(fs.readFileSync(at('pjsip_endpoint.conf'), 'utf8')).toContain('dave')
    }
    expect((await writeFiles(more, folder, { beforeNumbers })).written).toEqual(['pjsip_endpoint.conf', 'numbers.conf'])
    expect(seen).toEqual(['pjsip_endpoint.conf'])
    expect((await writeFiles(files, folder)).written).toEqual(['numbers.conf', 'pjsip_endpoint.conf'])
  })

  it('removes what a run that was killed has left', async () => {
    fs.mkdirSync(at('.pbxkit-render-999999999-abc'))
    fs.mkdirSync(at(`.pbxkit-render-${process.ppid}-abc`))
    // Of another process of our number, or our parent's: a container has few.
    fs.mkdirSync(at(`.pbxkit-render-${process.pid}.1-abc`))
    fs.mkdirSync(at(`.pbxkit-render-${process.ppid}.1-abc`))
    await writeFiles(files, folder)
    expect(names().filter((name) => name.startsWith('.pbxkit-render'))).toEqual([`.pbxkit-render-${process.ppid}-abc`])
  })
})
