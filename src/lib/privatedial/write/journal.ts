import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { journalBackup, journalName, planName } from '../../dialplan/unfinished-render.js'
import { ConfigError, ExitStatus, IoError, PbxkitError } from '../../errors.js'
import { isAlive, ownIdentity } from '../../process-identity.js'

/** Another run puts files in place right now. */
export class RenderBusyError extends PbxkitError {
  readonly code = 'E_RENDER_BUSY'
  readonly exit = ExitStatus.tryAgain
}

/** What a run is about to do, beside the files that it does it with. */
interface Plan {
  readonly owner: string
  /** In the order in which they are put in place. `before`: the SHA-256 of what they replace. */
  readonly files: readonly { readonly name: string; readonly before: string | null }[]
}

const backupName = '.pbxkit-backup'

/**
 * Decides that staged files are put in place: one rename, before which the old files stay and behind which the new ones come, whenever the run is killed.
 * @param stage a folder in `folder` with a file for each of the names; `backup` in it, if there is one, becomes the backup
 * @throws RenderBusyError when another run has decided before
 */
export function commit(stage: string, folder: string, files: Plan['files']): void {
  const file = path.join(stage, planName)
  const plan: Plan = { owner: ownIdentity(), files }
  fs.writeFileSync(file, JSON.stringify(plan), { mode: 0o600, flush: true })
  syncFolder(stage)
  try {
    fs.renameSync(stage, path.join(folder, journalName))
  } catch (cause) {
    // That of a run which has decided since we looked.
    if (!['ENOTEMPTY', 'EEXIST'].includes((cause as NodeJS.ErrnoException).code ?? '')) throw cause
    throw new RenderBusyError(`Another run writes to ${folder} right now`, { cause, hint: 'Nothing was written. Try again.' })
  }
}

/**
 * Puts files in place as it was decided; once more, what is done already is left alone.
 * @param beforeLast called before a file that is the last one, with the names of those before it
 */
export async function carryOut(
  folder: string,
  beforeLast?: (name: string, done: readonly string[]) => Promise<void>
): Promise<void> {
  const journal = path.join(folder, journalName)
  const plan = readPlan(folder)
  // The decision reaches the disk before its first deed.
  syncFolder(folder)
  const fresh = path.join(journal, journalBackup)
  if (plan && fs.existsSync(fresh)) {
    fs.rmSync(path.join(folder, backupName), { recursive: true, force: true })
    fs.renameSync(fresh, path.join(folder, backupName))
  }
  const done: string[] = []
  for (const [index, { name }] of (plan?.files ?? []).entries()) {
    const staged = path.join(journal, name)
    if (!fs.existsSync(staged)) continue
    if (index === plan!.files.length - 1) await beforeLast?.(name, done)
    fs.renameSync(staged, path.join(folder, name))
    done.push(name)
  }
  syncFolder(folder)
  fs.rmSync(journal, { recursive: true, force: true })
}

/**
 * Completes what a run that was killed had decided. To be called before the folder is looked at.
 * @param force also where a file was edited since
 * @returns the names of the files that were put in place
 * @throws RenderBusyError when that run is still alive; ConfigError for files that were edited since, or a journal that is none of ours; IoError
 */
export async function completeJournal(folder: string, force = false): Promise<string[]> {
  const plan = readPlan(folder)
  if (!plan) {
    try {
      fs.rmSync(path.join(folder, journalName), { recursive: true, force: true })
    } catch (cause) {
      // `force` forgives a missing folder, not one that is a file, or may not be written to.
      throw new IoError(`Cannot write to ${folder}: ${(cause as Error).message}`, { cause })
    }
    return []
  }
  if (plan.owner !== ownIdentity() && isAlive(plan.owner))
    throw new RenderBusyError(`Another run (process ${Number.parseInt(plan.owner, 10)}) writes to ${folder} right now`, {
      hint: 'Try again.'
    })
  const left = plan.files.filter(({ name }) => fs.existsSync(path.join(folder, journalName, name)))
  const edited = left.filter(({ name, before }) => digestOf(path.join(folder, name)) !== before).map(({ name }) => name)
  if (edited.length > 0 && !force)
    throw new ConfigError(
      `A run that was killed has left files half written, and these were edited since: ${edited.join(', ')}`,
      {
        hint: `Overwrite them with --force, or remove ${path.join(folder, journalName)} to keep all as it is.`,
        details: { edited }
      }
    )
  try {
    await carryOut(folder)
  } catch (cause) {
    throw new IoError(`Cannot complete what a run that was killed has begun in ${folder}: ${(cause as Error).message}`, { cause })
  }
  return left.map(({ name }) => name)
}

/** The SHA-256 of a file; null without one. */
export function digestOf(file: string): string | null {
  try {
    return createHash('sha256').update(fs.readFileSync(file)).digest('hex')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Undefined when nothing was decided, or all of it is done and half of the journal removed. */
function readPlan(folder: string): Plan | undefined {
  let plan: unknown
  try {
    plan = JSON.parse(fs.readFileSync(path.join(folder, journalName, planName), 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || (error as NodeJS.ErrnoException).code === 'ENOTDIR')
      return undefined
    throw new IoError(`Cannot read ${path.join(folder, journalName)}: ${(error as Error).message}`, { cause: error })
  }
  if (isPlan(plan)) return plan
  throw new ConfigError(`${path.join(folder, journalName)} is nothing that a run of render has left`, {
    hint: 'Look at it, and remove it.'
  })
}

/** Asterisk's user may write to the folder, and who completes may be root: a name with a path in it would put a file of theirs anywhere. */
function isPlan(value: unknown): value is Plan {
  const { owner, files } = (value ?? {}) as Partial<Plan>
  const isName = (name: unknown) => typeof name === 'string' && /^\w[\w.-]*$/.test(name)
  return typeof owner === 'string' && Array.isArray(files) && files.every((one) => isName(one?.name))
}

function syncFolder(folder: string): void {
  const fd = fs.openSync(folder, 'r')
  try {
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}
