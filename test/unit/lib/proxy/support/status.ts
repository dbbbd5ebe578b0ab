import type { ClientStatus, ProxyStatus, ServerStatus } from '../../../../../src/lib/proxy/status.js'

export function serverStatus(more: Partial<ServerStatus> = {}): ServerStatus {
  return {
    name: 'a',
    host: '10.0.0.1',
    port: 5038,
    state: 'up',
    since: '2026-03-01T10:00:00.000Z',
    reconnects: 2,
    lastError: null,
    banner: 'Asterisk Call Manager/9.0.0',
    tls: false,
    actionsInFlight: 3,
    eventsPerS: 12.34,
    bytesIn: 1536,
    lagMs: 1.5,
    ...more
  }
}

export function clientStatus(more: Partial<ClientStatus> = {}): ClientStatus {
  return {
    id: 1,
    user: 'panel',
    address: '10.0.0.9:40000',
    input: 'standard',
    output: 'standard',
    encrypted: false,
    connectedAt: '2026-03-01T11:59:53.000Z',
    filtered: false,
    queueBytes: 0,
    queuedMs: 0,
    dropped: 0,
    actions: 5,
    actionsInFlight: 1,
    bytesOut: 3 * 1024 * 1024,
    ...more
  }
}

/** A proxy that was started at ten and looks at itself at twelve. */
export function proxyStatus(more: Partial<ProxyStatus> = {}): ProxyStatus {
  return {
    version: '1.2.3',
    startedAt: '2026-03-01T10:00:00.000Z',
    uptimeS: 7200,
    draining: false,
    servers: [serverStatus()],
    clients: [clientStatus()],
    counters: {
      eventsIn: 1,
      bytesIn: 2,
      eventsOut: 14,
      bytesOut: 3,
      eventsDropped: 4,
      actions: { success: 5, error: 6, denied: 7, lost: 8 },
      logins: { success: 9, refused: 10, blocked: 11, timeout: 12 },
      reconnects: 13
    },
    users: 2,
    journal: { bytes: 300, maxBytes: 1000, first: 11, next: 15 },
    ...more
  }
}
