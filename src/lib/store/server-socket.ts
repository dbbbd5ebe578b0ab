import type { Socket } from 'node:net'
import { connect, readCaFile, type TlsOptions } from '../net/connect.js'
import type { OpenOptions } from './session.js'
import type { ServerTarget } from './store-url.js'

/** TLS towards a database. Verified, unless `insecure`; a pin is not offered: both drivers shake hands themselves. */
export type StoreTls = Pick<TlsOptions, 'caFile' | 'insecure'>

export interface ServerOptions {
  password: string
  tls: StoreTls | false | undefined
  readOnly: boolean
  /** What the server itself allows a statement, so that it does not go on for a client that has given up. */
  statementTimeoutMs: number
}

/** Both servers have 150 or so for everybody; a command needs one, a service a few. */
export const maxServerSessions = 4

/** What the drivers give to node's tls. */
export interface DriverTls {
  ca?: Buffer
  rejectUnauthorized: boolean
  minVersion: 'TLSv1.2'
}

/** The socket that a driver speaks on. Both drivers take one, so that only lib/net opens them, with its time-out and its errors. */
export function openSocket(target: ServerTarget, { timeoutMs, signal }: OpenOptions): Promise<Socket> {
  const { host, port, engine, socket } = target
  const path = engine === 'postgres' && socket !== undefined ? `${socket}/.s.PGSQL.${port}` : socket
  return connect({ host, port, path, timeoutMs, signal })
}

/**
 * TLS as the caller's option, else the URL has it; undefined: none.
 * @throws ConfigError for a CA file that cannot be read
 */
export function driverTls(target: ServerTarget, option: StoreTls | false | undefined): DriverTls | undefined {
  const fromUrl =
    target.tls === 'off' || (target.tls === undefined && target.tlsCaFile === undefined)
      ? undefined
      : { caFile: target.tlsCaFile, insecure: target.tls === 'insecure' }
  const tls = option === undefined ? fromUrl : option || undefined
  if (!tls) return undefined
  return {
    rejectUnauthorized: !tls.insecure,
    minVersion: 'TLSv1.2',
    ...(tls.caFile !== undefined && { ca: readCaFile(tls.caFile, 'Name a PEM file with ?tls-ca=FILE.') })
  }
}
