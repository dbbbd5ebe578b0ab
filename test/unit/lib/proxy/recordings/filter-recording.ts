import fs from 'node:fs'
import path from 'node:path'
import { blocksOf, isNews, type Lines } from './blocks.js'
import { folder, readRecording } from './recording.js'

/** What recording 12 says: who is in the users file, and how many of which event each got of what was done. */
export interface FilterRecording {
  usersFile: string
  /** By what was done; then by user: `Cdr:3 CEL:12`, or `(nothing)`. */
  steps: Map<string, Map<string, string>>
  /** Bytes that a user got, where the recording has them. */
  got: Map<string, string>
}

export function readFilterRecording(name: string): FilterRecording {
  const lines = fs.readFileSync(path.join(folder, `${name}.txt`), 'utf8').split('\n')
  const remarks = lines.filter((line) => line.startsWith('# ')).map((line) => line.slice(2))
  const users = remarks.slice(remarks.indexOf('users file:') + 1)
  users.length = users.findIndex((line) => !line.includes('='))
  const steps = new Map<string, Map<string, string>>()
  const got = new Map<string, string>()
  let step = new Map<string, string>()
  let title = ''
  for (const remark of remarks) {
    const begun = /^--- (.*)$/.exec(remark)
    const counted = /^(\w+) +((?:[A-Z][\w=]*:\d|\(nothing\)|\?).*)$/.exec(remark)
    const said = /^(\w+) got: (".*")$/.exec(remark)
    if (begun) {
      title = begun[1]!
      step = new Map()
      steps.set(title, step)
    } else if (counted) step.set(counted[1]!, counted[2]!)
    else if (said) got.set(title, JSON.parse(said[2]!) as string)
  }
  return { usersFile: `${users.join('\n')}\n`, steps, got }
}

/** The events of the same call, which recording 05 has whole: Local/bridge@test dials Local/long@test; and of its end. */
export function eventsOfCall(): { call: Lines[]; end: Lines[] } {
  const { exchanges } = readRecording('05-command-and-lists')
  const eventsOf = (text: string) => {
    const { received } = exchanges.find(({ sent }) => sent.includes(text))!
    return blocksOf(received.get(0)!)
      .filter((lines) => lines[0]!.startsWith('Event: ') && !isNews(lines))
      .filter((lines) => !lines.some((line) => line.startsWith('ActionID: ')))
      .map((lines) => lines.slice(0, -1))
  }
  return { call: eventsOf('Channel: Local/bridge@test'), end: eventsOf('Action: Hangup') }
}

/** `Cdr:3 CEL:12`, in the order of their names. */
export function countsOf(events: readonly Lines[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const [first] of events) {
    const name = first!.replace('Event: ', '')
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}
