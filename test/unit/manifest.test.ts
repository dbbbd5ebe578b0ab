import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { root } from '../e2e/support/pbxkit.js'

// The helper builds when the sources are newer than the bundle: --check reads the commands from it.
it('oclif.manifest.json is what the sources give', () => {
  const { status, stderr } = spawnSync(process.execPath, ['bin/build.mjs', '--check'], { cwd: root, encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
}, 30_000)
