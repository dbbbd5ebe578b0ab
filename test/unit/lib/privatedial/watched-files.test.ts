import fs from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { ConnectError, DataError, IoError, type PbxkitError } from '../../../../src/lib/errors.js'
import { renderInto } from '../../../../src/lib/privatedial/render-into.js'
import { watchFiles } from '../../../../src/lib/privatedial/watch-files.js'
import { WatchedFiles } from '../../../../src/lib/privatedial/watched-files.js'
import { readSite } from '../../../../src/lib/site/read-site.js'
import { scratchFolder } from '../../support/scratch.js'
import { makeSite } from '../../support/sites.js'

it('sees a file that is changed, replaced, removed or made', () => {
  const folder = scratchFolder()
  const [file, none] = [path.join(folder, 'a'), path.join(folder, 'b')]
  fs.writeFileSync(file, '1')
  const watched = new WatchedFiles()
  for (const change of [
    () => fs.writeFileSync(file, '22'),
    () => {
      fs.writeFileSync(`${file}.new`, '33')
      fs.renameSync(`${file}.new`, file)
    },
    () => fs.rmSync(file),
    () => fs.writeFileSync(none, '')
  ]) {
    watched.begin([file, none])
    expect(watched.hasChanged).toBe(false)
    change()
    expect(watched.hasChanged).toBe(true)
  }
})

it('sees a change between the time when a file was added and the time when it was read', () => {
  const file = path.join(scratchFolder(), 'a')
  const watched = new WatchedFiles()
  watched.add([file])
  fs.writeFileSync(file, '1')
  // What is named once more was read before.
  watched.add([file])
  expect(watched.hasChanged).toBe(true)
})

it('looks again after a while when Asterisk was away or the disk full, and not for a fault of the site', () => {
  let now = 0
  const watched = new WatchedFiles(() => now)
  const after = (error: PbxkitError, ms: number) => {
    watched.begin([])
    watched.retryAfter(error)
    now += ms
    return watched.hasChanged
  }
  expect(after(new IoError('full'), 14_999)).toBe(false)
  expect(after(new IoError('full'), 15_000)).toBe(true)
  // Again and again: less and less often.
  expect(after(new ConnectError('away'), 29_999)).toBe(false)
  expect(after(new ConnectError('away'), 15_000)).toBe(true)
  expect(after(new ConnectError('away'), 30_000)).toBe(true)
  for (let retry = 0; retry < 5; retry++) after(new ConnectError('away'), 300_000)
  expect(after(new ConnectError('away'), 300_000)).toBe(true)
  watched.begin([])
  watched.begin([])
  expect(after(new DataError('a fault'), 3_600_000)).toBe(false)
  watched.begin([])
  expect(watched.hasChanged).toBe(false)
})

it('calls back once for a change, and not again for what the callee has read', async () => {
  const file = path.join(scratchFolder(), 'a')
  const watched = new WatchedFiles()
  watched.begin([file])
  fs.writeFileSync(file, '1')
  const stop = new AbortController()
  let looks = 0
  const seen: boolean[] = []
  const counted = {
    get hasChanged() {
      if (++looks === 5) stop.abort()
      return watched.hasChanged
    }
  } as WatchedFiles
  const read = async () => {
    seen.push(watched.hasChanged)
    watched.begin([file])
    seen.push(watched.hasChanged)
  }
  await watchFiles(counted, read, stop.signal, 1)
  expect(seen).toEqual([true, false])
})

it('names files with secrets before they are read, also where they are missing', async () => {
  const folder = scratchFolder()
  const file = path.join(folder, 'privatedial.ini')
  const text = `[site]\ndomain = a.example\ncountry_code = 46\n[trunk:t]\nhosts = 192.0.2.1\nusername = x\nsecret_file = t.secret\n[user:u]\nnumber = +46812340001\nsecret_file = ${folder}/u.secret\n`
  fs.writeFileSync(file, text, { mode: 0o600 })
  const named: string[] = []
  const read = () => readSite({ file, timeoutMs: 1000, onSecretFiles: (files) => named.push(...files) })
  await expect(read()).rejects.toThrow('cannot be read: ENOENT')
  expect(named.sort()).toEqual([path.join(folder, 't.secret'), path.join(folder, 'u.secret')])
  for (const one of named) fs.writeFileSync(one, 'Correct-horse-battery\n')
  expect((await read()).site.users[0]!.secret).toBe('Correct-horse-battery')
})

it('names what Asterisk reads beside what is rendered, also where that is refused', async () => {
  const folder = scratchFolder()
  const run = { folder, configFolder: folder, force: false, dryRun: false, acceptsSlowStart: false }
  let read = new Set<string>()
  const render = () => {
    read = new Set()
    const onRead = (files: readonly string[]) => {
      for (const one of files) read.add(path.relative(folder, one))
    }
    return renderInto(makeSite(), { ...run, onRead })
  }
  await render()
  const own = ['extensions_custom.conf', 'pjsip_custom.conf', 'pjsip_wizard_custom.conf']
  expect([...read].sort()).toEqual(own)
  fs.writeFileSync(path.join(folder, 'extensions_custom.conf'), '#include mine.conf\n')
  fs.writeFileSync(path.join(folder, 'mine.conf'), '[mine]\nexten => 1,1,Goto(none,1,1)\n')
  await expect(render()).rejects.toThrow('mine.conf:2')
  expect([...read].sort()).toEqual([...own, 'mine.conf'].sort())
})
