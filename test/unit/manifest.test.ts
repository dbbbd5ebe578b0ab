import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../e2e/support/pbxkit.js'

// The helper builds when the sources are newer than the bundle: --check reads the commands from it.
it('oclif.manifest.json is what the sources give', () => {
  // As after a first build: loading without what an earlier start compiled must be as silent.
  const dist = path.join(root, 'dist')
  for (const name of fs.readdirSync(dist)) if (name.endsWith('.cache')) fs.rmSync(path.join(dist, name), { force: true })
  const { status, stderr } = spawnSync(process.execPath, ['bin/build.mjs', '--check'], { cwd: root, encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
}, 30_000)
