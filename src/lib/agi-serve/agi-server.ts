import type net from 'node:net'
import { encodeCommand } from '../agi/command.js'
import type { AgiHeader } from '../agi/header-block.js'
import type { CallTranscript, Transcripts } from '../agi-transcript/transcripts.js'
import { PbxkitError } from '../errors.js'
import type { Address } from '../net/address.js'
import { listenOnAll } from '../net/listen.js'
import { readHeaders } from '../tunnel/read-headers.js'
import { Asking } from './asking.js'

/** Asterisk sends the headers at once. */
const headersTimeoutMs = 5_000
/** A developer's server: as many calls as one looks at, and more is a mistake or a flood. */
const maxCalls = 1_000
/** Asterisk has so long to close after us. */
const closeMs = 5_000

export type AgiServeEvent =
  | { event: 'call'; call: number; from: string; headers: readonly AgiHeader[] }
  | { event: 'command'; call: number; command: string; reply: string; ms: number }
  | { event: 'hangup'; call: number }
  /** What a real Asterisk does not do: something between it and us is wrong. */
  | { event: 'warning'; call: number; warning: string }
  | { event: 'end'; call: number; ms: number; reason?: string }

export interface AgiServeOptions {
  listen: readonly Address[]
  /** What every call is told, one after the other; then it is ended. */
  commands: readonly (readonly string[])[]
  onEvent: (event: AgiServeEvent) => void
  transcripts?: Transcripts | undefined
  /** A stop waits so long for calls. */
  graceMs: number
}

export interface RunningAgiServer {
  readonly addresses: readonly Address[]
  readonly closed: Promise<void>
}

/** Runs a FastAGI application that does the same with each call and shows all of it. @throws ListenError, AgiCommandError for a command that cannot be sent */
export async function startAgiServer(options: AgiServeOptions, signal: AbortSignal): Promise<RunningAgiServer> {
  const commands = options.commands.map((words) => ({ text: words.join(' '), bytes: encodeCommand(words) }))
  const sockets = new Set<net.Socket>()
  let calls = 0
  const onConnection = (socket: net.Socket) => {
    if (sockets.size >= maxCalls) return void socket.destroy()
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    void serveCall(socket, ++calls, commands, options)
  }
  const listeners = await listenOnAll(options.listen, { onConnection, onAcceptError: () => {}, allowHalfOpen: true })
  const stop = () => {
    listeners.close()
    setTimeout(() => {
      for (const socket of sockets) socket.destroy()
    }, options.graceMs).unref()
  }
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  return listeners
}

interface Prepared {
  text: string
  bytes: Buffer
}

async function serveCall(
  socket: net.Socket,
  call: number,
  commands: readonly Prepared[],
  { onEvent, transcripts }: AgiServeOptions
): Promise<void> {
  const startMs = performance.now()
  const since = (ms: number) => Math.round((performance.now() - ms) * 1000) / 1000
  socket.on('error', ignore)
  let reason: string | undefined
  let transcript: CallTranscript | undefined
  try {
    const headers = await readHeaders(socket, headersTimeoutMs)
    const from = `${socket.remoteAddress}:${socket.remotePort}`
    onEvent({ event: 'call', call, from, headers: headers.entries })
    transcript = transcripts?.begin(String(call))
    transcript?.said('asterisk', headers.bytes)
    const onWarning = (warning: string) => onEvent({ event: 'warning', call, warning })
    if (headers.bytes.includes('\r')) onWarning('a header ends in CR LF: Asterisk ends lines in LF')
    const ask = new Asking(socket, { onHangup: () => onEvent({ event: 'hangup', call }), onWarning, transcript })
    for (const { text, bytes } of commands) {
      const sentMs = performance.now()
      const reply = await ask.ask(bytes)
      if (reply === undefined) break
      onEvent({ event: 'command', call, command: text, reply, ms: since(sentMs) })
    }
    transcript?.ended('application')
    socket.end()
    setTimeout(() => socket.destroy(), closeMs).unref()
  } catch (error) {
    if (!(error instanceof PbxkitError)) throw error
    reason = error.message
    socket.destroy()
  }
  if (!socket.destroyed) await new Promise((resolve) => socket.once('close', resolve))
  transcript?.close()
  onEvent({ event: 'end', call, ms: since(startMs), ...(reason !== undefined && { reason }) })
}

/** A failure is followed by `close`. */
function ignore(): void {}
