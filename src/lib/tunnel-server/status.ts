import { ProtocolError } from '../errors.js'
import type { CallEnd, LoginResult } from './counters.js'

/** A tunnel that stands, and takes calls. */
export interface TunnelStatus {
  user: string
  address: string
  protocol: 1 | 2
  encrypted: boolean
  /** What the client says it is; empty: it does not. */
  version: string
  instance: string
  /** ISO 8601. */
  since: string
  /** Now, and ever. */
  calls: number
  callsTotal: number
}

/** A call of Asterisk. */
export interface CallStatus {
  id: string
  /** Asterisk's address and port. */
  from: string
  /** Null as long as it is not known whose call it is. */
  user: string | null
  /** Address of the client that has it; null: none yet. */
  client: string | null
  protocol: 1 | 2 | null
  state: 'placing' | 'bridged'
  since: string
}

/** All that `agi tunnel status` shows; `/metrics` takes its gauges from it. */
export interface TunnelServerStatus {
  version: string
  serverName: string
  startedAt: string
  uptimeS: number
  /** Stopping: nobody comes in, calls end. */
  draining: boolean
  /** Connections on the public port, and those of them that have not logged in. */
  sockets: { all: number; halfOpen: number }
  /** Users who hold a tunnel now. */
  users: number
  tunnels: TunnelStatus[]
  calls: CallStatus[]
  rates: { callsPerS: number; commandsPerS: number }
  counters: {
    calls: (Omit<CallEnd, 'reason'> & { reason: string | null; count: number })[]
    logins: Record<LoginResult, number>
    tunnels: { opened: number; closed: number; replaced: number }
    bytes: { fromApplications: number; toApplications: number }
    commands: number
    commandsRefused: number
    authentications: { known: number; unknown: number; error: number }
    drains: number
  }
}

/**
 * A status as it came over a control socket. Fields that a server of another version does not have may be missing further down.
 * @throws ProtocolError when it is no status of a tunnel server
 */
export function readTunnelStatus(value: unknown): TunnelServerStatus {
  const status = value as Partial<TunnelServerStatus> | null
  const areObjects = (list: unknown) => Array.isArray(list) && list.every((one) => typeof one === 'object' && one !== null)
  if (typeof status !== 'object' || !areObjects(status?.tunnels) || !areObjects(status?.calls))
    throw new ProtocolError('The answer is no status of a tunnel server', {
      hint: 'Does --control name the socket of another service?'
    })
  return status as TunnelServerStatus
}

/** What anybody may know who asks whether the server is well: no users, no addresses. 503 while it drains, so that nobody is sent here. */
export function tunnelHealth({
  draining,
  uptimeS,
  tunnels,
  calls
}: {
  draining: boolean
  uptimeS: number
  tunnels: number
  calls: number
}): { httpStatus: 200 | 503; body: object } {
  return {
    httpStatus: draining ? 503 : 200,
    body: { status: draining ? 'draining' : 'ok', draining, uptimeS, tunnels, calls }
  }
}
