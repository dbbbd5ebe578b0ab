import { setMaxListeners } from 'node:events'
import { connect } from '../net/connect.js'
import { agiAddress } from './agi-url.js'
import { callHeaders } from './call-headers.js'
import { type CallReport, type PlayCallOptions, playCall } from './play-call.js'

export interface PlaceCallOptions extends Omit<PlayCallOptions, 'headers'> {
  url: string
  args?: readonly string[] | undefined
  /** Headers with other values. */
  values?: Readonly<Record<string, string>> | undefined
  /** The caller hangs up then. */
  hangUpAfterMs?: number | undefined
  /** Of the connecting. */
  timeoutMs: number
  signal?: AbortSignal | undefined
}

/**
 * Calls an AGI application, as Asterisk would. Aborting the signal breaks the call.
 * @throws UsageError for the URL, ConnectError, TimeoutError, AgiEncodeError, DataError, the signal's reason
 */
export async function placeCall(options: PlaceCallOptions): Promise<CallReport> {
  const { url, args, values, hangUpAfterMs, timeoutMs, signal } = options
  const headers = callHeaders({ url, args, values })
  const socket = await connect({ ...agiAddress(url), timeoutMs, signal })
  // Asterisk answers what waits when the application has closed its half.
  socket.allowHalfOpen = true
  const stop = () => socket.destroy()
  signal?.addEventListener('abort', stop, { once: true })
  let hangUp: NodeJS.Timeout | undefined
  try {
    const call = playCall(socket, { ...options, headers })
    if (hangUpAfterMs !== undefined) hangUp = setTimeout(() => call.hangUp(), hangUpAfterMs)
    const report = await call.ended
    signal?.throwIfAborted()
    return report
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    clearTimeout(hangUp)
    signal?.removeEventListener('abort', stop)
  }
}

/** Makes so many calls, so many of them at a time. @param onEnd told of each @throws what the first that could not be made throws */
export async function placeCalls(
  options: PlaceCallOptions,
  { calls, parallel }: { calls: number; parallel: number },
  onEnd: (report: CallReport) => Promise<void>
): Promise<void> {
  // Each call listens, while it connects and while it goes on: that is no leak.
  if (options.signal) setMaxListeners(0, options.signal)
  let left = calls
  const work = async () => {
    while (left > 0) {
      left--
      await onEnd(await placeCall(options))
    }
  }
  await Promise.all(Array.from({ length: Math.min(calls, parallel) }, work))
}
