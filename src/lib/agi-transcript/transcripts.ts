import fs from 'node:fs'
import path from 'node:path'
import { IoError } from '../errors.js'
import { formatEntry, type TranscriptSide } from './entry.js'

/** A call of AGI is some kB; one that streams for hours must not fill the disk. */
const maxBytesOfCall = 16 * 1024 * 1024

/** Where transcripts go; a call begins one and ends it. */
export interface Transcripts {
  /** Never throws: a call goes on without its transcript. */
  begin(call: string): CallTranscript
}

interface LineSink {
  write(line: string): void
  close?(): void
}

/** What one call says, line by line as it is said. */
export class CallTranscript {
  readonly #call: string
  readonly #sink: LineSink | undefined
  readonly #startMs = performance.now()
  #left = maxBytesOfCall
  #hasBegun = false

  /** @param sink undefined: nowhere */
  constructor(call: string, sink: LineSink | undefined) {
    this.#call = call
    this.#sink = sink
  }

  /** The first is the header block; it carries the date. */
  said(from: TranscriptSide, bytes: Buffer): void {
    if (this.#left <= 0) return
    this.#left -= bytes.length
    this.#write(from, bytes)
    if (this.#left <= 0) this.#sink?.write(`${JSON.stringify({ call: this.#call, truncated: true })}\n`)
  }

  /** That side has said all it has to say. */
  ended(from: TranscriptSide): void {
    this.#write(from, undefined)
  }

  /** The call is over. */
  close(): void {
    this.#sink?.close?.()
  }

  #write(from: TranscriptSide, bytes: Buffer | undefined): void {
    if (!this.#sink) return
    const more: Record<string, string> = this.#hasBegun ? {} : { time: new Date().toISOString() }
    this.#hasBegun = true
    const t = Math.round((performance.now() - this.#startMs) * 10) / 10_000
    this.#sink.write(`${formatEntry({ call: this.#call, t, from, bytes }, more)}\n`)
  }
}

/** All calls in one file. @param sink opened by whoever knows when it is to be opened anew */
export function transcriptsInFile(sink: LineSink): Transcripts {
  // The file outlives the call.
  return { begin: (call) => new CallTranscript(call, { write: (line) => sink.write(line) }) }
}

/**
 * A file for each call, `<date>-<call>.ndjson`, for its owner alone.
 * @param onTrouble told when a file cannot be made or written; the call goes on
 * @throws IoError when the folder cannot be made
 */
export function transcriptsInFolder(folder: string, onTrouble: (message: string) => void): Transcripts {
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
    fs.accessSync(folder, fs.constants.W_OK)
  } catch (cause) {
    throw new IoError(`Transcripts cannot be written to ${folder}: ${(cause as Error).message}`, { cause })
  }
  return {
    begin(call) {
      const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
      try {
        return new CallTranscript(call, openFile(path.join(folder, `${date}-${fileName(call)}.ndjson`), onTrouble))
      } catch (error) {
        onTrouble(`no transcript of call ${call}: ${(error as Error).message}`)
        return new CallTranscript(call, undefined)
      }
    }
  }
}

/** The name of a call comes from the server: nothing of it leads out of the folder. */
function fileName(call: string): string {
  return call.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 64) || 'call'
}

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = fs.constants

/** A file of its own: one that is there belongs to another call, or is a link that somebody laid. */
function openFile(file: string, onTrouble: (message: string) => void): LineSink {
  const fd = fs.openSync(file, O_WRONLY | O_CREAT | O_EXCL | (O_NOFOLLOW ?? 0), 0o600)
  let isBroken = false
  return {
    write(line) {
      if (isBroken) return
      try {
        fs.writeSync(fd, line)
      } catch (error) {
        isBroken = true
        onTrouble(`${file} cannot be written to: ${(error as Error).message}`)
      }
    },
    close: () => fs.closeSync(fd)
  }
}
