import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeSecretFiles } from '../../../../src/lib/keygen/secret-files.js'
import { scratchFolder } from '../../support/scratch.js'

const once = { force: false }

describe('files with secrets', () => {
  it('are for their owner alone, whatever the umask, and leave nothing else behind', () => {
    const folder = scratchFolder()
    const before = process.umask(0)
    try {
      writeSecretFiles([{ path: path.join(folder, 'a'), content: 'secret\n' }], once)
    } finally {
      process.umask(before)
    }
    expect(fs.readdirSync(folder)).toEqual(['a'])
    expect(fs.statSync(path.join(folder, 'a')).mode & 0o777).toBe(0o600)
    expect(fs.readFileSync(path.join(folder, 'a'), 'utf8')).toBe('secret\n')
  })

  it('never take the place of others, and then none is written', () => {
    const folder = scratchFolder()
    fs.writeFileSync(path.join(folder, 'b'), 'mine')
    const files = ['a', 'b'].map((name) => ({ path: path.join(folder, name), content: 'new' }))
    expect(() => writeSecretFiles(files, once)).toThrow(
      expect.objectContaining({ exit: 64, message: expect.stringMatching(/b is there already/) })
    )
    expect(fs.readdirSync(folder)).toEqual(['b'])
    expect(fs.readFileSync(path.join(folder, 'b'), 'utf8')).toBe('mine')
  })

  it('are all taken back when one cannot be published', () => {
    const folder = scratchFolder()
    // Twice the same name: the second finds the first in its place, as if another program had been quicker.
    const files = ['1', '2'].map((content) => ({ path: path.join(folder, 'a'), content }))
    expect(() => writeSecretFiles(files, once)).toThrow(/a is there already/)
    expect(fs.readdirSync(folder)).toEqual([])
  })

  it('take their place with force; of a link the link, not the file behind it', () => {
    const folder = scratchFolder()
    const [file, target] = ['a', 'target'].map((name) => path.join(folder, name)) as [string, string]
    fs.writeFileSync(target, 'mine', { mode: 0o644 })
    fs.symlinkSync(target, file)
    expect(() => writeSecretFiles([{ path: file, content: 'new' }], once)).toThrow(/already/)
    writeSecretFiles([{ path: file, content: 'new' }], { force: true })
    expect([fs.readFileSync(target, 'utf8'), fs.readFileSync(file, 'utf8')]).toEqual(['mine', 'new'])
    expect(fs.lstatSync(file).mode & 0o777).toBe(0o600)
  })

  it('are not followed through a link that leads nowhere', () => {
    const folder = scratchFolder()
    fs.symlinkSync(path.join(folder, 'nowhere'), path.join(folder, 'a'))
    expect(() => writeSecretFiles([{ path: path.join(folder, 'a'), content: 'x' }], once)).toThrow(/already/)
    expect(fs.readdirSync(folder)).toEqual(['a'])
  })

  it('in a folder that is not there: 74, with the name', () => {
    const file = path.join(scratchFolder(), 'missing', 'a')
    expect(() => writeSecretFiles([{ path: file, content: 'x' }], once)).toThrow(
      expect.objectContaining({
        exit: 74,
        message: `Cannot write ${file}: ENOENT: no such file or directory, open '${file}'`,
        hint: 'Make its folder first.'
      })
    )
  })

  it('do not take the place of a folder, not even with force', () => {
    const folder = scratchFolder()
    for (const force of [false, true])
      expect(() => writeSecretFiles([{ path: folder, content: 'x' }], { force })).toThrow(
        expect.objectContaining({ exit: 64, message: `${folder} is a folder` })
      )
  })
})
