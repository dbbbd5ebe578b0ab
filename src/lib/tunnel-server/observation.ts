import { createMetricsRenderer, metricsContentType } from '../monitoring/prometheus.js'
import { TunnelCounters } from './counters.js'
import type { HttpPage } from './http-desk.js'
import type { LocalTunnels } from './local-tunnels.js'
import type { Scraped } from './metrics-text.js'
import type { TunnelServerOptions } from './options.js'
import type { CallStatus, TunnelServerStatus } from './status.js'
import { tunnelHealth } from './status.js'

/** What there is to be seen, as it is now. */
export interface Observed {
  options: () => TunnelServerOptions
  tunnels: LocalTunnels
  calls: () => Iterable<CallStatus>
  callCount: () => number
  sockets: () => { all: number; halfOpen: number }
  isDraining: () => boolean
}

/** Shows what the server does: put together when somebody asks, and not before. */
export class Observation {
  readonly counters = new TunnelCounters()
  readonly #observed: Observed
  readonly #startedAt = new Date()
  readonly #startMs = performance.now()
  #render: Promise<(scraped: Scraped) => Promise<string>> | undefined

  constructor(observed: Observed) {
    this.#observed = observed
  }

  status(): TunnelServerStatus {
    const { options, tunnels, calls, sockets, isDraining } = this.#observed
    const { version = '', serverName } = options()
    const { counters } = this
    const all = [...tunnels]
    return {
      version,
      serverName,
      startedAt: this.#startedAt.toISOString(),
      uptimeS: this.#uptimeS,
      draining: isDraining(),
      sockets: sockets(),
      users: new Set(all.map(({ username }) => username)).size,
      tunnels: all.map((tunnel) => ({
        user: tunnel.username,
        address: tunnel.address,
        protocol: tunnel.protocol,
        encrypted: tunnel.encrypted,
        version: tunnel.version,
        instance: tunnel.instance,
        since: tunnel.since.toISOString(),
        calls: tunnel.calls,
        callsTotal: tunnel.callsTotal
      })),
      calls: [...calls()],
      rates: counters.rates,
      counters: {
        calls: counters.calls.map(({ outcome, reason, count }) => ({ outcome, reason: reason ?? null, count })),
        logins: { ...counters.logins },
        tunnels: { ...counters.tunnels },
        bytes: { ...counters.bytes },
        commands: counters.commandSeconds.count,
        commandsRefused: counters.commandsRefused,
        authentications: { ...counters.authentications },
        drains: counters.drains
      }
    }
  }

  /** Whoever may connect may ask whether the server is well. @param from address of who asks */
  async page(path: '/metrics' | '/health', from: string): Promise<HttpPage> {
    if (path === '/health') return this.#health()
    if (!this.#observed.options().metricsAllow?.permits(from))
      return { status: 403, contentType: 'text/plain', body: 'The metrics are not for your address; see --metrics-allow.\n' }
    this.#render ??= import('./metrics-text.js').then(({ tunnelMetrics, tunnelHistograms }) =>
      createMetricsRenderer('pbxkit_tunnel_', tunnelMetrics, tunnelHistograms)
    )
    const render = await this.#render
    const body = await render({ status: this.status(), counters: this.counters })
    return { status: 200, contentType: metricsContentType, body }
  }

  #health(): HttpPage {
    const { tunnels, callCount, isDraining } = this.#observed
    const { httpStatus, body } = tunnelHealth({
      draining: isDraining(),
      uptimeS: this.#uptimeS,
      tunnels: tunnels.size,
      calls: callCount()
    })
    return { status: httpStatus, contentType: 'application/json', body: `${JSON.stringify(body)}\n` }
  }

  get #uptimeS(): number {
    return Math.floor((performance.now() - this.#startMs) / 1000)
  }
}
