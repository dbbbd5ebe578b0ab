import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { IoError } from '../../errors.js'
import { sealText } from '../rendered-file.js'
import type { PemPair } from './acme-source.js'

export interface CertificatePaths {
  readonly cert: string
  readonly key: string
}

/** What is there: undefined where there is nothing. @throws IoError */
export function readPair(paths: CertificatePaths): { cert: string | undefined; key: string | undefined } {
  return { cert: readIfThere(paths.cert), key: readIfThere(paths.key) }
}

/**
 * Puts a key and then its certificate in place, each whole, both 0600 and sealed, so that the next run knows them as ours: PEM permits text before its first block.
 * They belong to the owner of what was there, else of Asterisk's folder.
 * @param source a line that says where it comes from
 * @throws IoError
 */
export function writePair({ certificate, key }: PemPair, paths: CertificatePaths, source: string, configFolder: string): void {
  const texts = [
    { file: paths.key, text: sealText(`# ${source}\n${key}`, '#') },
    { file: paths.cert, text: sealText(`# ${source}\n${certificate}`, '#') }
  ]
  const staged: string[] = []
  try {
    for (const { file, text } of texts) {
      makeFolder(path.dirname(file), configFolder)
      staged.push(stage(file, text, configFolder))
    }
    for (const [index, { file }] of texts.entries()) fs.renameSync(staged[index]!, file)
  } catch (cause) {
    throw new IoError(`Cannot write the certificate ${paths.cert}: ${(cause as Error).message}`, { cause })
  } finally {
    for (const file of staged) fs.rmSync(file, { force: true })
  }
}

function stage(file: string, text: string, configFolder: string): string {
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(6).toString('hex')}`)
  const fd = fs.openSync(temporary, 'wx', 0o600)
  try {
    fs.writeFileSync(fd, text)
    if (process.getuid?.() === 0) {
      const { uid, gid } = fs.statSync(file, { throwIfNoEntry: false }) ?? fs.statSync(configFolder)
      fs.fchownSync(fd, uid, gid)
    }
    fs.fsyncSync(fd)
  } catch (error) {
    fs.rmSync(temporary, { force: true })
    throw error
  } finally {
    fs.closeSync(fd)
  }
  return temporary
}

/** Of Asterisk's own user, like its configuration: it has to get in. */
function makeFolder(folder: string, configFolder: string): void {
  if (fs.existsSync(folder)) return
  fs.mkdirSync(folder, { recursive: true, mode: 0o755 })
  if (process.getuid?.() !== 0) return
  const { uid, gid } = fs.statSync(configFolder)
  fs.chownSync(folder, uid, gid)
}

function readIfThere(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'latin1')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new IoError(`Cannot read ${file}: ${(cause as Error).message}`, { cause })
  }
}
