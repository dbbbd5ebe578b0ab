import { HistogramCounts } from '../monitoring/histogram-counts.js'
import type { SipReply } from '../sip/message.js'

/** Upper bounds of the histogram of round trips, in seconds: a LAN, a country, the world, a repeat, more. */
const rttBucketsS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const

/** What is counted while registrations are kept. */
export class KeeperStats {
  attempts = 0
  timeouts = 0
  expired = 0
  /** Final replies by status; statuses are of three digits, so that it is bounded. */
  readonly replies = new Map<number, number>()
  /** From the first copy of a request to its final reply, in seconds. */
  readonly roundTrips = new HistogramCounts(rttBucketsS)

  replied(reply: SipReply, roundTripMs: number): void {
    const { status } = reply.start
    this.replies.set(status, (this.replies.get(status) ?? 0) + 1)
    this.roundTrips.observe(roundTripMs / 1000)
  }
}
