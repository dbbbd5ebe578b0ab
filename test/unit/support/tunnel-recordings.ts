import fs from 'node:fs'
import path from 'node:path'

const folder = path.join(import.meta.dirname, '../../fixtures/agi-tunnel')

/** One thing that was seen: bytes from a peer to the server or back, or what happened to the connection. */
export interface RecordedStep {
  /** `asterisk`, or a client of the tunnel by its name. */
  actor: string
  kind: 'sent' | 'received' | 'fin' | 'refused' | 'closed'
  bytes: Buffer
}

export interface Recording {
  name: string
  steps: RecordedStep[]
}

/** What the original server (Erlang) was seen to do, cut into its scenarios. */
export function originalServerRecordings(): Recording[] {
  return fs
    .readdirSync(folder)
    .filter((file) => file.startsWith('original-erlang'))
    .sort()
    .flatMap((file) => cut(file, fs.readFileSync(path.join(folder, file), 'utf8')))
}

export function recordingText(file: string): string {
  return fs.readFileSync(path.join(folder, file), 'utf8')
}

function cut(file: string, text: string): Recording[] {
  const recordings: Recording[] = []
  for (const line of text.split('\n')) {
    const title = /^[\d.]+ === (.+)$/.exec(line)?.[1]
    if (title) recordings.push({ name: `${file} ${recordings.length + 1}: ${title}`, steps: [] })
    const step = readStep(line)
    if (step) recordings.at(-1)!.steps.push(step)
  }
  return recordings
}

function readStep(line: string): RecordedStep | undefined {
  const [, actor, arrow, json] = /^[\d.]+ ([\w-]+) (->|<-) server (".*")$/.exec(line) ?? []
  if (actor)
    return { actor, kind: arrow === '->' ? 'sent' : 'received', bytes: Buffer.from(JSON.parse(json!) as string, 'latin1') }
  const [, who, what] = /^[\d.]+ ([\w-]+): (server sent FIN|ECONNREFUSED|closed)$/.exec(line) ?? []
  if (!who) return undefined
  const kind = what === 'closed' ? 'closed' : what === 'ECONNREFUSED' ? 'refused' : 'fin'
  return { actor: who, kind, bytes: Buffer.alloc(0) }
}
