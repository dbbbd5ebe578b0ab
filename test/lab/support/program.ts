import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { setpriv } from '../servers/command.js'
import { limitMs, Watched } from './limit.js'

/** The built program, as a user runs it. */
export const binary = fileURLToPath(new URL('../../../bin/run.js', import.meta.url))

/** A folder for this test file's configurations and secrets, gone with the process. */
const scratch = mkdtempSync(path.join(os.tmpdir(), 'pbxkit-lab-test-'))
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }))
let files = 0

/** Writes a file that only we may read. @returns its path */
export function scratchFile(name: string, content: string): string {
  const file = path.join(scratch, `${++files}-${name}`)
  writeFileSync(file, content, { mode: 0o600 })
  return file
}

/** Makes an empty folder that only we may read. @returns its path */
export function scratchFolder(name: string): string {
  return mkdtempSync(path.join(scratch, `${name}-`))
}

/** An environment without this machine's own settings. */
export function cleanEnv(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(PBXKIT_|NO_COLOR$|FORCE_COLOR$|NOTIFY_SOCKET$|NODE_)/.test(name)
  )
  return { ...(Object.fromEntries(kept) as Record<string, string>), XDG_CONFIG_HOME: scratch, XDG_RUNTIME_DIR: scratch, ...extra }
}

/** How a program ended, and what it said. */
export interface Ended {
  /** The exit status; undefined when a signal ended it. */
  status: number | undefined
  signal: NodeJS.Signals | undefined
  stdout: Buffer
  stderr: string
}

export interface ProgramOptions {
  env?: Readonly<Record<string, string>>
  /** Another program of Node's than pbxkit. */
  script?: string
  /** A program that is none of Node's, with its first words: the others follow. */
  command?: readonly string[]
  /** All of stdin; without it stdin stays open until `input.end()`. */
  input?: string | Buffer
}

/** A running program, pbxkit unless told otherwise: what it says, as it says it, and its end. */
export class Program {
  readonly child: ChildProcessWithoutNullStreams
  readonly #watched = new Watched()
  readonly #stdout: Buffer[] = []
  stderr = ''
  ended: Ended | undefined

  constructor(
    args: readonly string[],
    { env, input, script = binary, command = [process.execPath, script] }: ProgramOptions = {}
  ) {
    // The kernel ends it with us, however we end: no proxy outlives a test run that was killed.
    const [file, ...words] = [...setpriv({ deathSignal: 'SIGKILL' }), ...command, ...args] as [string, ...string[]]
    this.child = spawn(file, words, { env: cleanEnv(env) })
    this.child.stdout.on('data', (chunk: Buffer) => {
      this.#stdout.push(chunk)
      this.#watched.changed()
    })
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
      this.#watched.changed()
    })
    // It may end before it has read all.
    this.child.stdin.on('error', () => {})
    this.child.once('close', (status, signal) => {
      this.ended = { status: status ?? undefined, signal: signal ?? undefined, stdout: this.stdout, stderr: this.stderr }
      this.#watched.changed()
    })
    if (input !== undefined) this.child.stdin.end(input)
  }

  get stdout(): Buffer {
    return Buffer.concat(this.#stdout)
  }

  get text(): string {
    return this.stdout.toString('utf8')
  }

  /** Everything printed so far as NDJSON. */
  get documents(): Record<string, unknown>[] {
    return this.text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line))
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  /** Waits until stderr holds the text. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    return this.until(() => pattern.exec(this.stderr) ?? undefined, `${pattern} on stderr`)
  }

  /** Waits until stdout is as wanted. */
  async prints<T>(look: (text: string) => T | undefined | false, what: string): Promise<T> {
    return this.until(() => look(this.text) || undefined, `${what} on stdout`)
  }

  async end(timeoutMs = limitMs): Promise<Ended> {
    return this.#watched.until(
      () => this.ended,
      () => `the program's end; ${this.#said()}`,
      timeoutMs
    )
  }

  /** Waits for a state of it. @throws when the program ends before */
  until<T>(look: () => T | undefined, what: string): Promise<T> {
    const lookOrEnd = () => {
      const found = look()
      if (found === undefined && this.ended) throw new Error(`ended with ${this.ended.status} before ${what}; ${this.#said()}`)
      return found
    }
    return this.#watched.until(lookOrEnd, () => `${what}; ${this.#said()}`)
  }

  #said(): string {
    return `it said:\n${this.text.slice(-2_000)}\n${this.stderr.slice(-4_000)}`
  }
}

/** Runs a one-shot to its end, pbxkit unless told otherwise. */
export async function pbxkit(args: readonly string[], options: ProgramOptions = {}): Promise<Ended> {
  const program = new Program(args, { input: '', ...options })
  try {
    return await program.end()
  } finally {
    program.kill('SIGKILL')
  }
}

/** A service that is ready. */
export class Service {
  readonly program: Program
  /** The ports of its ready line, by name: `proxy=127.0.0.1:1234`. */
  readonly #ports: ReadonlyMap<string, number>

  private constructor(program: Program, ports: ReadonlyMap<string, number>) {
    this.program = program
    this.#ports = ports
  }

  static async start(args: readonly string[], options: ProgramOptions = {}): Promise<Service> {
    const program = new Program(args, options)
    try {
      const [, line] = await program.says(/^ready (.*)\n/m)
      const ports = [...line!.matchAll(/(\S+)=\S+:(\d+)/g)].map(([, name, port]) => [name!, Number(port)] as const)
      return new Service(program, new Map(ports))
    } catch (error) {
      program.kill('SIGKILL')
      throw error
    }
  }

  port(name: string): number {
    const port = this.#ports.get(name)
    if (port === undefined) throw new Error(`the ready line has no ${name}: ${[...this.#ports.keys()]}`)
    return port
  }

  /** Stops it as a supervisor would, and checks that this is a success without a word on stdout. */
  async stop(): Promise<void> {
    this.program.kill('SIGTERM')
    const { status, stdout } = await this.program.end().finally(() => this.program.kill('SIGKILL'))
    expect({ status, stdout: stdout.toString() }).toEqual({ status: 0, stdout: '' })
  }
}
