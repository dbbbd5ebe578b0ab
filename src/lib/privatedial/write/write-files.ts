import fs from 'node:fs'
import path from 'node:path'
import { journalBackup } from '../../dialplan/unfinished-render.js'
import { FolderHost } from '../../dialplan-check/host.js'
import { ConfigError, IoError, PbxkitError } from '../../errors.js'
import { isAlive, ownIdentity } from '../../process-identity.js'
import type { RenderedFile } from '../rendered-file.js'
import { checkStaged } from './check-staged.js'
import { type FileDifference, findDifferences } from './differences.js'
import { carryOut, commit, completeJournal, digestOf } from './journal.js'
import { removesNumbers } from './number-order.js'
import { StagedFiles } from './staged-files.js'

export interface WriteOptions {
  /** Also files that were edited by hand, or that were never rendered. */
  readonly force?: boolean
  /** Looks only. */
  readonly dryRun?: boolean
  /**
   * Called between the files that Asterisk reads at a reload and new numbers, which count at once: their endpoints must be there first.
   * @param names the files that were written
   */
  readonly beforeNumbers?: ((names: readonly string[]) => Promise<void>) | undefined
  /** Told of the files of others that Asterisk reads with ours: what is included there, be it missing or refused. */
  readonly onIncluded?: ((files: readonly string[]) => void) | undefined
}

export interface Written {
  readonly differences: readonly FileDifference[]
  /** Files that were written, or would be, in the order in which they are put in place. */
  readonly written: readonly string[]
}

/** Included by ours if they are there. */
const customFiles = ['extensions_custom.conf', 'pjsip_custom.conf', 'pjsip_wizard_custom.conf']

/** Behind it the process, as `PID.START`. */
const stagePrefix = '.pbxkit-render-'
const backupName = '.pbxkit-backup'

/**
 * Puts files into Asterisk's folder: all are written beside it first, checked as Asterisk would read them, and then renamed one by one, in their order. What was there before
 * is kept in `.pbxkit-backup`, once. Whatever fails before all files are staged (a full disk, an error in a file, a kill) leaves the old files; a run that is killed later is
 * completed by the next one before it does anything else, so that there are the old files or the new ones.
 * @throws ConfigError for files that are not ours to overwrite, or that would not load; RenderBusyError; IoError when they cannot be written
 */
export async function writeFiles(files: readonly RenderedFile[], folder: string, options: WriteOptions = {}): Promise<Written> {
  if (!options.dryRun) {
    makeFolder(folder)
    await completeJournal(folder, options.force)
    removeLeftovers(folder)
  }
  const differences = findDifferences(files, folder)
  const changed = inOrder(differences.filter(({ state }) => state !== 'same'))
  if (!options.force) refuseForeign(changed)
  const names = new Set(files.map(({ name }) => name))
  options.onIncluded?.(customFiles.map((name) => path.join(folder, name)))
  await checkStaged(new StagedFiles(files, new FolderHost(folder)), names, (read) => {
    options.onIncluded?.(read.filter((file) => !names.has(path.relative(folder, file))))
  })
  const written = changed.map(({ name }) => name)
  if (!options.dryRun && changed.length > 0) await replace(changed, folder, options)
  return { differences, written }
}

/** Includes before what includes them. Numbers that go away go first, new ones come last. */
function inOrder(changed: readonly FileDifference[]): FileDifference[] {
  const numbers = changed.filter(({ name }) => name === 'numbers.conf')
  const others = changed.filter(({ name }) => name !== 'numbers.conf')
  const goFirst = numbers.some(({ before, file }) => before !== undefined && removesNumbers(before, file.text))
  return goFirst ? [...numbers, ...others] : [...others, ...numbers]
}

function refuseForeign(changed: readonly FileDifference[]): void {
  const kept = changed.filter(({ state, origin }) => state === 'differs' && origin !== 'rendered')
  if (kept.length === 0) return
  const edited = kept.filter(({ origin }) => origin === 'edited').map(({ name }) => name)
  const foreign = kept.filter(({ origin }) => origin === 'foreign').map(({ name }) => name)
  const what = [
    ...(edited.length > 0 ? [`edited by hand since it was rendered: ${edited.join(', ')}`] : []),
    ...(foreign.length > 0 ? [`not rendered by pbxkit: ${foreign.join(', ')}`] : [])
  ]
  throw new ConfigError(`Nothing was written; ${what.join('; ')}`, {
    hint: `Look with --diff, put what you need into the site file or a _custom.conf, and overwrite with --force (the old files stay in ${backupName}).`,
    details: { edited, foreign }
  })
}

async function replace(changed: readonly FileDifference[], folder: string, options: WriteOptions): Promise<void> {
  let stage: string | undefined
  try {
    stage = fs.mkdtempSync(path.join(folder, `${stagePrefix}${ownIdentity().replace(' ', '.')}-`))
    for (const { file } of changed) stageFile(file, stage, folder)
    keepOld(changed, folder, stage)
    commit(
      stage,
      folder,
      changed.map(({ name }) => ({ name, before: digestOf(path.join(folder, name)) }))
    )
  } catch (cause) {
    if (stage !== undefined) fs.rmSync(stage, { recursive: true, force: true })
    if (cause instanceof PbxkitError) throw cause
    throw new IoError(`Cannot write to ${folder}: ${(cause as Error).message}; the old files are as they were`, { cause })
  }
  try {
    await carryOut(folder, async (name, done) => {
      if (name === 'numbers.conf' && done.length > 0) await options.beforeNumbers?.(done)
    })
  } catch (cause) {
    if (!(cause as NodeJS.ErrnoException).syscall) throw cause
    throw new IoError(`Cannot put all files in place in ${folder}: ${(cause as Error).message}`, {
      cause,
      hint: 'Some are new, the others old. The next render completes them, before it does anything else.'
    })
  }
}

/** With its bytes on the disk: a rename that outlives a power cut without them would leave an empty file. */
function stageFile({ name, text, mode }: RenderedFile, stage: string, folder: string): void {
  const staged = path.join(stage, name)
  const fd = fs.openSync(staged, 'wx', 0o600)
  try {
    fs.writeFileSync(fd, text)
    own(fd, path.join(folder, name), folder)
    fs.fchmodSync(fd, mode)
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}

/** Rendered by root, read by Asterisk's own user: a new file belongs to the owner of the old one, else of the folder. */
function own(fd: number, old: string, folder: string): void {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = fs.statSync(old, { throwIfNoEntry: false }) ?? fs.statSync(folder)
  fs.fchownSync(fd, uid, gid)
}

/** What is replaced, for the backup. */
function keepOld(changed: readonly FileDifference[], folder: string, stage: string): void {
  const old = changed.filter(({ before }) => before !== undefined)
  if (old.length === 0) return
  const kept = path.join(stage, journalBackup)
  fs.mkdirSync(kept, { mode: 0o700 })
  for (const { name } of old) {
    const copy = path.join(kept, name)
    fs.copyFileSync(path.join(folder, name), copy)
    fs.chmodSync(copy, 0o600)
  }
}

/** Folders of runs that were killed; secrets are in them. */
function removeLeftovers(folder: string): void {
  for (const name of fs.readdirSync(folder)) {
    const [, number, start] = /^\.pbxkit-render-(\d+)(?:\.(\d+))?-/.exec(name) ?? []
    if (number === undefined || isAlive(start === undefined ? number : `${number} ${start}`)) continue
    fs.rmSync(path.join(folder, name), { recursive: true, force: true })
  }
}

function makeFolder(folder: string): void {
  try {
    fs.mkdirSync(folder, { recursive: true })
  } catch (cause) {
    throw new IoError(`Cannot make ${folder}: ${(cause as Error).message}`, { cause, hint: '--out DIR names another folder.' })
  }
}
