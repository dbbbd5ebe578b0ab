import type { ListRow } from './list-row.js'
import type { Value } from './values.js'

/** What an operator wants to see of a call first. */
export interface CallSummary {
  /** Seconds since 1970: the text beside it is in the server's own zone. */
  readonly startedAtS: number | null
  readonly durationS: number | null
  readonly caller: Value
  readonly called: Value
  readonly callerIp: Value
  readonly calledIp: Value
  readonly sipResponse: number | null
  /** Both sides when they differ. */
  readonly codec: string | null
  /** The worse side's MOS with a fixed jitter buffer of 200 ms; null without RTP. */
  readonly mos: number | null
  readonly lossPercent: number | null
  readonly jitterMs: number | null
  readonly idSensor: number | null
  readonly callId: Value
}

export function summariseCall(call: ListRow): CallSummary {
  const worst = (choose: (...values: number[]) => number, ...columns: string[]) => {
    const values = columns.map((column) => call.number(column)).filter((value) => value !== null)
    return values.length > 0 ? choose(...values) : null
  }
  const codecs = new Set([call.get('callercodec'), call.get('calledcodec')].filter((codec) => codec !== null))
  return {
    startedAtS: call.number('calldate_num'),
    durationS: call.number('duration'),
    caller: call.get('caller'),
    called: call.get('called'),
    callerIp: call.get('callerip'),
    calledIp: call.get('calledip'),
    // 0: no answer yet.
    sipResponse: call.number('lastSIPresponseNum') || null,
    codec: codecs.size > 0 ? [...codecs].join('/') : null,
    mos: worst(Math.min, 'src_mosf2', 'dst_mosf2'),
    lossPercent: worst(Math.max, 'src_loss', 'dst_loss'),
    jitterMs: worst(Math.max, 'src_jitter', 'dst_jitter'),
    idSensor: call.number('id_sensor'),
    callId: call.get('callid')
  }
}
