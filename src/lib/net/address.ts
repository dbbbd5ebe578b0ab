import { UsageError } from '../errors.js'

/** A TCP address. */
export interface Address {
  host: string
  port: number
}

/**
 * Reads `HOST:PORT`, `[IPV6]:PORT`, `:PORT` (all addresses), or `PORT` (loopback).
 * @throws UsageError
 */
export function parseAddress(text: string): Address {
  const match = /^(?:\[([^\]]+)\]:|([^:[\]]*):)?(\d{1,5})$/.exec(text.trim())
  const port = match ? Number(match[3]) : Number.NaN
  if (!match || port > 65_535) {
    throw new UsageError(`"${text}" is not an address`, {
      hint: 'Write HOST:PORT, [IPV6]:PORT, :PORT for every address, or PORT for loopback.'
    })
  }
  const host = match[1] ?? match[2]
  if (host === undefined) return { host: '127.0.0.1', port }
  return { host: host === '' || host === '*' ? '::' : host, port }
}

/** `127.0.0.1:5038` or `[::1]:5038`. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
