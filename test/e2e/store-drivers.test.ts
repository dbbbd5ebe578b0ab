import { execFile } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundleOptions } from '../../bin/bundle-options.mjs'

const root = path.join(import.meta.dirname, '../..')

/** The drivers stay outside of the bundle, and the bundle runs in a vm.Script: a wrong kind of import shows only there. */
describe('the store in a bundle as it is shipped', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pbxkit-bundle-'))
  const bundle = path.join(folder, 'dist', 'store.cjs')
  beforeAll(async () => {
    fs.symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'))
    const contents = "export { openStore } from './src/lib/store/open-store.ts'\nexport { sql } from './src/lib/store/sql.ts'"
    await build({ ...bundleOptions, stdin: { contents, resolveDir: root, loader: 'ts' }, outfile: bundle, write: true })
  })
  afterAll(() => fs.rmSync(folder, { recursive: true }))

  /** What the bundle's openStore gives for a URL: the answer to a question, or the error's code. */
  async function ask(url: string): Promise<string> {
    const script = `
      const { openStore, sql } = require(${JSON.stringify(path.join(root, 'bin/load.js'))}).load(${JSON.stringify(bundle)})
      openStore(process.argv[1], { timeoutMs: 2000, env: {} }).then(
        async (store) => {
          console.log((await sql\`select \${6} * 7 as answer\`.execute(store.db)).rows[0].answer)
          await store.close()
        },
        (error) => console.log(error.code, error.message)
      )`
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['-e', script, url])
    return stdout + stderr
  }

  it('answers from SQLite, whose driver has a native part', async () => {
    expect(await ask('sqlite::memory:')).toBe('42\n')
    expect(await ask(`sqlite:${path.join(folder, 'a.db')}`)).toBe('42\n')
  })

  it.each(['mysql', 'postgres'])('has the driver of %s', async (engine) => {
    // Nobody listens on port 1: the driver was loaded before anybody was called.
    expect(await ask(`${engine}://u@127.0.0.1:1/d`)).toMatch(/^E_CONNECT /)
  })

  it('has none of the drivers inside', () => {
    expect(fs.statSync(bundle).size).toBeLessThan(100_000)
  })
})
