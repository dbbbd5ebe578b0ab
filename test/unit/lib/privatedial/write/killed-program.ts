import fs from 'node:fs'
import path from 'node:path'
import esbuild from 'esbuild'
import { bundleOptions } from '../../../../../bin/bundle-options.mjs'

/** What changes a disk. A program that is killed before each of them in turn has been killed at every step that matters. */
const steps = [
  'mkdirSync',
  'mkdtempSync',
  'openSync',
  'writeFileSync',
  'copyFileSync',
  'renameSync',
  'rmSync',
  'fsyncSync',
  'fchmodSync'
]

/**
 * Bundles a program `node PROGRAM FOLDER FILES.json STEP [full]` that writes files and kills itself before its STEPth change of the disk; with `full` the disk has no room from there on,
 * for anything but removing. It prints `done` at its end, or the message of its error.
 * @returns its path, in the folder
 */
export async function killedProgram(folder: string): Promise<string> {
  const { outputFiles } = await esbuild.build({
    ...(bundleOptions as unknown as esbuild.BuildOptions),
    minify: false,
    write: false,
    stdin: {
      loader: 'ts',
      resolveDir: import.meta.dirname,
      contents: `
        import fs from 'node:fs'
        import { writeFiles } from '../../../../../src/lib/privatedial/write/write-files.js'
        const [, , folder, files, step, full] = process.argv
        const rendered = JSON.parse(fs.readFileSync(files, 'utf8'))
        let left = Number(step)
        for (const name of ${JSON.stringify(steps)}) {
          const real = fs[name]
          fs[name] = (...args) => {
            const isReading = name === 'openSync' && (args[1] ?? 'r') === 'r'
            if (!isReading && --left <= 0) {
              if (!full) process.kill(process.pid, 'SIGKILL')
              if (name !== 'rmSync') throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC', syscall: name })
            }
            return real(...args)
          }
        }
        writeFiles(rendered, folder).then(
          () => process.stdout.write('done'),
          (error) => process.stdout.write(error.message)
        )`
    }
  })
  const program = path.join(folder, 'killed.cjs')
  fs.writeFileSync(program, outputFiles![0]!.contents)
  return program
}
