import fs from 'node:fs'
import path from 'node:path'
import { folder } from './recording.js'

/** One abuse of recording 30, and what became of the old program, which had been built with AddressSanitizer. */
export interface Abuse {
  title: string
  /** What was sent to it, in segments, as far as the recording has it. */
  sent: string[]
  /** The remarks, `RESULT …` too. */
  remarks: string[]
  survived: boolean
}

/** The recording leaves out the middle of what repeats one character. */
const cut = /(.)<<\.\.\.(\d+) bytes cut in transcript\.\.\.>>/g

export function readAbuses(name: string): Abuse[] {
  const abuses: Abuse[] = []
  let at = ''
  for (const line of fs.readFileSync(path.join(folder, `${name}.txt`), 'utf8').split('\n')) {
    const title = /^# === (.*)$/.exec(line)?.[1]
    if (title !== undefined) {
      abuses.push({ title, sent: [], remarks: [], survived: false })
      continue
    }
    const abuse = abuses.at(-1)
    if (!abuse) continue
    const sent = /^\[ *([\d.]+)\] C> (".*")$/.exec(line)
    if (sent) {
      const bytes = (JSON.parse(sent[2]!) as string).replace(cut, (_, character: string, more) =>
        character.repeat(1 + Number(more))
      )
      if (at === sent[1]) abuse.sent[abuse.sent.length - 1] += bytes
      else abuse.sent.push(bytes)
      at = sent[1]!
    } else if (line.startsWith('# ')) {
      abuse.remarks.push(line.slice(2))
      abuse.survived ||= line.startsWith('# RESULT alive=true')
    }
  }
  return abuses
}
