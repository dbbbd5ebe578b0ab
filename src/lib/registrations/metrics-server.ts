import { createMetricsRenderer, metricsContentType } from '../monitoring/prometheus.js'
import type { Address } from '../net/address.js'
import { HttpServer } from '../net/http-server.js'
import { ListenerSet } from '../net/listener-set.js'
import type { Scraped } from './metrics-text.js'

/**
 * Serves `GET /metrics` and `GET /health`.
 * @param scrape what the metrics are made of, when somebody asks
 * @returns where, and what ends it
 * @throws ListenError
 */
export async function serveMetrics(
  address: Address,
  { scrape, health }: { scrape: () => Scraped; health: () => boolean }
): Promise<{ address: Address; close: () => void }> {
  const metrics = metricsRenderer()
  const http = new HttpServer({
    onRequest: (request, response) => {
      const path = (request.url ?? '').replace(/\?.*/, '')
      const isKnown = path === '/metrics' || path === '/health'
      request.resume()
      if (!isKnown || (request.method !== 'GET' && request.method !== 'HEAD')) {
        response.writeHead(isKnown ? 405 : 404).end()
      } else if (path === '/health') {
        const isHealthy = health()
        response
          .writeHead(isHealthy ? 200 : 503, { 'Content-Type': 'text/plain; charset=utf-8' })
          .end(isHealthy ? 'ok\n' : 'nobody is registered\n')
      } else {
        metrics(scrape()).then(
          (text) => response.writeHead(200, { 'Content-Type': metricsContentType }).end(text),
          () => response.writeHead(500).end()
        )
      }
    },
    onUpgrade: (_request, socket) => socket.destroy()
  })
  const listeners = new ListenerSet({
    onConnection: (socket) => {
      socket.on('error', () => {})
      http.accept(socket)
    },
    onAcceptError: () => {}
  })
  await listeners.update([address])
  return {
    address: listeners.addresses[0]!,
    close: () => {
      listeners.close()
      http.close(true)
    }
  }
}

/** Made at the first scrape: prom-client is for those who have a Prometheus. */
export function metricsRenderer(): (scraped: Scraped) => Promise<string> {
  let renderer: Promise<(scraped: Scraped) => Promise<string>> | undefined
  return async (scraped) => {
    renderer ??= import('./metrics-text.js').then(({ registrationMetrics, registrationHistograms }) =>
      createMetricsRenderer('pbxkit_uac_', registrationMetrics, registrationHistograms)
    )
    return (await renderer)(scraped)
  }
}
