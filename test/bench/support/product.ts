import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { root } from './processes.js'

/** What is shipped, as `npm pack` takes it. */
const shipped = ['package.json', 'oclif.manifest.json', 'bin/run.js', 'bin/load.js', 'dist']

/** The built program, and a folder for the files that a measurement needs. */
export interface Product {
  /** Path of bin/run.js. */
  program: string
  /** The environment to run it in: none of the caller's own settings. */
  env: NodeJS.ProcessEnv
  /** Writes a file that only its owner may read. @returns its path */
  writeFile: (name: string, text: string, encoding?: BufferEncoding) => string
  /** The next start compiles all code anew, as on a machine where the program was never run. */
  forgetCaches: () => void
}

/** Copies the built program to a folder of its own, until we end: a build in the checkout does not change it in the middle of a run. */
export function copyProduct(): Product {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pbxkit-bench-'))
  process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }))
  for (const name of shipped) fs.cpSync(path.join(root, name), path.join(folder, name), { recursive: true })
  const ownSettings = Object.entries(process.env).filter(([name]) => !name.startsWith('PBXKIT_'))
  return {
    program: path.join(folder, 'bin/run.js'),
    env: { ...Object.fromEntries(ownSettings), XDG_CONFIG_HOME: folder, XDG_CACHE_HOME: folder, XDG_RUNTIME_DIR: folder },
    writeFile(name, text, encoding = 'utf8') {
      const file = path.join(folder, name)
      fs.mkdirSync(path.dirname(file), { recursive: true })
      fs.writeFileSync(file, text, { encoding, mode: 0o600 })
      return file
    },
    forgetCaches() {
      // Beside the bundles, where bin/load.js may write them.
      const dist = path.join(folder, 'dist')
      for (const name of fs.readdirSync(dist)) if (name.endsWith('.cache')) fs.rmSync(path.join(dist, name))
    }
  }
}
