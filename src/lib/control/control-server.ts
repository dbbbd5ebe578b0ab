import { once } from 'node:events'
import type net from 'node:net'
import { ListenError, ProtocolError } from '../errors.js'
import { listenOnPath } from '../net/unix-listener.js'
import { controlPaths } from './control-path.js'
import {
  type ControlId,
  type ControlParams,
  type ControlResponse,
  errorBody,
  LineReader,
  maxRequestBytes,
  parseRequest,
  tooLong
} from './control-protocol.js'

/** What a service can be asked: by the method's name. What it throws is the answer's error. */
export type ControlMethods = Record<string, (params: ControlParams) => unknown | Promise<unknown>>

export interface RunningControl {
  readonly path: string
  /** Settles when the signal was aborted and the last connection has ended. */
  readonly closed: Promise<void>
}

/** A person and some scripts at a time; each connection costs a file descriptor that a client of the service could need. */
const maxConnections = 32
/** A forgotten `nc` does not hold its place for ever. */
const idleMs = 60_000
/** A stop waits so long for answers that are being made, the one to a `stop` among them. */
const graceMs = 1_000

/**
 * Answers requests on a unix socket of mode 0600, one line of JSON each (see `control-protocol.ts`), in their order. Aborting the signal
 * finishes what is being answered, and removes the socket file.
 * @throws ListenError; `details.reason` is EADDRINUSE when another service is running there
 */
export async function startControl(
  path: string,
  methods: ControlMethods,
  signal: AbortSignal,
  { what = 'pbxkit service' }: { what?: string } = {}
): Promise<RunningControl> {
  signal.throwIfAborted()
  const connections = new Set<Connection>()
  const listener = await listenOnPath(path, {
    what,
    onConnection: (socket) => {
      if (connections.size >= maxConnections) return refuse(socket)
      const connection = new Connection(socket, methods)
      connections.add(connection)
      socket.once('close', () => connections.delete(connection))
    },
    onAcceptError: () => {}
  })
  const stop = () => {
    listener.close()
    for (const connection of connections) connection.stop()
  }
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  return { path, closed: listener.closed }
}

/**
 * The control socket of a service that was given no `--control`: at the first default path that can be written. Without any the service goes
 * on: `failure` says why there is none. Where another service has the path, the next one is not tried: nobody would look for it there.
 */
export async function startDefaultControl(
  command: string,
  methods: ControlMethods,
  signal: AbortSignal,
  env: NodeJS.ProcessEnv = process.env
): Promise<{ control: RunningControl } | { failure: ListenError }> {
  let failure: ListenError | undefined
  for (const path of controlPaths(command, env)) {
    try {
      return { control: await startControl(path, methods, signal, { what: `pbxkit ${command}` }) }
    } catch (error) {
      if (!(error instanceof ListenError)) throw error
      failure ??= error
      if (error.details?.reason === 'EADDRINUSE') return { failure: error }
    }
  }
  return { failure: failure! }
}

function refuse(socket: net.Socket): void {
  socket.on('error', () => {})
  const error = { code: 'E_BUSY', message: `There are ${maxConnections} control connections already` }
  socket.end(encode({ id: null, error }))
  // Without a reader the half that the client still has open would keep the socket.
  socket.resume()
  socket.setTimeout(graceMs, () => socket.destroy())
}

/** One client: reads a request, answers it, reads the next. Who does not read its answers is not heard. */
class Connection {
  readonly #socket: net.Socket
  readonly #methods: ControlMethods
  #working = false
  #stopping = false

  constructor(socket: net.Socket, methods: ControlMethods) {
    this.#socket = socket
    this.#methods = methods
    socket.on('error', () => {})
    socket.setTimeout(idleMs, () => {
      if (!this.#working) socket.destroy()
    })
    this.#serve().then(
      () => this.#end(),
      () => socket.destroy()
    )
  }

  stop(): void {
    this.#stopping = true
    if (!this.#working) this.#end()
    setTimeout(() => this.#socket.destroy(), graceMs).unref()
  }

  async #serve(): Promise<void> {
    const reader = new LineReader(maxRequestBytes)
    for await (const chunk of this.#socket.iterator({ destroyOnReturn: false })) {
      for (const line of reader.push(chunk as Buffer)) {
        if (line === '') continue
        this.#working = true
        const answer = await this.#answer(line)
        this.#working = false
        const taken = this.#socket.write(encode(answer))
        if (this.#stopping) return
        if (!taken) await Promise.race([once(this.#socket, 'drain'), once(this.#socket, 'close')])
        if (this.#socket.destroyed) return
      }
    }
  }

  async #answer(line: string | typeof tooLong): Promise<ControlResponse> {
    let id: ControlId = null
    try {
      if (line === tooLong) throw new ProtocolError(`The line is longer than ${maxRequestBytes} bytes`)
      const request = parseRequest(line)
      id = request.id
      // Names like "constructor" are everywhere but in the table itself.
      const method = Object.hasOwn(this.#methods, request.method) ? this.#methods[request.method] : undefined
      if (!method) return { id, error: unknownMethod(request.method, Object.keys(this.#methods)) }
      return { id, result: (await method(request.params)) ?? null }
    } catch (error) {
      const { details, ...body } = errorBody(error)
      if (!(error instanceof ProtocolError)) return { id, error: { ...body, ...(details && { details }) } }
      return { id: id ?? (details?.id as ControlId | undefined) ?? null, error: body }
    }
  }

  #end(): void {
    this.#socket.end()
    this.#socket.resume()
    this.#socket.setTimeout(graceMs, () => this.#socket.destroy())
  }
}

function unknownMethod(method: string, known: readonly string[]) {
  return {
    code: 'E_UNKNOWN_METHOD',
    // A name may be as long as a line.
    message: `There is no method "${method.slice(0, 64)}"`,
    hint: `There are: ${known.join(', ')}.`
  }
}

/** One line; a result that is no JSON (a circle, a BigInt) is a bug of the service and no reason to end it. */
function encode(response: ControlResponse): string {
  try {
    return `${JSON.stringify(response)}\n`
  } catch (error) {
    return `${JSON.stringify({ id: response.id, error: errorBody(error) })}\n`
  }
}
