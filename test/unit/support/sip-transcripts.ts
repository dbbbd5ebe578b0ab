import fs from 'node:fs'
import path from 'node:path'

/** One message of a transcript of real flows. The recorder wrote LF for CRLF; its count of bytes says where each ends. */
export interface RecordedMessage {
  file: string
  number: number
  from: string
  to: string
  /** As counted on the wire. */
  length: number
  bytes: Buffer
}

const folder = path.join(import.meta.dirname, '../../fixtures/sip')

export const transcriptFiles = fs.readdirSync(folder).filter((file) => file.endsWith('.txt'))

export function readTranscript(file: string): RecordedMessage[] {
  const text = fs.readFileSync(path.join(folder, file), 'latin1')
  return text
    .split(/^(?=--- )/m)
    .filter((part) => part.startsWith('--- #'))
    .map((part) => {
      const found = /^--- #(\d+) \S*\s*\S* \w+ (\S+) -> (\S+) \((\d+) bytes\)\n/.exec(part)
      if (!found) throw new Error(`${file}: ${part.slice(0, 80)}`)
      const message = part.slice(found[0].length).trimEnd().replaceAll('\n', '\r\n')
      return {
        file,
        number: Number(found[1]),
        from: found[2]!,
        to: found[3]!,
        length: Number(found[4]),
        bytes: Buffer.from(`${message}\r\n\r\n`, 'latin1')
      }
    })
}
