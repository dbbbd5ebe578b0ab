import type { Writable } from 'node:stream'
import { IoError } from '../errors.js'
import { safeJson } from './terminal-text.js'

/**
 * A command's product on stdout. Waits when the reader is slow, and ends the command quietly when the reader has gone
 * (`| head -1`).
 */
export class Output {
  readonly #stream: Writable & { isTTY?: boolean; columns?: number }
  #failure: NodeJS.ErrnoException | undefined

  /** @param onFailure called when nobody reads any more, or the disk is full */
  constructor(stream: Writable & { isTTY?: boolean; columns?: number }, onFailure: (error: NodeJS.ErrnoException) => void) {
    this.#stream = stream
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.#failure ??= error
      onFailure(error)
    })
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true
  }

  /** Nobody reads any more (`| head -1`). */
  get readerIsGone(): boolean {
    return this.#failure?.code === 'EPIPE'
  }

  /** Columns that may be used: the terminal's width, else no limit. */
  get width(): number {
    // A terminal that was never given a size says 0.
    return this.isTerminal ? this.#stream.columns || 80 : Number.POSITIVE_INFINITY
  }

  /** Resolves when the stream will take more. Text after the reader has gone is dropped. @throws IoError on a full disk and the like */
  async write(text: string | Uint8Array): Promise<void> {
    if (this.#failure) return this.#fail()
    if (text.length === 0 || this.#stream.write(text)) return
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#stream.off('drain', done).off('error', done).off('close', done)
        resolve()
      }
      this.#stream.on('drain', done).on('error', done).on('close', done)
    })
    if (this.#failure) this.#fail()
  }

  async line(text: string): Promise<void> {
    await this.write(`${text}\n`)
  }

  /** One JSON document for the whole answer. */
  async json(value: unknown): Promise<void> {
    await this.line(safeJson(value, 2))
  }

  /** One JSON value of a stream. */
  async ndjson(value: unknown): Promise<void> {
    await this.line(safeJson(value))
  }

  #fail(): void {
    if (!this.readerIsGone) throw stdoutFailure(this.#failure!)
  }
}

/** Writing to stdout failed for another reason than that nobody reads it. */
export function stdoutFailure(cause: Error): IoError {
  return new IoError(`Writing to stdout failed: ${cause.message}`, { cause, hint: 'Is the disk full?' })
}
