import type net from 'node:net'
import { encodeCommand } from '../agi/command.js'
import type { AgiHeader } from '../agi/header-block.js'
import type { AgiMessage } from '../agi/reply.js'
import { ReplyReader } from '../agi/reply-reader.js'
import { PbxkitError, ProtocolError } from '../errors.js'
import type { Address } from '../net/address.js'
import { listenOnAll } from '../net/listen.js'
import { readHeaders } from '../tunnel/read-headers.js'

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
  | { event: 'end'; call: number; ms: number; reason?: string }

export interface AgiServeOptions {
  listen: readonly Address[]
  /** What every call is told, one after the other; then it is ended. */
  commands: readonly (readonly string[])[]
  onEvent: (event: AgiServeEvent) => void
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
    void serveCall(socket, ++calls, commands, options.onEvent)
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
  onEvent: AgiServeOptions['onEvent']
): Promise<void> {
  const startMs = performance.now()
  const since = (ms: number) => Math.round((performance.now() - ms) * 1000) / 1000
  socket.on('error', ignore)
  let reason: string | undefined
  try {
    const { entries } = await readHeaders(socket, headersTimeoutMs)
    onEvent({ event: 'call', call, from: `${socket.remoteAddress}:${socket.remotePort}`, headers: entries })
    const ask = asker(socket, () => onEvent({ event: 'hangup', call }))
    for (const { text, bytes } of commands) {
      const sentMs = performance.now()
      const reply = await ask(bytes)
      if (reply === undefined) break
      onEvent({ event: 'command', call, command: text, reply, ms: since(sentMs) })
    }
    socket.end()
    setTimeout(() => socket.destroy(), closeMs).unref()
  } catch (error) {
    if (!(error instanceof PbxkitError)) throw error
    reason = error.message
    socket.destroy()
  }
  if (!socket.destroyed) await new Promise((resolve) => socket.once('close', resolve))
  onEvent({ event: 'end', call, ms: since(startMs), ...(reason !== undefined && { reason }) })
}

/** @returns asks for one command at a time: its reply as text; undefined when Asterisk has closed @throws ProtocolError for too long a reply */
function asker(socket: net.Socket, onHangup: () => void): (command: Buffer) => Promise<string | undefined> {
  const replies = new ReplyReader()
  let waiting: ((reply: string | undefined) => void) | undefined
  const settle = (reply: string | undefined) => {
    waiting?.(reply)
    waiting = undefined
  }
  socket.on('data', (chunk: Buffer) => {
    let messages: AgiMessage[] = []
    try {
      messages = replies.push(chunk)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      socket.destroy()
    }
    for (const { kind, bytes } of messages) {
      if (kind === 'hangup') onHangup()
      else if (kind === 'reply') settle(bytes.toString('utf8').trimEnd())
    }
  })
  socket.on('end', () => settle(undefined)).on('close', () => settle(undefined))
  socket.resume()
  return (command) =>
    new Promise((resolve) => {
      if (socket.destroyed || socket.readableEnded) return resolve(undefined)
      waiting = resolve
      socket.write(command)
    })
}

/** A failure is followed by `close`. */
function ignore(): void {}
