import fs from 'node:fs'
import path from 'node:path'
import { ConfigError } from '../errors.js'

/**
 * Can this be started for a call? Whoever starts the tunnel should hear it, and not the first caller. A name without a slash is looked for in PATH, as the
 * system does it then.
 * @throws ConfigError
 */
export function checkProgram(program: string, searchPath = process.env.PATH ?? ''): void {
  const isPath = program.includes('/')
  const places = isPath ? [program] : searchPath.split(path.delimiter).map((folder) => path.join(folder, program))
  const reasons = places.map(whyNot)
  if (reasons.includes(undefined)) return
  const reason = reasons.find((why) => why !== 'there is no such file') ?? 'there is no such file'
  const isHere = !isPath && fs.existsSync(program)
  throw new ConfigError(`Cannot run ${program}: ${reason}`, {
    ...(isHere && { hint: `Write ./${program} for the file of this folder.` }),
    ...(reason === 'it is not executable' && { hint: `chmod +x ${program}` })
  })
}

/** @returns undefined: it can be run */
function whyNot(file: string): string | undefined {
  try {
    if (!fs.statSync(file).isFile()) return 'it is no file'
    fs.accessSync(file, fs.constants.X_OK)
    return undefined
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such file'
    return code === 'EACCES' ? 'it is not executable' : message
  }
}
