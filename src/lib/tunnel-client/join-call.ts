import type { Duplex } from 'node:stream'
import type { CallTranscript } from '../agi-transcript/transcripts.js'

export interface JoinedCall {
  /** Lines that the application sent. */
  commands: number
  /** Who was lost; undefined: it ended in good order. */
  lost: 'application' | 'tunnel' | undefined
}

const lf = 0x0a
/** Who has said everything and is told everything has so long to close. */
const farewellMs = 30_000

/**
 * Carries a call between the tunnel and the application, until both have ended.
 * @param call half open; `reset` breaks it, so that the server can tell a loss from an end
 * @param application half open; it has the headers
 * @param transcript told of all that is said from now on
 */
export function joinCall(
  call: Duplex,
  application: Duplex,
  reset: () => void,
  transcript?: CallTranscript | undefined
): Promise<JoinedCall> {
  return new Promise((resolve) => {
    const joined: JoinedCall = { commands: 0, lost: undefined }
    let farewell: NodeJS.Timeout | undefined
    call.on('error', ignore)
    application.on('error', ignore)
    application.on('data', (chunk: Buffer) => {
      for (let at = chunk.indexOf(lf); at >= 0; at = chunk.indexOf(lf, at + 1)) joined.commands++
    })
    if (transcript) {
      for (const [from, stream] of [['asterisk', call] as const, ['application', application] as const]) {
        stream.on('data', (chunk: Buffer) => transcript.said(from, chunk)).once('end', () => transcript.ended(from))
      }
    }
    call.pipe(application)
    application.pipe(call)
    call.once('end', () => {
      farewell = setTimeout(() => application.destroy(), farewellMs)
    })
    const callClosed = () => {
      if (!call.readableEnded) joined.lost ??= 'tunnel'
      if (!call.readableEnded || application.destroyed) application.destroy()
      finish()
    }
    const applicationClosed = () => {
      if (!application.readableEnded && !call.destroyed) {
        joined.lost ??= 'application'
        reset()
      } else {
        // What is still said to it nobody reads, and the end of the call is to be seen.
        call.unpipe(application)
        call.resume()
      }
      finish()
    }
    const finish = () => {
      if (!call.destroyed || !application.destroyed) return
      clearTimeout(farewell)
      resolve(joined)
    }
    call.once('close', callClosed)
    application.once('close', applicationClosed)
    if (call.destroyed) callClosed()
    if (application.destroyed) applicationClosed()
  })
}

function ignore(): void {}
