import { readFileSync } from 'node:fs'
import net from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** Between two looks: short beside the second or so that a server takes to start. */
const POLL_MS = 50

/** Asks `ready` again and again until it says true. @returns false when `timeoutMs` have passed. */
export async function waitUntil(ready: () => boolean | Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  while (!(await ready())) {
    if (performance.now() > deadline) return false
    await delay(POLL_MS)
  }
  return true
}

/** Whether a TCP connection to the port on 127.0.0.1 is accepted. */
export async function accepts(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** What /proc/net/tcp writes for a socket that listens. */
const LISTENS = '0A'

/**
 * Whether anybody has bound the port, by the kernel's own table: a server that speaks only UDP accepts no connection, and
 * one that we want to test should not see ours.
 */
export function isBound(port: number): boolean {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const rows = (protocol: string): string[][] =>
    readFileSync(`/proc/net/${protocol}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
  const bound = (row: string[]): boolean => row[1]?.endsWith(wanted) ?? false
  return rows('udp').some(bound) || rows('tcp').some((row) => bound(row) && row[3] === LISTENS)
}
