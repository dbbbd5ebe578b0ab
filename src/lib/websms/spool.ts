import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { ConfigError, IoError } from '../errors.js'
import type { Queue } from './queue.js'

/** Asterisk takes call files at once. When so many wait it is not running, and more would all be delivered late. */
const maxWaiting = 1_000

/** Puts call files into Asterisk's spool: written elsewhere first, then renamed, because Asterisk reads a file as soon as it is there. */
export class Spool {
  readonly #queue: Queue

  /** @throws ConfigError when the folders cannot serve */
  constructor(queue: Queue) {
    this.#queue = queue
    const [outgoing, staging] = [queue.outgoing, queue.staging].map(statFolder)
    if (outgoing!.dev !== staging!.dev)
      throw new ConfigError(
        `${queue.staging} is on another file system than ${queue.outgoing}: a file cannot be renamed from there`,
        {
          hint: 'Name another stagingdir in [astqueue].'
        }
      )
  }

  /**
   * @param delayS Asterisk takes a file whose time is in the future at that time
   * @returns the name of the file, which has nothing of the message in it @throws IoError
   */
  add(text: string, delayS = 0): string {
    const { outgoing, staging } = this.#queue
    const name = `pbxkit-${Date.now()}-${randomBytes(8).toString('hex')}.call`
    const temporary = path.join(staging, name)
    try {
      if (fs.readdirSync(outgoing).length >= maxWaiting) throw new Error(`${maxWaiting} files wait there already`)
      const fd = fs.openSync(temporary, 'wx', 0o600)
      try {
        fs.writeFileSync(fd, text)
        // Asterisk's own user reads it, and removes it.
        if (process.getuid?.() === 0) {
          const { uid, gid } = fs.statSync(outgoing)
          fs.fchownSync(fd, uid, gid)
        }
        if (delayS > 0) fs.futimesSync(fd, Date.now() / 1000 + delayS, Date.now() / 1000 + delayS)
        fs.fsyncSync(fd)
      } finally {
        fs.closeSync(fd)
      }
      fs.renameSync(temporary, path.join(outgoing, name))
      return name
    } catch (cause) {
      fs.rmSync(temporary, { force: true })
      throw new IoError(`Cannot write a call file to ${outgoing}: ${(cause as Error).message}`, { cause })
    }
  }
}

function statFolder(folder: string): fs.Stats {
  try {
    fs.accessSync(folder, fs.constants.W_OK | fs.constants.X_OK)
    const stat = fs.statSync(folder)
    if (!stat.isDirectory()) throw new Error('it is no folder')
    return stat
  } catch (cause) {
    throw new ConfigError(`Cannot write to ${folder}: ${(cause as Error).message}`, {
      cause,
      hint: 'Run as the user of Asterisk, or name outgoingdir and stagingdir in [astqueue].'
    })
  }
}
