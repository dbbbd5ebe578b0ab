import fs from 'node:fs'
import path from 'node:path'
import { binary } from './program.js'

/**
 * Puts the built program, and the Node that we run, into a folder of an Asterisk, which sees no other file system than its own.
 * @param dir the instance's folder
 * @param inside the same as Asterisk sees it
 * @param env what the program finds in its environment
 * @returns its path as Asterisk sees it
 */
export function installProgram(dir: string, inside: string, env: Readonly<Record<string, string>> = {}): string {
  const root = path.join(path.dirname(binary), '..')
  const folder = path.join(dir, 'program')
  for (const name of ['bin/run.js', 'bin/load.js', 'dist', 'package.json', 'oclif.manifest.json'])
    fs.cpSync(path.join(root, name), path.join(folder, name), { recursive: true })
  fs.copyFileSync(process.execPath, path.join(folder, 'node'))
  const words = Object.entries(env).map(([name, value]) => `${name}='${value}' `)
  fs.writeFileSync(
    path.join(folder, 'pbxkit'),
    `#!/bin/sh\n${words.join('')}exec ${inside}/program/node ${inside}/program/bin/run.js "$@"\n`,
    { mode: 0o755 }
  )
  return `${inside}/program/pbxkit`
}
