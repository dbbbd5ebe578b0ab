import { spawn } from 'node:child_process'
import type { Duplex } from 'node:stream'
import type { AgiHeaders } from '../agi/header-block.js'
import { ConnectError, type PbxkitError, TimeoutError } from '../errors.js'
import type { Address } from '../net/address.js'
import { connectForCall } from '../net/connect-for-call.js'
import { CallRefusedError } from '../tunnel/errors.js'
import { ProgramStream } from './program-stream.js'

/** What calls are connected to: opens it for one call, and has told it the headers. @throws CallRefusedError with a word for the dialplan */
export type Target = (headers: AgiHeaders) => Promise<Duplex>

/** An application answers its port at once, or is not there. */
const connectTimeoutMs = 5_000

/** A FastAGI application: one connection for each call. */
export function applicationTarget(address: Address): Target {
  return async (headers) => {
    try {
      // Half open: an application that has said everything still gets the replies.
      const socket = await connectForCall(address, connectTimeoutMs)
      socket.write(headers.bytes)
      return socket
    } catch (error) {
      throw new CallRefusedError(refusalOf(error as PbxkitError), error as PbxkitError)
    }
  }
}

/** An ordinary AGI script: one process for each call, with the arguments of AGI(); no shell. Its stderr is ours. */
export function programTarget(program: string): Target {
  return (headers) =>
    new Promise((resolve, reject) => {
      const child = spawn(program, headers.args, { stdio: ['pipe', 'pipe', 'inherit'] })
      child.once('error', (error) => reject(new CallRefusedError('app-error', error)))
      child.once('spawn', () => {
        const stream = new ProgramStream(child)
        stream.write(headers.bytes)
        resolve(stream)
      })
    })
}

function refusalOf(error: PbxkitError): string {
  if (error instanceof TimeoutError) return 'app-timeout'
  return error instanceof ConnectError && error.details?.reason === 'ECONNREFUSED' ? 'app-econnrefused' : 'app-error'
}
