import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

const root = path.join(import.meta.dirname, '../../..')
const rows = fs
  .readFileSync(path.join(root, 'docs/reliability.md'), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, promise, file, title] = line.split('|').map((cell) => cell.trim())
    return file?.startsWith('test/') ? [{ promise: promise!, file, title: title! }] : []
  })

describe('docs/reliability.md', () => {
  it('has promises', () => {
    expect(rows.length).toBeGreaterThan(90)
  })

  it.each(rows)('$promise: its test exists', ({ file, title }) => {
    const text = fs.readFileSync(path.join(root, file), 'utf8')
    expect(text).toMatch(new RegExp(`['"\`]${title.replace(/[.*+?^$()|[\]{}\\]/g, '\\$&')}['"\`]`))
  })
})

describe('docs/licences.md', () => {
  it('is what the lock file gives', () => {
    const { status, stderr } = spawnSync(process.execPath, ['bin/licences.mjs', '--check'], { cwd: root, encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })
})
