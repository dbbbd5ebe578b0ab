import { PbxkitError } from '../errors.js'
import type { SipUri } from '../sip/uri.js'
import { type SipTarget, targetName } from '../sip-transport/target.js'
import type { RequestDraft } from './draft.js'
import { type Ping, type PingOptions, type PingSummary, ping, summarize } from './ping.js'
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
  pings: Ping[]
  summary: PingSummary
}

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
      for await (const one of ping(agent, () => draft(task.uri), task.options)) {
        pings.push(one)
        await onPing(task, one)
      }
      return { uri: task.name, pings, summary: summarize(pings) }
    })
  )
}

/** Is the peer alive by this reply? With `strict` only a 2xx says so. */
export function isAlive(one: Ping, strict: boolean): boolean {
  return 'status' in one && (!strict || (one.status >= 200 && one.status < 300))
}

/** The error of the first that was not answered at all. */
export function firstFailure(results: readonly PingResult[]): PbxkitError | undefined {
  const failed = results.flatMap(({ pings }) => pings).find((one) => 'error' in one)
  return failed && 'error' in failed ? failed.error : undefined
}
