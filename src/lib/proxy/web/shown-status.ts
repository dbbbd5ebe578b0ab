import type { ClientStatus, ProxyCounters, ProxyStatus, ServerStatus } from '../status.js'

/** More clients than anybody reads on a page; some 400 bytes each, in one header of one answer. */
const maxClients = 200

/** What `ProxyAction: ProxyStatus` shows: to administrators everything, to others their own session, and of the servers what `/health` tells anybody. */
export interface ShownStatus {
  version: string
  uptimeS: number
  draining: boolean
  isAdmin: boolean
  /** The id of the session that asked. */
  you: ClientStatus['id']
  servers: (ServerStatus | Pick<ServerStatus, 'name' | 'state'>)[]
  /** The asking one first, then the newest. */
  clients: ClientStatus[]
  /** How many there are; null for who may not know. */
  clientCount: number | null
  counters: ProxyCounters | null
}

/** @param who the session that asks */
export function shownStatus(status: ProxyStatus, { id, isAdmin }: { id: ClientStatus['id']; isAdmin: boolean }): ShownStatus {
  const { version, uptimeS, draining, servers, clients, counters } = status
  const own = clients.filter((client) => client.id === id)
  const common = { version, uptimeS, draining, isAdmin, you: id }
  if (!isAdmin)
    return {
      ...common,
      servers: servers.map(({ name, state }) => ({ name, state })),
      clients: own,
      clientCount: null,
      counters: null
    }
  const others = clients.slice(-maxClients).filter((client) => client.id !== id)
  return {
    ...common,
    servers,
    clients: [...own, ...others.reverse()].slice(0, maxClients),
    clientCount: clients.length,
    counters
  }
}
