import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

/** Of the repository. */
export const root = path.join(import.meta.dirname, '../..')
const program = path.join(root, 'bin/run.js')
/** What a service says is for its error only: half an hour of log lines is not kept. */
const maxSaid = 16 * 1024

/** Peers that do not let go are part of the load. */
const quickStop = ['--drain-timeout', '2']

const children = new Set<ChildProcess>()
const folders: string[] = []
process.once('exit', cleanUp)

/** Ends what is left, and takes the folders away. A worker of vitest has to ask for it: it is ended without an `exit`. */
export function cleanUp(): void {
  for (const child of children) child.kill('SIGKILL')
  for (const folder of folders.splice(0)) fs.rmSync(folder, { recursive: true, force: true })
}

/** A folder that goes with this process. */
export function scratch(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pbxkit-soak-'))
  folders.push(folder)
  return folder
}

/** One pbxkit that runs. */
export class Pbxkit {
  readonly #child: ChildProcess
  readonly #closed: Promise<void>
  #said = ''
  #ready = ''

  private constructor(args: readonly string[], env: Record<string, string>) {
    const home = scratch()
    this.#child = spawn(process.execPath, [program, ...args], {
      env: { PATH: process.env.PATH, HOME: home, XDG_RUNTIME_DIR: home, ...env },
      stdio: ['ignore', 'ignore', 'pipe']
    })
    children.add(this.#child)
    this.#closed = once(this.#child, 'close').then(() => void children.delete(this.#child))
  }

  /** Resolves with its ready line. @throws when it ends before */
  static async start(args: readonly string[], env: Record<string, string> = {}): Promise<Pbxkit> {
    const one = new Pbxkit([...args, ...quickStop], env)
    await Promise.race([
      new Promise<void>((resolve) => {
        one.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
          one.#said = (one.#said + text).slice(-maxSaid)
          if (one.#ready !== '') return
          one.#ready = /^ready .*$/m.exec(one.#said)?.[0] ?? ''
          if (one.#ready !== '') resolve()
        })
      }),
      one.#closed.then(() => {
        throw new Error(`pbxkit ${args.join(' ')} ended: ${one.#said}`)
      })
    ])
    return one
  }

  /** A command that does one thing and ends. */
  static async run(args: readonly string[], env: Record<string, string> = {}): Promise<void> {
    const one = new Pbxkit(args, env)
    one.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      one.#said = (one.#said + text).slice(-maxSaid)
    })
    await one.#closed
    if (one.#child.exitCode !== 0) throw new Error(`pbxkit ${args.join(' ')}: ${one.#said}`)
  }

  get pid(): number {
    return this.#child.pid!
  }

  /** @param name in its ready line: `proxy`, `agi` … */
  port(name: string): number {
    return Number(new RegExp(` ${name}=\\S*?:(\\d+)(?: |$)`).exec(this.#ready)![1])
  }

  reload(): void {
    this.#child.kill('SIGHUP')
  }

  /** As the power cut does it. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#closed
  }

  /** @throws when it has ended before, or does not end in order */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null)
      throw new Error(`it ended by itself with ${this.#child.exitCode ?? this.#child.signalCode}: ${this.#said}`)
    this.#child.kill('SIGTERM')
    await this.#closed
    if (this.#child.exitCode !== 0)
      throw new Error(`SIGTERM ended it with ${this.#child.exitCode ?? this.#child.signalCode}: ${this.#said}`)
  }
}
