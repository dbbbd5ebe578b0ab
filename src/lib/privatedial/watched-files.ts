import fs from 'node:fs'

/**
 * Files that something was made of, each as it was before it was read: a change while it is read counts. Times and sizes are looked at, not notifications, which miss files that are replaced by
 * a rename, and network folders.
 */
export class WatchedFiles {
  readonly #states = new Map<string, string>()

  /** All is read anew: forgets the files of the last time. */
  begin(files: readonly string[]): void {
    this.#states.clear()
    this.add(files)
  }

  /** To be called before they are read. A file that is not there is watched for. */
  add(files: readonly string[]): void {
    for (const file of files) if (!this.#states.has(file)) this.#states.set(file, stateOf(file))
  }

  get hasChanged(): boolean {
    return [...this.#states].some(([file, state]) => stateOf(file) !== state)
  }
}

/** What changes with a change of the file. */
function stateOf(file: string): string {
  try {
    const { ino, mtimeNs, size } = fs.statSync(file, { bigint: true })
    return `${ino} ${mtimeNs} ${size}`
  } catch {
    return 'none'
  }
}
