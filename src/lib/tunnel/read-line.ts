import type { Duplex } from 'node:stream'
import { ConnectionLostError, PbxkitError } from '../errors.js'
import { LineCutter } from './line-cutter.js'

/**
 * Reads one line off a stream. What follows it is put back, for the next reader. The caller listens for `error`.
 * @returns the line without its LF; bytes are characters (latin1)
 * @throws ProtocolError for a longer line; the error that the stream was destroyed with; ConnectionLostError when it ends before
 */
export function readLine(stream: Duplex, maxBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const lines = new LineCutter(maxBytes)
    // Not `data`: a stream that was stopped for the next reader would wait for more than its listener.
    const settle = () => void stream.off('readable', onReadable).off('end', onEnd).off('close', onEnd)
    const onReadable = () => {
      for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) {
        let line: string | undefined
        try {
          lines.push(chunk)
          line = lines.take()
        } catch (error) {
          settle()
          return reject(error)
        }
        if (line === undefined) continue
        settle()
        const rest = lines.takeRest()
        if (rest.length > 0) stream.unshift(rest)
        return resolve(line)
      }
    }
    const onEnd = () => {
      settle()
      reject(lostBefore(stream))
    }
    if (stream.destroyed || stream.readableEnded) return reject(lostBefore(stream))
    stream.on('readable', onReadable).on('end', onEnd).on('close', onEnd)
  })
}

/** Why there is no line. */
export function lostBefore({ errored }: Pick<Duplex, 'errored'>): PbxkitError {
  if (errored instanceof PbxkitError) return errored
  const why = errored ? `: ${errored.message}` : ''
  return new ConnectionLostError(`The peer closed the connection before it had sent a line${why}`, {
    cause: errored ?? undefined
  })
}
