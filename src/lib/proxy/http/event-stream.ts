import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { commonHeaders } from './response.js'

/** Shorter than the idle time-outs of the proxies on the way; it also finds a client that has gone without a word. */
const heartbeatMs = 15_000

/**
 * Gives a session's output to a client as Server-Sent Events (WHATWG HTML, section 9.2), until one of them ends. Reading from the session stops
 * while the client does not read: then the session's own queue fills, with its bound.
 * @param session writes messages in that form, each whole
 */
export function sendEventStream(response: ServerResponse, session: Duplex, everyMs = heartbeatMs): Promise<void> {
  // `X-Accel-Buffering`: nginx would hold events back until it has 4 kB of them.
  response.writeHead(200, { ...commonHeaders, 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' })
  response.flushHeaders()
  const heartbeat = setInterval(() => {
    // Behind what waits already a comment says nothing.
    if (!response.writableNeedDrain) response.write(':\n\n')
  }, everyMs)
  session.on('data', (chunk: Buffer) => {
    if (!response.write(chunk)) session.pause()
  })
  response.on('drain', () => session.resume())
  return new Promise((resolve) => {
    const end = () => {
      clearInterval(heartbeat)
      session.destroy()
      response.end()
      resolve()
    }
    session.once('end', end).once('close', end)
    response.once('close', end)
    if (session.destroyed || response.destroyed) end()
    else session.resume()
  })
}
