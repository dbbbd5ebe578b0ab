import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { maxFileBytes } from '../asterisk-config/limits.js'
import { ConfigError, ExitStatus, IoError, PbxkitError } from '../errors.js'
import { isAlive, ownIdentity } from '../process-identity.js'
import { checkSite } from './check-site.js'
import { openEditor, type SiteEditor } from './edit.js'
import { SiteError, type SiteProblem, SiteProblems } from './problem.js'
import { parseSite } from './read-site.js'
import type { SiteEntry } from './tree.js'

/** Somebody else changes the file right now, or has changed it since it was read. */
export class SiteChangedError extends PbxkitError {
  readonly code = 'E_SITE_CHANGED'
  readonly exit = ExitStatus.tryAgain
}

export interface EditOptions {
  /** How long another edit is waited for. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/** How often a lock is looked at: an edit takes some 10 ms. */
const lockPollMs = 20

/**
 * Changes a site file: reads it, lets `change` edit it, checks what came out, and puts the new file in the place of the old one at once. What was wrong before
 * may stay wrong; what the change makes wrong is refused, and the file stays as it is. Edits by this program wait for one another.
 * @returns what `change` returns
 * @throws SiteError, SiteChangedError, ConfigError, IoError, DataError
 */
export async function editSite<T>(
  file: string,
  { timeoutMs, signal }: EditOptions,
  change: (editor: SiteEditor, bytes: Uint8Array) => T | Promise<T>
): Promise<T> {
  const real = realPath(file)
  const unlock = await lock(real, timeoutMs, signal)
  try {
    const before = read(real, file)
    const editor = await openEditor(before, file)
    const result = await change(editor, before)
    const after = editor.toBytes()
    if (Buffer.compare(before, after) === 0) return result
    if (after.length > maxFileBytes) throw new ConfigError(`${file} would be larger than ${maxFileBytes} bytes`)
    const introduced = newErrors(await problemsOf(before, file), await problemsOf(after, file))
    if (introduced.length > 0) throw new SiteError(introduced)
    replace(real, after, (now) => {
      if (Buffer.compare(before, now) !== 0)
        throw new SiteChangedError(`${file} was changed by somebody else meanwhile`, { hint: 'Nothing was written. Try again.' })
    })
    return result
  } finally {
    unlock()
  }
}

/** The errors of a site file, with entries of elsewhere. */
export async function problemsOf(
  bytes: Uint8Array,
  file: string,
  more: { readonly users?: readonly SiteEntry[]; readonly trunks?: readonly SiteEntry[] } = {}
): Promise<SiteProblem[]> {
  const problems = new SiteProblems()
  const tree = await parseSite(bytes, file, problems)
  for (const entry of more.users ?? []) tree.users.push(entry)
  for (const entry of more.trunks ?? []) tree.trunks.push(entry)
  checkSite(tree, problems)
  return problems.list.filter(({ severity }) => severity === 'error')
}

/** What a change makes wrong. Lines move; what is said stays. */
export function newErrors(before: readonly SiteProblem[], after: readonly SiteProblem[]): SiteProblem[] {
  const sayingOf = ({ message }: SiteProblem) => message.replace(/(:|\bline )\d+/g, '')
  const known = new Map<string, number>()
  for (const one of before) known.set(sayingOf(one), (known.get(sayingOf(one)) ?? 0) + 1)
  return after.filter((one) => {
    const left = known.get(sayingOf(one)) ?? 0
    known.set(sayingOf(one), left - 1)
    return left <= 0
  })
}

/** A link stays a link. */
function realPath(file: string): string {
  try {
    return fs.realpathSync(file)
  } catch (cause) {
    throw unreadable(file, cause)
  }
}

function read(real: string, file: string): Buffer {
  try {
    return fs.readFileSync(real)
  } catch (cause) {
    throw unreadable(file, cause)
  }
}

function unreadable(file: string, cause: unknown): ConfigError {
  const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
  return new ConfigError(`Cannot read ${file}: ${isMissing ? 'there is no such file' : (cause as Error).message}`, {
    cause,
    hint: isMissing ? '`pbxkit dialplan init` makes one; --site names another.' : 'Is it yours?'
  })
}

/**
 * Puts a file in the place of another one: mode 0600, or stricter if that was; for its owner. After a crash there is the old or the new one, whole.
 * @param check is given what is there right before
 */
function replace(file: string, content: Uint8Array, check: (now: Buffer) => void): void {
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(6).toString('hex')}`)
  try {
    const { mode, uid, gid } = fs.statSync(file)
    const fd = fs.openSync(temporary, 'wx', 0o600)
    try {
      fs.writeFileSync(fd, content)
      if (process.getuid?.() === 0) fs.fchownSync(fd, uid, gid)
      fs.fchmodSync(fd, mode & 0o600)
      fs.fsyncSync(fd)
    } finally {
      fs.closeSync(fd)
    }
    check(fs.readFileSync(file))
    fs.renameSync(temporary, file)
  } catch (cause) {
    if (cause instanceof PbxkitError) throw cause
    throw new IoError(`Cannot write ${file}: ${(cause as Error).message}`, { cause, hint: 'The old file is as it was.' })
  } finally {
    fs.rmSync(temporary, { force: true })
  }
}

/** @returns what gives it back. @throws SiteChangedError when somebody holds it for longer than `timeoutMs` */
async function lock(file: string, timeoutMs: number, signal: AbortSignal | undefined): Promise<() => void> {
  const name = path.join(path.dirname(file), `.${path.basename(file)}.lock`)
  const deadline = performance.now() + timeoutMs
  for (;;) {
    signal?.throwIfAborted()
    try {
      fs.writeFileSync(name, `${ownIdentity()}\n`, { flag: 'wx', mode: 0o600 })
      return () => fs.rmSync(name, { force: true })
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException
      if (code !== 'EEXIST') {
        if (code === 'ENOSPC') removeUnsigned(name)
        throw new IoError(`Cannot write beside ${file}: ${message}`, { cause })
      }
    }
    if (isAbandoned(name)) {
      fs.rmSync(name, { force: true })
      continue
    }
    if (performance.now() > deadline)
      throw new SiteChangedError(`Another edit of ${file} is under way`, { hint: `If not, remove ${name}.` })
    await sleep(lockPollMs, undefined, signal ? { signal } : {})
  }
}

/** Made, without room for what was to stand in it. */
function removeUnsigned(name: string): void {
  if (fs.statSync(name, { throwIfNoEntry: false })?.size === 0) fs.rmSync(name, { force: true })
}

/** Its owner signs it at once; without that it was killed before. */
const unsignedLockMs = 5_000

/** Its owner has died. */
function isAbandoned(name: string): boolean {
  try {
    const owner = fs.readFileSync(name, 'utf8').trim()
    return owner === '' ? Date.now() - fs.statSync(name).mtimeMs > unsignedLockMs : !isAlive(owner)
  } catch {
    // It has just been given back.
    return false
  }
}
