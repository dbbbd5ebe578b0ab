import type { Address } from '../net/address.js'
import { HttpServer } from '../net/http-server.js'
import { ListenerSet } from '../net/listener-set.js'

/** Serves `GET /metrics` and `GET /health`. @returns where, and what ends it @throws ListenError */
export async function serveMetrics(
  address: Address,
  { metrics, health }: { metrics: () => string; health: () => boolean }
): Promise<{ address: Address; close: () => void }> {
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
        response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' }).end(metrics())
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
