import type net from 'node:net'
import { TimeoutError } from '../errors.js'

export interface KeepAliveOptions {
  /** After so much silence the peer is asked for a sign of life; after as much again the connection is given up. */
  intervalMs: number
  /** Sends something that the peer answers. */
  ask: () => void
}

/**
 * Notices a peer that has gone without a word (a pulled cable, a firewall that forgot the connection): TCP alone would take hours. While the
 * socket is paused by us, silence means nothing.
 * @returns ends the watch
 */
export function keepAlive(socket: net.Socket, { intervalMs, ask }: KeepAliveOptions): () => void {
  let received = socket.bytesRead
  let asked = false
  const timer = setInterval(() => {
    if (socket.bytesRead !== received || socket.isPaused()) {
      received = socket.bytesRead
      asked = false
    } else if (asked) {
      socket.destroy(new TimeoutError(`it was silent for ${(2 * intervalMs) / 1000} s`))
    } else {
      asked = true
      ask()
    }
  }, intervalMs)
  timer.unref()
  socket.once('close', () => clearInterval(timer))
  return () => clearInterval(timer)
}
