import type { Duplex } from 'node:stream'
import { type AgiHeaders, HeaderBlockReader } from '../agi/header-block.js'
import { ConnectionLostError, PbxkitError, TimeoutError } from '../errors.js'

/**
 * Reads the header block of a call off a stream. What follows it is put back, for the next reader. The caller listens for `error`, and destroys
 * the stream when this fails.
 * @throws ProtocolError for what is no header or too much of them, TimeoutError, ConnectionLostError
 */
export function readHeaders(stream: Duplex, timeoutMs: number): Promise<AgiHeaders> {
  return new Promise((resolve, reject) => {
    const reader = new HeaderBlockReader()
    const settle = () => {
      clearTimeout(timer)
      stream.off('readable', onReadable).off('end', onEnd).off('close', onEnd)
    }
    const fail = (error: unknown) => {
      settle()
      reject(error)
    }
    const onReadable = () => {
      for (let chunk: Buffer | null = stream.read(); chunk !== null; chunk = stream.read()) {
        let found: ReturnType<HeaderBlockReader['push']>
        try {
          found = reader.push(chunk)
        } catch (error) {
          return fail(error)
        }
        if (!found) continue
        settle()
        if (found.rest.length > 0) stream.unshift(found.rest)
        return resolve(found.headers)
      }
    }
    const onEnd = () => fail(endedEarly(stream))
    const late = () => fail(new TimeoutError(`The header block of the call did not come within ${timeoutMs / 1000} s`))
    const timer = setTimeout(late, timeoutMs)
    if (stream.destroyed || stream.readableEnded) return onEnd()
    stream.on('readable', onReadable).on('end', onEnd).on('close', onEnd)
  })
}

function endedEarly({ errored }: Duplex): PbxkitError {
  if (errored instanceof PbxkitError) return errored
  return new ConnectionLostError('The connection ended in the header block of the call', { cause: errored ?? undefined })
}
