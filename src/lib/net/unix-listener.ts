import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { ListenError } from '../errors.js'

/** `sun_path` of Linux has 108 bytes, the closing NUL among them; a longer path would be cut without a word. */
const maxPathBytes = 107
/** A live service answers a probe at once; one that is stopped (SIGSTOP) still accepts, by its backlog. */
const probeTimeoutMs = 1_000
/** A stale file is moved away once; if the name is taken again after so many rounds, somebody else is starting there. */
const maxRounds = 3

/** What listens on a unix socket. */
export interface PathListener {
  /** Accepts nobody any more and removes the socket file; who is connected stays. */
  close(): void
  /** Settles when it has closed and every connection has ended. */
  readonly closed: Promise<void>
}

/**
 * Listens on a unix socket that only its owner may use: mode 0600 from its first moment, in a folder that is created with 0700. The file of a
 * process that has died is replaced; that of a living one, and what is no socket, stays.
 * @param what the service as messages call it (`pbxkit proxy`)
 * @throws ListenError, with the reason in `details.reason` (EADDRINUSE: another one is running)
 */
export async function listenOnPath(
  file: string,
  { what, onConnection, onAcceptError }: PathListenerOptions
): Promise<PathListener> {
  const temporary = path.join(path.dirname(file), `.${randomBytes(3).toString('hex')}`)
  const longest = Math.max(Buffer.byteLength(file), Buffer.byteLength(temporary))
  if (longest > maxPathBytes)
    throw new ListenError(`The path of the socket is too long: ${file}`, {
      details: { reason: 'ENAMETOOLONG' },
      hint: `A unix socket's path has at most ${maxPathBytes} bytes.`
    })
  const server = net.createServer({ allowHalfOpen: true }, onConnection)
  const ended = new Promise<void>((resolve) => server.once('close', resolve))
  try {
    makeFolder(path.dirname(file))
    await bindPrivately(server, temporary)
    await takeName(temporary, file, what)
  } catch (error) {
    server.close()
    throw listenFailure(error, file)
  } finally {
    removeQuietly(temporary)
  }
  const { dev, ino } = fs.lstatSync(file)
  server.on('error', onAcceptError)
  const close = () => {
    if (!server.listening) return
    server.close()
    removeOwn(file, { dev, ino })
  }
  return { close, closed: ended }
}

export interface PathListenerOptions {
  what: string
  onConnection: (socket: net.Socket) => void
  /** A connection could not be accepted (no file descriptors left): the others go on. */
  onAcceptError: (error: Error) => void
}

/** Folder by folder: Node's recursive mkdir never returns where the system says ENOENT although the parent is there (/proc; Node 20). */
function makeFolder(folder: string): void {
  if (fs.existsSync(folder)) return
  makeFolder(path.dirname(folder))
  try {
    fs.mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/** The mode of a socket file is that of the umask when it is bound, which happens within `listen`: a chmod after it would come late. */
async function bindPrivately(server: net.Server, file: string): Promise<void> {
  const before = process.umask(0o177)
  try {
    server.listen({ path: file })
  } finally {
    process.umask(before)
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).once('listening', () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/**
 * Gives the socket its name, which nobody else may have: `link` never replaces a file. Since the socket listens already, whoever finds the
 * name taken and nobody listening knows that the owner has died.
 */
async function takeName(temporary: string, file: string, what: string): Promise<void> {
  for (let round = 1; ; round++) {
    try {
      fs.linkSync(temporary, file)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || round === maxRounds) throw error
    }
    await removeStale(file, what)
  }
}

/** @throws ListenError when the file is in use, or no socket */
async function removeStale(file: string, what: string): Promise<void> {
  const stat = fs.lstatSync(file, { throwIfNoEntry: false })
  if (!stat) return
  if (!stat.isSocket())
    throw new ListenError(`Cannot listen on ${file}: there is a file of that name, and it is no socket`, {
      details: { reason: 'ENOTSOCK' },
      hint: 'Remove it, or choose another path.'
    })
  if (await isAlive(file)) throw inUse(file, what)
  // Two that start at the same time may both have found it dead: it is looked at again where nobody else replaces it.
  const aside = `${file}.${randomBytes(3).toString('hex')}`
  try {
    fs.renameSync(file, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  const { ino } = fs.lstatSync(aside)
  if (ino !== stat.ino) {
    fs.renameSync(aside, file)
    throw inUse(file, what)
  }
  fs.rmSync(aside, { force: true })
}

/** Does somebody listen there? Only a refusal says that nobody does: a socket of another user may well be alive. */
function isAlive(file: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ path: file })
    const settle = (alive: boolean) => {
      socket.destroy()
      resolve(alive)
    }
    socket.setTimeout(probeTimeoutMs, () => settle(true))
    socket.once('connect', () => settle(true))
    socket.on('error', ({ code }: NodeJS.ErrnoException) => settle(code !== 'ECONNREFUSED' && code !== 'ENOENT'))
  })
}

/** Where its folder could not be made, there is nothing to remove either. */
function removeQuietly(file: string): void {
  try {
    fs.rmSync(file, { force: true })
  } catch {}
}

/** Only if it is still ours: another service may have taken the name after somebody deleted our file. */
function removeOwn(file: string, { dev, ino }: { dev: number; ino: number }): void {
  try {
    const now = fs.lstatSync(file, { throwIfNoEntry: false })
    if (now?.dev === dev && now.ino === ino) fs.rmSync(file)
  } catch {
    // The folder may no longer be ours to write in (privileges were dropped): the next start replaces the file.
  }
}

function inUse(file: string, what: string): ListenError {
  return new ListenError(`Cannot listen on ${file}: another ${what} is running`, {
    details: { reason: 'EADDRINUSE' },
    hint: 'Stop it, or choose another path with --control.'
  })
}

function listenFailure(error: unknown, file: string): ListenError {
  if (error instanceof ListenError) return error
  const { code, message } = error as NodeJS.ErrnoException
  return new ListenError(`Cannot listen on ${file}: ${message}`, {
    cause: error,
    details: { reason: code },
    hint: 'Choose a path in a folder that you may write in with --control.'
  })
}
