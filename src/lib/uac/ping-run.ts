import { PbxkitError } from '../errors.js'
import type { SipUri } from '../sip/uri.js'
import { type SipTarget, targetName } from '../sip-transport/target.js'
import type { RequestDraft } from './draft.js'
import { type Ping, type PingOptions, ping } from './ping.js'
import { type PingSummary, PingTally } from './ping-tally.js'
import type { UserAgent } from './user-agent.js'

/** One line of questions: a URI, or one of its targets. */
export interface PingTask {
  /** What it is called in the output. */
  name: string
  uri: SipUri
  options: PingOptions
}

export interface PingResult {
  uri: string
  /** All of them; of a run without an end the last ones. */
  pings: Ping[]
  summary: PingSummary
  /** Replies of 2xx. */
  accepted: number
  /** The error of the first that was not answered. */
  failure?: PbxkitError | undefined
}

// Some minutes of a run that only Ctrl-C ends: it may go on for months.
const maxKept = 1000

/** A task for every place that a URI leads to (`--all-targets`). One that leads nowhere stays as it is: its ping says why, and others are asked. */
export async function splitTask(agent: UserAgent, task: PingTask): Promise<PingTask[]> {
  const { to } = task.options
  const targets = 'scheme' in to ? await targetsOrNone(agent, to) : to
  if (targets.length === 0) return [task]
  return targets.map((target) => ({
    ...task,
    name: `${task.name} (${targetName(target)})`,
    options: { ...task.options, to: [target] }
  }))
}

async function targetsOrNone(agent: UserAgent, uri: SipUri): Promise<readonly SipTarget[]> {
  try {
    return await agent.targetsOf(uri)
  } catch (error) {
    if (error instanceof PbxkitError) return []
    throw error
  }
}

/** Asks all at the same time. @param onPing each as it comes */
export function runPings(
  agent: UserAgent,
  tasks: readonly PingTask[],
  draft: (uri: SipUri) => RequestDraft,
  onPing: (task: PingTask, one: Ping) => Promise<void>
): Promise<PingResult[]> {
  return Promise.all(
    tasks.map(async (task) => {
      const pings: Ping[] = []
      const tally = new PingTally()
      for await (const one of ping(agent, () => draft(task.uri), task.options)) {
        tally.add(one)
        pings.push(one)
        if (task.options.count === 0 && pings.length > maxKept) pings.shift()
        await onPing(task, one)
      }
      const { summary, accepted, failure } = tally
      return { uri: task.name, pings, summary, accepted, failure }
    })
  )
}

/** How many said that the peer is alive; with `strict` only a 2xx does. */
export function aliveCount({ summary, accepted }: PingResult, strict: boolean): number {
  return strict ? accepted : summary.received
}

/** Is the peer alive by this reply? With `strict` only a 2xx says so. */
export function isAlive(one: Ping, strict: boolean): boolean {
  return 'status' in one && (!strict || (one.status >= 200 && one.status < 300))
}
