import type net from 'node:net'
import { TimeoutError } from '../errors.js'

export interface KeepAliveOptions {
  /** After so much silence the peer is asked for a sign of life; after as much again the connection is given up. */
  intervalMs: number
  /** Sends something that the peer answers. */
  ask: () => void
  /** Is the peer known to be at work on something that lets it answer nothing else? Then it is waited for longer. */
  isBusy?: () => boolean
}

/** So long at most: far more than any call takes to be answered. The system's own keep-alive notices a host that has gone. */
const maxBusyMs = 15 * 60_000

/**
 * Notices a peer that has gone without a word (a pulled cable, a firewall that forgot the connection): TCP alone would take hours. While the
 * socket is paused by us, silence means nothing. The watch ends with the socket.
 */
export function keepAlive(socket: net.Socket, { intervalMs, ask, isBusy = () => false }: KeepAliveOptions): void {
  let received = socket.bytesRead
  let asked = false
  let silentSinceMs = Date.now()
  socket.setKeepAlive(true, intervalMs)
  const timer = setInterval(() => {
    if (socket.bytesRead !== received || socket.isPaused()) {
      received = socket.bytesRead
      asked = false
      silentSinceMs = Date.now()
    } else if (asked && !(isBusy() && Date.now() - silentSinceMs < maxBusyMs)) {
      socket.destroy(new TimeoutError(`it was silent for ${(2 * intervalMs) / 1000} s`))
    } else if (!asked) {
      asked = true
      ask()
    }
  }, intervalMs)
  timer.unref()
  socket.once('close', () => clearInterval(timer))
}
