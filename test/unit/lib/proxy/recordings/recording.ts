import fs from 'node:fs'
import path from 'node:path'

/** Where the recordings of astmanproxy 1.22 (no prefix) and 1.30 (`v130-`) are, and one of Asterisk itself. */
export const folder = path.join(import.meta.dirname, '../../../../fixtures/astmanproxy/recordings')

/** One connection of a recording; its number is its place in `connections`. */
export interface Connection {
  /** How the recording calls it; often nothing. */
  label: string
  tls: string | undefined
  /** The first line that the old program said. */
  banner: string
}

/** What was sent in one go, and all that came until the next. */
export interface Exchange {
  /** The connection that sent; for a recording of events, the one that was opened. */
  from: number
  /** Latin1; empty where a connection was opened. */
  sent: string
  /** What each connection received, without banners. */
  received: Map<number, string>
  closed: Set<number>
}

export interface Recording {
  name: string
  connections: Connection[]
  exchanges: Exchange[]
  /** The comments, without `# `. */
  remarks: string[]
}

const wireLine = /^\[ *([\d.]+)\] (?:(.*?) )?([CS])> (".*")$/
const connected = /^(?:(.*) )?connected (?:(TLSv[\d.]+) )?to \d/
const closedByServer = /^(?:(.*) )?server closed \(FIN\)$/
const banner = /^Asterisk Call Manager(?: Proxy)?\/[^\r\n]*\r\n/

/** All recordings, by their name without `.txt`. */
export function recordingNames(): string[] {
  return fs.readdirSync(folder).map((file) => file.replace(/\.txt$/, ''))
}

/** Reads a recording: `[seconds] label C> "bytes as JSON"`, `S>` for what was received, and `#` for remarks. */
export function readRecording(name: string): Recording {
  return parseRecording(name, fs.readFileSync(path.join(folder, `${name}.txt`), 'utf8'))
}

export function parseRecording(name: string, text: string): Recording {
  const connections: Connection[] = []
  const exchanges: Exchange[] = []
  const remarks: string[] = []
  const current = new Map<string, number>()
  const gone = new Set<number>()
  let sentAt = ''
  const begin = (from: number) => {
    exchanges.push({ from, sent: '', received: new Map(), closed: new Set() })
    sentAt = ''
  }
  const open = (label: string, tls: string | undefined) => {
    current.set(label, connections.push({ label, tls, banner: '' }) - 1)
    begin(connections.length - 1)
  }
  for (const line of text.split('\n')) {
    const remark = /^# ?(.*)$/.exec(line)?.[1]
    const wire = wireLine.exec(line)
    if (remark !== undefined) {
      remarks.push(remark)
      const opened = connected.exec(remark)
      const closed = closedByServer.exec(remark)
      if (opened) open(opened[1] ?? '', opened[2])
      else if (closed) {
        const connection = current.get(closed[1] ?? '')!
        gone.add(connection)
        exchanges.at(-1)!.closed.add(connection)
      }
    } else if (wire) {
      const [, time, label = '', direction, json] = wire
      // The recordings of abuse name no connections for some sections.
      if (!current.has(label)) open(label, undefined)
      const connection = current.get(label)!
      const bytes = JSON.parse(json!) as string
      if (direction === 'C') {
        if (gone.has(connection)) continue
        if (sentAt !== `${connection} ${time}`) begin(connection)
        sentAt = `${connection} ${time}`
        exchanges.at(-1)!.sent += bytes
      } else {
        const { received } = exchanges.at(-1)!
        received.set(connection, (received.get(connection) ?? '') + bytes)
      }
    } else if (line !== '') throw new Error(`${name}: neither wire nor remark: ${line.slice(0, 80)}`)
  }
  takeBanners(connections, exchanges)
  const isEmpty = ({ sent, received, closed }: Exchange) => sent === '' && received.size === 0 && closed.size === 0
  return { name, connections, exchanges: exchanges.filter((exchange) => !isEmpty(exchange)), remarks }
}

function takeBanners(connections: Connection[], exchanges: readonly Exchange[]): void {
  for (const { received } of exchanges) {
    for (const [number, text] of received) {
      const connection = connections[number]!
      const found = connection.banner === '' ? banner.exec(text)?.[0] : undefined
      if (found === undefined) continue
      connection.banner = found
      if (text === found) received.delete(number)
      else received.set(number, text.slice(found.length))
    }
  }
}
