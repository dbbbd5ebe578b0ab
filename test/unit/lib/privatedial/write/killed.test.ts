import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { renderSite } from '../../../../../src/lib/privatedial/render-site.js'
import { commit, completeJournal, RenderBusyError } from '../../../../../src/lib/privatedial/write/journal.js'
import { writeFiles } from '../../../../../src/lib/privatedial/write/write-files.js'
import { scratchFolder } from '../../../support/scratch.js'
import { makeSite, makeUser } from '../../../support/sites.js'
import { killedProgram } from './killed-program.js'

const site = makeSite()
const before = renderSite(site)
const after = renderSite({
  ...site,
  dial: { ...site.dial, timeoutS: 99 },
  users: [...site.users.slice(1), makeUser('dave', '+46812340009')]
})
const changed = ['numbers.conf', 'pjsip_endpoint.conf', 'extensions_local.conf']
const texts = (files: typeof before) => Object.fromEntries(files.map(({ name, text }) => [name, text]))
const contents = (folder: string) =>
  Object.fromEntries(before.map(({ name }) => [name, fs.readFileSync(path.join(folder, name), 'utf8')]))
const hidden = (folder: string) => fs.readdirSync(folder).filter((name) => name.startsWith('.'))

interface Killed {
  readonly folder: string
  readonly run: (step: number, full?: 'full') => { signal: NodeJS.Signals | null; stdout: string }
}

async function prepare(): Promise<Killed> {
  const scratch = scratchFolder()
  const folder = path.join(scratch, 'etc')
  const program = await killedProgram(scratch)
  const files = path.join(scratch, 'files.json')
  fs.writeFileSync(files, JSON.stringify(after))
  await writeFiles(before, folder)
  return {
    folder,
    run: (step, full) =>
      spawnSync(process.execPath, [program, folder, files, String(step), ...(full ? [full] : [])], { encoding: 'utf8' })
  }
}

it('leaves the old files or, once the next run has begun, the new ones, whichever step it is killed before', async () => {
  const { folder, run } = await prepare()
  const seen = { old: 0, mixed: 0, new: 0 }
  for (let step = 1; ; step++) {
    const { signal, stdout } = run(step)
    if (signal === null) {
      expect(stdout).toBe('done')
      break
    }
    expect({ step, signal }).toEqual({ step, signal: 'SIGKILL' })
    const found = contents(folder)
    const isNew = changed.map((name) => found[name] === texts(after)[name])
    seen[isNew.every(Boolean) ? 'new' : isNew.some(Boolean) ? 'mixed' : 'old']++
    await completeJournal(folder)
    const completed = contents(folder)
    expect([texts(before), texts(after)], `step ${step}`).toContainEqual(completed)
    if (isNew.some(Boolean)) expect(completed).toEqual(texts(after))
    // A run that writes removes what is left of it all, and its backup is whole.
    await writeFiles(before, folder)
    expect(hidden(folder)).toEqual(hidden(folder).filter((name) => name === '.pbxkit-backup'))
    for (const name of fs.existsSync(path.join(folder, '.pbxkit-backup'))
      ? fs.readdirSync(path.join(folder, '.pbxkit-backup'))
      : [])
      expect(changed).toContain(name)
    expect(contents(folder)).toEqual(texts(before))
  }
  // Steps of each kind were met, or the test has tested nothing.
  expect(seen.old).toBeGreaterThan(10)
  expect(seen.mixed).toBeGreaterThanOrEqual(2)
  expect(seen.new).toBeGreaterThanOrEqual(2)
}, 240_000)

it('leaves the old files, or what the next run completes, when the disk is full from any step on', async () => {
  const { folder, run } = await prepare()
  const seen = { old: 0, begun: 0 }
  for (let step = 1; ; step++) {
    const { stdout } = run(step, 'full')
    if (stdout === 'done') break
    expect(stdout, `step ${step}`).toContain('ENOSPC')
    const found = contents(folder)
    const isOld = changed.every((name) => found[name] === texts(before)[name])
    if (stdout.includes('the old files are as they were')) {
      seen.old++
      expect({ step, found }).toEqual({ step, found: texts(before) })
      expect(hidden(folder)).not.toContain('.pbxkit-commit')
    } else seen.begun++
    if (!isOld) expect(stdout, `step ${step}`).toContain('Cannot put all files in place')
    await completeJournal(folder)
    expect([texts(before), texts(after)], `step ${step}`).toContainEqual(contents(folder))
    await writeFiles(before, folder)
  }
  expect(seen.old).toBeGreaterThan(10)
  expect(seen.begun).toBeGreaterThanOrEqual(2)
}, 240_000)

it('keeps a file that was edited after the kill, unless it is forced', async () => {
  const { folder, run } = await prepare()
  for (let step = 1; ; step++) {
    expect(run(step).signal).toBe('SIGKILL')
    if (contents(folder)['numbers.conf'] !== texts(before)['numbers.conf']) break
    await completeJournal(folder)
    await writeFiles(before, folder)
  }
  const local = path.join(folder, 'extensions_local.conf')
  fs.appendFileSync(local, '; mine\n')
  await expect(writeFiles(after, folder)).rejects.toThrow('these were edited since: extensions_local.conf')
  expect(fs.readFileSync(local, 'utf8')).toContain('; mine')
  await writeFiles(after, folder, { force: true })
  expect(contents(folder)).toEqual(texts(after))
}, 240_000)

it('waits for a run that is still alive', async () => {
  const { folder } = await prepare()
  fs.mkdirSync(path.join(folder, '.pbxkit-commit'))
  const stat = fs.readFileSync(`/proc/${process.ppid}/stat`, 'latin1')
  const owner = `${process.ppid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
  const plan = path.join(folder, '.pbxkit-commit/plan.json')
  fs.writeFileSync(plan, JSON.stringify({ owner, files: [] }))
  await expect(writeFiles(after, folder)).rejects.toThrow(RenderBusyError)
  // The same number, given to a process that began at another time.
  fs.writeFileSync(plan, JSON.stringify({ owner: `${process.ppid} 1`, files: [] }))
  await writeFiles(after, folder)
  expect(contents(folder)).toEqual(texts(after))
})

it('does not decide while another run has decided', () => {
  const folder = scratchFolder()
  for (const name of ['stage', '.pbxkit-commit']) fs.mkdirSync(path.join(folder, name))
  fs.writeFileSync(path.join(folder, '.pbxkit-commit/a.conf'), '')
  expect(() => commit(path.join(folder, 'stage'), folder, [])).toThrow(RenderBusyError)
})

it.each([
  { owner: '999999999 1', files: [{ name: '../evil.conf', before: null }] },
  { owner: '999999999 1', files: [{ name: 'evil', before: null }, null] },
  { owner: '999999999 1', files: { length: 1 } },
  { files: [] },
  null
])('refuses a plan that it has not made: %j', async (plan) => {
  const scratch = scratchFolder()
  const folder = path.join(scratch, 'etc')
  fs.mkdirSync(path.join(folder, '.pbxkit-commit'), { recursive: true })
  fs.writeFileSync(path.join(folder, 'evil.conf'), 'mine')
  fs.writeFileSync(path.join(folder, '.pbxkit-commit/plan.json'), JSON.stringify(plan))
  await expect(completeJournal(folder, true)).rejects.toMatchObject({ code: 'E_CONFIG' })
  expect(fs.readdirSync(scratch)).toEqual(['etc'])
})
