import type { CallTranscript } from '../agi-transcript/transcripts.js'
import type { ByteChannel } from '../net/byte-channel.js'
import { Patience, type Wait } from '../net/patience.js'

export interface JoinedCall {
  /** Lines that the application sent. */
  commands: number
  /** Who was lost; undefined: it ended in good order. */
  lost: 'application' | 'tunnel' | undefined
}

const lf = 0x0a
/** Who has said everything and is told everything has so long to close. */
const farewells = Patience.of(30_000)

/**
 * Carries a call between the tunnel and the application, until both have ended.
 * @param call half open; `reset` breaks it, so that the server can tell a loss from an end
 * @param application half open; it has the headers
 * @param transcript told of all that is said from now on
 */
export function joinCall(
  call: ByteChannel,
  application: ByteChannel,
  reset: () => void,
  transcript?: CallTranscript | undefined
): Promise<JoinedCall> {
  return new Promise((resolve) => {
    const joined: JoinedCall = { commands: 0, lost: undefined }
    let farewell: Wait | undefined
    call.on('error', ignore)
    application.on('error', ignore)
    application.on('data', (chunk: Buffer) => {
      for (let at = chunk.indexOf(lf); at >= 0; at = chunk.indexOf(lf, at + 1)) joined.commands++
      transcript?.said('application', chunk)
      if (call.writable && !call.write(chunk)) application.pause()
    })
    call.on('data', (chunk: Buffer) => {
      transcript?.said('asterisk', chunk)
      // What is said to an application that has gone nobody reads; the end of the call is still to be seen.
      if (application.writable && !application.write(chunk)) call.pause()
    })
    call.on('drain', () => void application.resume())
    application.on('drain', () => void call.resume())
    application.on('end', () => {
      transcript?.ended('application')
      if (call.writable) call.end()
    })
    call.on('end', () => {
      transcript?.ended('asterisk')
      if (application.writable) application.end()
      farewell = farewells.begin(() => void application.destroy())
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
      } else call.resume()
      finish()
    }
    const finish = () => {
      if (!call.destroyed || !application.destroyed) return
      farewells.end(farewell)
      resolve(joined)
    }
    call.on('close', callClosed)
    application.on('close', applicationClosed)
    // Who has stopped it for us does not start it.
    call.resume()
    if (call.destroyed) callClosed()
    if (application.destroyed) applicationClosed()
  })
}

function ignore(): void {}
