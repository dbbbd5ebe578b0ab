import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'

/** The checkout. bin/ts.mjs makes the dirname that of the file it was given: test/bench/run.ts. */
export const root = path.join(import.meta.dirname, '../..')

/** Much longer than a start takes on a busy machine. */
const startMs = 20_000
/** A side has nothing left to write when it is stopped; what does not end then hangs. */
const stopMs = 8_000

const running = new Set<ChildProcess>()
// Whatever way the benchmark ends, it leaves no process behind.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

/** One side of a measurement: a process of its own that listens on a port of its own. */
export interface SideProcess {
  pid: number
  port: number
  child: ChildProcess
  stop: () => Promise<void>
}

/**
 * Starts `node ARG ...` and resolves once it has written a line `ready NAME=HOST:PORT` to stderr.
 * @param ipc whether it is talked to with `child.send`
 * @throws Error with what it wrote, when it ends before or takes too long
 */
export async function startSide(
  args: readonly string[],
  { ipc = false, env = process.env }: { ipc?: boolean; env?: NodeJS.ProcessEnv } = {}
): Promise<SideProcess> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe', ...(ipc ? ['ipc' as const] : [])], env })
  running.add(child)
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve())).then(() => running.delete(child))
  const port = await readyPort(child, args.join(' '))
  return {
    pid: child.pid!,
    port,
    child,
    async stop() {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), stopMs)
      await ended
      clearTimeout(timer)
    }
  }
}

/** Starts a TypeScript file of this folder. */
export function startScript(file: string, args: readonly string[] = [], options: { ipc?: boolean } = {}): Promise<SideProcess> {
  return startSide([path.join(root, 'bin/ts.mjs'), path.join(root, 'test/bench', file), ...args], options)
}

function readyPort(child: ChildProcess, what: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let written = ''
    const fail = (reason: string) => reject(new Error(`${what} ${reason}\n${written}`))
    const timer = setTimeout(() => fail('is not ready in time'), startMs)
    child.once('exit', (code, signal) => {
      clearTimeout(timer)
      fail(`ended: ${signal ?? code}`)
    })
    // Read to the end: a full pipe would stop the side.
    child.stderr!.on('data', (chunk: Buffer) => {
      if (written.length < 65_536) written += chunk.toString('latin1')
      const match = /^ready (?:.*?=\S*:(\d+))?.*\n/m.exec(written)
      if (!match) return
      clearTimeout(timer)
      // Who listens nowhere is ready all the same.
      resolve(Number(match[1] ?? 0))
    })
  })
}
