import { countOf, type ProcessFacts } from './process-facts.js'

/** Everything that was seen of one process. */
export interface Observed {
  /** At rest, before any load. */
  before: ProcessFacts
  /** Under load, evenly in time. */
  under: readonly ProcessFacts[]
  /** At rest again, first and last look: what happened in between it did by itself. */
  after: readonly [ProcessFacts, ProcessFacts]
}

export interface Verdict {
  /** MiB: where the line of the samples begins after the warm-up, and where it ends. */
  fromMiB: number
  toMiB: number
  peakMiB: number
  descriptors: { before: number; peak: number; after: number }
  /** Times a second that it woke up, at rest, after the load. */
  wakeUps: number
  /** Why it is not flat; empty: it is. */
  faults: string[]
}

/** The first third is the warm-up: pools and the heap of V8 find their size. */
const warmUpShare = 1 / 3
/** A heap that has settled still breathes: the garbage collector decides when. */
const breathMiB = 12
const breathShare = 0.08
/** In less time a heap is still finding its size, and a line through it says nothing: then it is to stay below this, twice what any service settles at. */
const shortMs = 5 * 60_000
const shortPeakMiB = 300
/** At rest again: the file that a log was just opened as, a connection that is just ending. */
const allowedDescriptors = 2
/** A service that keeps connections alive and pays out events has timers; what is left over of thousands of clients shows as hundreds of wake-ups. */
const allowedWakeUps = 150

/** Is a process flat? @param wakeUps so often it may wake up at rest, in a second */
export function judge({ before, under, after }: Observed, { wakeUps: allowed = allowedWakeUps } = {}): Verdict {
  const settled = under.slice(Math.ceil(under.length * warmUpShare))
  if (settled.length < 10) throw new Error('too few samples: give it more time')
  const [from, to] = line(settled.map(({ atMs, rssKb }) => [atMs, rssKb / 1024]))
  const [first, last] = after
  const wakeUps = ((last.sleeps - first.sleeps) * 1_000) / Math.max(1, last.atMs - first.atMs)
  const descriptors = {
    before: countOf(before.descriptors),
    peak: Math.max(...under.map(({ descriptors }) => countOf(descriptors))),
    after: countOf(last.descriptors)
  }
  const faults: string[] = []
  const peakMiB = Math.max(...under.map(({ rssKb }) => rssKb)) / 1024
  if (under.at(-1)!.atMs - under[0]!.atMs < shortMs) {
    if (peakMiB > shortPeakMiB) faults.push(`memory: ${peakMiB.toFixed(1)} MiB`)
  } else if (to - from > Math.max(breathMiB, breathShare * from)) {
    faults.push(`memory grows: ${(to - from).toFixed(1)} MiB in ${minutes(settled)} min`)
  }
  if (descriptors.after > descriptors.before + allowedDescriptors)
    faults.push(`descriptors are left: ${JSON.stringify(before.descriptors)} before, ${JSON.stringify(last.descriptors)} after`)
  if (last.threads > before.threads + 4) faults.push(`${last.threads} threads, ${before.threads} before`)
  if (wakeUps > allowed) faults.push(`it wakes up ${wakeUps.toFixed(0)} times a second with nothing to do`)
  return { fromMiB: from, toMiB: to, peakMiB, descriptors, wakeUps, faults }
}

const minutes = (samples: readonly ProcessFacts[]) => ((samples.at(-1)!.atMs - samples[0]!.atMs) / 60_000).toFixed(1)

/**
 * The line through points by Theil and Sen: the median of all slopes, so that a single collection of garbage moves nothing.
 * @returns its height at the first and at the last point
 */
export function line(points: readonly (readonly [x: number, y: number])[]): [number, number] {
  const slopes = points.flatMap(([x, y], index) =>
    points
      .slice(index + 1)
      .filter(([x2]) => x2 > x)
      .map(([x2, y2]) => (y2 - y) / (x2 - x))
  )
  const slope = median(slopes)
  const height = median(points.map(([x, y]) => y - slope * x))
  return [height + slope * points[0]![0], height + slope * points.at(-1)![0]]
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
