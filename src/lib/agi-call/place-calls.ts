import { setMaxListeners } from 'node:events'
import type { AgiHeader } from '../agi/header-block.js'
import type { RecordedCall } from '../agi-transcript/recorded-call.js'
import { TimeoutError } from '../errors.js'
import { connect } from '../net/connect.js'
import { agiAddress } from './agi-url.js'
import { callHeaders } from './call-headers.js'
import { type CallReport, type PlayCallOptions, playCall } from './play-call.js'
import { replayAnswers } from './replay.js'

export interface PlaceCallOptions extends Omit<PlayCallOptions, 'headers'> {
  url: string
  args?: readonly string[] | undefined
  /** Headers with other values. */
  values?: Readonly<Record<string, string>> | undefined
  /** The caller hangs up then. */
  hangUpAfterMs?: number | undefined
  /** Whoever is not done by then is given up. */
  callTimeoutMs?: number | undefined
  /** Headers, answers and hang-up are those of this call, as far as it goes. */
  replay?: RecordedCall | undefined
  /** Of the connecting. */
  timeoutMs: number
  signal?: AbortSignal | undefined
}

/**
 * Calls an AGI application, as Asterisk would. Aborting the signal breaks the call.
 * @throws UsageError for the URL, ConnectError, TimeoutError, AgiEncodeError, DataError, the signal's reason
 */
async function placeCall(options: PlaceCallOptions): Promise<CallReport> {
  const { url, hangUpAfterMs, timeoutMs, callTimeoutMs, replay, signal } = options
  const headers = headersOf(options)
  const socket = await connect({ ...agiAddress(url), timeoutMs, signal })
  // Asterisk answers what waits when the application has closed its half.
  socket.allowHalfOpen = true
  const stop = () => socket.destroy()
  signal?.addEventListener('abort', stop, { once: true })
  let hangUp: NodeJS.Timeout | undefined
  let late: NodeJS.Timeout | undefined
  let isLate = false
  try {
    const call = playCall(socket, { ...options, ...(replay && replayOptions(replay, options)), headers })
    if (callTimeoutMs !== undefined) {
      late = setTimeout(() => {
        isLate = true
        socket.destroy()
      }, callTimeoutMs)
    }
    if (hangUpAfterMs !== undefined) hangUp = setTimeout(() => call.hangUp(), hangUpAfterMs)
    const report = await call.ended
    signal?.throwIfAborted()
    if (isLate) throw new TimeoutError(`The call was not over within ${callTimeoutMs! / 1000} s`)
    return report
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    clearTimeout(hangUp)
    clearTimeout(late)
    signal?.removeEventListener('abort', stop)
  }
}

/** Those of the recording, with other values where there are some. */
function headersOf({ url, args, values = {}, replay }: PlaceCallOptions): readonly AgiHeader[] {
  if (!replay) return callHeaders({ url, args, values })
  return replay.headers.map(({ name, value }) => ({ name, value: values[name] ?? value }))
}

function replayOptions(replay: RecordedCall, { answer }: PlaceCallOptions): Partial<PlayCallOptions> {
  const recorded = replayAnswers(replay)
  return {
    // A fault that is asked for comes first.
    answer: (command) => answer?.(command) ?? recorded(command),
    ...(replay.hungUpAfter !== undefined && { hangsUpAfterCommands: replay.hungUpAfter })
  }
}

/**
 * Makes so many calls, so many of them at a time.
 * @param onEnd told of each
 * @throws what the first that could not be made throws; those that go on are broken then, and no further ones are made
 */
export async function placeCalls(
  options: PlaceCallOptions,
  { calls, parallel }: { calls: number; parallel: number },
  onEnd: (report: CallReport) => Promise<void>
): Promise<void> {
  const failed = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, failed.signal]) : failed.signal
  // Each call listens, while it connects and while it goes on: that is no leak.
  setMaxListeners(0, signal)
  let left = calls
  const work = async () => {
    while (left > 0 && !failed.signal.aborted) {
      left--
      await onEnd(await placeCall({ ...options, signal }))
    }
  }
  const works = Array.from({ length: Math.min(calls, parallel) }, work)
  try {
    await Promise.all(works)
  } finally {
    failed.abort()
    await Promise.allSettled(works)
  }
}
