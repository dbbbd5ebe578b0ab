import { randomUUID } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { AgiHeaders } from '../agi/header-block.js'
import type { ByteChannel } from '../net/byte-channel.js'
import { CallRefusedError } from '../tunnel/errors.js'
import { joinCall } from './join-call.js'
import type { TunnelConnection } from './tunnel-client.js'

export interface IncomingCall {
  id?: string | undefined
  headers: AgiHeaders
  /** Gives what follows the headers. */
  stream: ByteChannel
  accept(): void
  refuse(reason: string): void
  /** Breaks the stream, so that the server can tell it from an end. */
  reset(): void
}

/** Connects one call to its target and waits for its end. Never rejects because of what a peer does. */
export async function takeCall(
  call: IncomingCall,
  { server, target, onEvent, transcripts }: Pick<TunnelConnection, 'server' | 'target' | 'onEvent' | 'transcripts'>
): Promise<void> {
  const { id = randomUUID().slice(0, 8), headers, stream } = call
  const startMs = performance.now()
  let application: Duplex
  try {
    application = await target(headers)
  } catch (error) {
    if (!(error instanceof CallRefusedError)) throw error
    const { reason, cause } = error
    onEvent({ event: 'call-refused', server, call: id, reason, ...(cause instanceof Error && { why: cause.message }) })
    call.refuse(error.reason)
    return
  }
  const [callerId, extension] = [headers.get('agi_callerid'), headers.get('agi_extension')]
  onEvent({ event: 'call-start', server, call: id, callerId, extension })
  const transcript = transcripts?.begin(id)
  transcript?.said('asterisk', headers.bytes)
  call.accept()
  const { commands, lost } = await joinCall(stream, application, call.reset, transcript)
  transcript?.close()
  const durationMs = Math.round(performance.now() - startMs)
  onEvent(
    lost
      ? { event: 'call-end', server, call: id, commands, durationMs, lost }
      : { event: 'call-end', server, call: id, commands, durationMs }
  )
}
