import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { Duplex, type Readable, type Writable } from 'node:stream'
import { ConfigError, ConnectError, LoginError } from '../errors.js'
import { formatAddress } from './address.js'

export interface SshStreamOptions {
  /** HOST or USER@HOST, or a name of ssh_config; it is never taken for an option. */
  destination: string
  /** What to reach from there: TCP through ssh itself, a unix socket through netcat on that host. */
  target: { readonly host: string; readonly port: number } | { readonly path: string }
  /** Nobody can be asked: ssh fails instead of asking for a password. */
  batch?: boolean | undefined
}

/** What ssh and netcat say when they fail: a line or two. */
const maxMessageBytes = 4096

/** The words that the system's ssh is started with. */
export function sshArguments({ destination, target, batch = false }: SshStreamOptions): string[] {
  const options = ['-T', ...(batch ? ['-o', 'BatchMode=yes'] : [])]
  if ('path' in target) return [...options, '--', destination, `exec nc -U ${quoteForShell(target.path)}`]
  return [...options, '-W', formatAddress(target), '--', destination]
}

/** The other host's shell sees the path, whichever shell that is: within single quotes nothing has a meaning. */
function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/**
 * A connection through the system's ssh. Keys, agents, passwords and host keys are ssh's own affair: it asks on the terminal by itself.
 * Destroying the stream ends ssh. It fails with ConnectError, LoginError (ssh was refused) or ConfigError (there is no ssh).
 */
export function openSshStream(options: SshStreamOptions): Duplex {
  return new SshStream(spawn('ssh', sshArguments(options), { stdio: ['pipe', 'pipe', 'pipe'] }), options)
}

class SshStream extends Duplex {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #options: SshStreamOptions
  #message = ''

  constructor(child: ChildProcessByStdio<Writable, Readable, Readable>, options: SshStreamOptions) {
    super()
    this.#child = child
    this.#options = options
    child.on('error', (cause) => this.destroy(new ConfigError(`ssh cannot be started: ${cause.message}`, { cause })))
    // Why it does not read any more comes out of its exit status.
    child.stdin.on('error', () => {})
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (this.#message.length < maxMessageBytes) this.#message += text
    })
    child.stdout.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) child.stdout.pause()
    })
    child.on('close', (status) => {
      if (status === 0) this.push(null)
      else if (!this.destroyed) this.destroy(this.#failure(status))
    })
  }

  override _read(): void {
    this.#child.stdout.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#child.stdin.write(chunk, () => done())
  }

  override _final(done: () => void): void {
    this.#child.stdin.end(done)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#child.kill()
    done(error)
  }

  #failure(status: number | null): Error {
    const { destination, target } = this.#options
    const said = this.#message.trim().split('\n').at(-1)?.trim() || `it ended with status ${status}`
    if (/Permission denied \(/.test(said)) {
      return new LoginError(`ssh ${destination}: ${said}`, {
        hint: 'Try it by hand: pbxkit uses what ssh itself has (keys, agent, ssh_config).'
      })
    }
    const what = 'path' in target && status !== 255 ? `${target.path} on ${destination}` : `ssh ${destination}`
    return new ConnectError(`Cannot connect to ${what}: ${said}`, {
      details: { reason: status === 255 ? 'SSH' : 'NC', status },
      ...(status === 127 && { hint: 'A unix socket is reached through nc (OpenBSD netcat), which that host does not have.' })
    })
  }
}
