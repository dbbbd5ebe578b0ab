import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'
import { type RunningSimulator, type SimulatorOptions, startSimulator } from '../../../src/lib/simulator/simulator.js'

export const root = path.join(import.meta.dirname, '../../..')
export const program = path.join(root, 'bin/run.js')

/** Builds the program when the sources are newer. Test files run at the same time: one builds, the others wait. */
export function ensureBuilt(): void {
  const lock = path.join(os.tmpdir(), `pbxkit-e2e-build-${process.getuid?.() ?? 0}.lock`)
  for (;;) {
    try {
      fs.mkdirSync(lock)
      break
    } catch {
      const age = Date.now() - (fs.statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
      if (age > 60_000) fs.rmSync(lock, { recursive: true, force: true })
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
    }
  }
  try {
    const built = fs.statSync(path.join(root, 'dist/cli.cjs'), { throwIfNoEntry: false })?.mtimeMs ?? 0
    const sources = fs
      .readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .map((file) => path.join('src', file))
    const newest = Math.max(
      ...[...sources, 'bin/build.mjs', 'bin/bundle-options.mjs', 'package.json'].map(
        (file) => fs.statSync(path.join(root, file)).mtimeMs
      )
    )
    if (built < newest) execFileSync(process.execPath, ['bin/build.mjs'], { cwd: root, stdio: ['ignore', 2, 2] })
  } finally {
    fs.rmSync(lock, { recursive: true, force: true })
  }
}

ensureBuilt()

/** A folder of this test's own; it goes when the test ends. */
export function temporaryFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pbxkit-e2e-'))
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Writes a file that only its owner may read. */
export function writeFile(text: string, { name = 'file', mode = 0o600 } = {}): string {
  const file = path.join(temporaryFolder(), name)
  fs.writeFileSync(file, text, { mode })
  fs.chmodSync(file, mode)
  return file
}

export interface RunOptions {
  env?: Record<string, string>
  input?: string | Buffer
}

export interface Result {
  status: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** The environment of a user who has configured nothing. */
function cleanEnvironment(more: Record<string, string> = {}): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name, value]) => value !== undefined && !/^(PBXKIT_|XDG_|NO_COLOR|FORCE_COLOR|NOTIFY_SOCKET|HOME|VITEST|NODE_)/.test(name)
  ) as [string, string][]
  const home = temporaryFolder()
  return {
    ...Object.fromEntries(kept),
    HOME: home,
    XDG_CONFIG_HOME: path.join(home, 'config'),
    XDG_RUNTIME_DIR: path.join(home, 'run'),
    ...more
  }
}

/** A running program: what it has said so far, and its end. */
export class Running {
  readonly child: ChildProcess
  readonly exit: Promise<Result>
  stdout = ''
  stderr = ''

  constructor(args: readonly string[], { env = {}, input }: RunOptions = {}, { detached = false, stdio = [] as 'pipe'[] } = {}) {
    this.child = spawn(process.execPath, [program, ...args], {
      env: cleanEnvironment(env),
      stdio: ['pipe', 'pipe', 'pipe', ...stdio],
      detached
    })
    this.child.stdin!.on('error', () => {})
    if (input !== undefined) this.child.stdin!.end(input)
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
    })
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
    })
    this.exit = new Promise((resolve) =>
      this.child.once('close', (status, signal) => resolve({ status, signal, stdout: this.stdout, stderr: this.stderr }))
    )
    onTestFinished(async () => {
      this.child.kill('SIGKILL')
      await this.exit
    })
  }

  /** Waits until it has said something. */
  async says(pattern: RegExp, stream: 'stdout' | 'stderr' = 'stderr'): Promise<RegExpExecArray> {
    const find = () => pattern.exec(this[stream])
    const found = find()
    if (found) return found
    return new Promise((resolve, reject) => {
      const look = () => {
        const match = find()
        if (match) settle(() => resolve(match))
      }
      const fail = () =>
        settle(() => reject(new Error(`It never said ${pattern}. stdout: ${this.stdout}\nstderr: ${this.stderr}`)))
      const settle = (then: () => void) => {
        clearTimeout(timer)
        this.child[stream]!.off('data', look)
        this.child.off('close', fail)
        then()
      }
      const timer = setTimeout(fail, 15_000)
      this.child[stream]!.on('data', look)
      this.child.on('close', fail)
    })
  }

  /** The port of the ready line. */
  async ready(): Promise<number> {
    return Number((await this.says(/^ready \w+=.*:(\d+)/m))[1])
  }
}

/** Runs the built program to its end; without input its stdin is empty. */
export function pbxkit(args: readonly string[], options: RunOptions = {}): Promise<Result> {
  return new Running(args, { input: '', ...options }).exit
}

/** A simulator in this process: admin / secret. */
export async function simulator(options: Partial<SimulatorOptions> = {}): Promise<RunningSimulator & { port: number }> {
  const stop = new AbortController()
  const running = await startSimulator({ listen: [{ host: '127.0.0.1', port: 0 }], graceMs: 0, ...options }, stop.signal)
  onTestFinished(async () => {
    stop.abort()
    await running.closed
  })
  return Object.assign(running, { port: running.addresses[0]!.port })
}

export const asAdmin = (port: number) => ['--port', String(port), '--username', 'admin'] as const
export const secret = { PBXKIT_SECRET: 'secret' }

/** A server that says one thing to everybody. */
export async function tcpServer(onConnect: (socket: net.Socket) => void): Promise<number> {
  const sockets = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    onConnect(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return (server.address() as net.AddressInfo).port
}

/** A port on which nobody listens. */
export async function freePort(): Promise<number> {
  const server = net.createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as net.AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
