import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeSite, makeUser } from '../unit/support/sites.js'
import { pbxkit, Running, temporaryFolder, writeFile } from './support/pbxkit.js'
import { siteText } from './support/site-file.js'

const render = (file: string, out: string, ...flags: string[]) => pbxkit(['dialplan', 'render', file, '--out', out, ...flags])

describe('dialplan render', () => {
  it('writes a folder, and says no when it is asked whether something differs', async () => {
    const out = path.join(temporaryFolder(), 'etc')
    const file = writeFile(siteText(), { name: 'privatedial.ini' })
    expect(await render(file, out, '--check')).toMatchObject({ status: 1 })
    expect(fs.existsSync(out)).toBe(false)
    const { status, stdout, stderr } = await render(file, out)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain('written      extensions.conf (new)\n')
    expect(await render(file, out, '--check')).toMatchObject({ status: 0 })
    expect(await render(file, out, '--diff')).toMatchObject({ status: 0, stdout: '' })
    const changed = writeFile(siteText({ users: [makeUser('zed', '+46812340099')] }), { name: 'privatedial.ini' })
    const diff = await render(changed, out, '--diff')
    expect(diff).toMatchObject({ status: 1, stdout: expect.stringContaining('+username = zed\n+password = ***\n') })
    expect(diff.stdout).not.toContain('secret-of')
    expect(await render(changed, out, '--dry-run', '--json')).toMatchObject({ status: 0 })
    expect(await render(file, out, '--check')).toMatchObject({ status: 0 })
  })

  it('keeps what was edited, with a status of its own', async () => {
    const out = temporaryFolder()
    const file = writeFile(siteText(), { name: 'privatedial.ini' })
    await render(file, out)
    fs.appendFileSync(path.join(out, 'minivm.conf'), '; mine\n')
    expect(await render(file, out)).toMatchObject({
      status: 78,
      stderr: expect.stringContaining('edited by hand since it was rendered: minivm.conf')
    })
    expect(await render(file, out, '--force')).toMatchObject({ status: 0 })
  })

  it('renders again when the site changes, goes on when it is broken, and ends with 0', async () => {
    const out = temporaryFolder()
    const file = writeFile(siteText(), { name: 'privatedial.ini' })
    const watch = new Running(['dialplan', 'render', file, '--out', out, '--watch'])
    await watch.says(/^ready$/m)
    fs.writeFileSync(file, '{')
    await watch.says(/No = in this line; the files stay as they are/)
    expect(fs.readFileSync(path.join(out, 'numbers.conf'), 'utf8')).toContain('alice')
    fs.writeFileSync(`${file}.new`, siteText({ users: [makeUser('zed', '+46812340099')] }))
    fs.renameSync(`${file}.new`, file)
    await watch.says(/written +numbers\.conf \(changed\)/)
    expect(fs.readFileSync(path.join(out, 'numbers.conf'), 'utf8')).toContain('zed')
    watch.child.kill('SIGTERM')
    expect(await watch.exit).toMatchObject({ status: 0, stdout: '' })
  })

  it('renders again when a file with a secret changes, and looks again when a file of the owner does', async () => {
    const folder = temporaryFolder()
    const out = path.join(folder, 'etc')
    const text = '[site]\ndomain = a.example\ncountry_code = 46\n[user:u]\nnumber = +46812340001\nsecret_file = u.secret\n'
    const file = path.join(folder, 'privatedial.ini')
    fs.writeFileSync(file, text, { mode: 0o600 })
    const watch = new Running(['dialplan', 'render', file, '--out', out, '--watch'])
    await watch.says(/secret_file .* cannot be read: ENOENT.*the files stay as they are/)
    await watch.says(/^ready$/m)
    fs.writeFileSync(path.join(folder, 'u.secret'), 'Correct-horse-battery\n', { mode: 0o600 })
    await watch.says(/written +pjsip_endpoint\.conf \(new\)/)
    fs.writeFileSync(path.join(folder, 'u.secret'), 'Battery-horse-correct\n')
    await watch.says(/written +pjsip_endpoint\.conf \(changed\)/)
    expect(fs.readFileSync(path.join(out, 'pjsip_endpoint.conf'), 'utf8')).toContain('Battery-horse-correct')
    fs.writeFileSync(path.join(out, 'extensions_custom.conf'), '[mine]\nexten => 1,1,Goto(none,1,1)\n')
    await watch.says(/extensions_custom\.conf:2: .*undefined-context/)
    watch.child.kill('SIGTERM')
    expect(await watch.exit).toMatchObject({ status: 0 })
  })

  it('tells who reads a folder that a run was killed in it, and completes it when it writes', async () => {
    const out = temporaryFolder()
    const file = writeFile(siteText(), { name: 'privatedial.ini' })
    await render(file, out)
    const commit = path.join(out, '.pbxkit-commit')
    fs.mkdirSync(commit)
    const numbers = path.join(out, 'numbers.conf')
    const text = fs.readFileSync(numbers, 'utf8')
    const before = createHash('sha256').update('; old\n').digest('hex')
    fs.writeFileSync(path.join(commit, 'plan.json'), JSON.stringify({ owner: '0 0', files: [{ name: 'numbers.conf', before }] }))
    fs.writeFileSync(path.join(commit, 'numbers.conf'), text)
    fs.writeFileSync(numbers, '; old\n')
    const told = 'killed before it had put in place: numbers.conf'
    expect(await render(file, out, '--check')).toMatchObject({ status: 1, stderr: expect.stringContaining(told) })
    expect(await pbxkit(['dialplan', 'check', out, '--sounds', 'none'])).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('error render-unfinished numbers.conf was to be replaced')
    })
    for (const args of [
      ['trace', '0812340002', '--from', 'alice', '--dir', out],
      ['graph', out]
    ])
      expect(await pbxkit(['dialplan', ...args])).toMatchObject({ stderr: expect.stringContaining(told) })
    expect(fs.readFileSync(numbers, 'utf8')).toBe('; old\n')
    expect(await render(file, out)).toMatchObject({ status: 0, stderr: expect.stringContaining('they are now') })
    expect(fs.readFileSync(numbers, 'utf8')).toBe(text)
    expect(await pbxkit(['dialplan', 'check', out, '--sounds', 'none'])).toMatchObject({ status: 0 })
  })

  it('refuses 5,000 users with a hint each, unless that is wanted', async () => {
    const users = Array.from({ length: 5_000 }, (_, index) => makeUser(`u${index}`, `+4681${String(index).padStart(6, '0')}`))
    const file = writeFile(siteText({ ...makeSite(), output: { form: 'wizard' }, users }), { name: 'privatedial.ini' })
    const out = temporaryFolder()
    expect(await render(file, out)).toMatchObject({ status: 65, stderr: expect.stringContaining('--slow-start') })
    expect(await render(file, out, '--slow-start')).toMatchObject({ status: 0, stderr: expect.stringContaining('slow to start') })
  })
})
