import { type ChildProcess, spawn } from 'node:child_process'
import type { Duplex, Readable } from 'node:stream'
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

/**
 * An ordinary AGI script: one process for each call, with the arguments of AGI(); no shell.
 * It is in a group of its own: Ctrl-C on our terminal is for us, who wait for the call, and not for the script. When this process ends all the same, it gets
 * SIGHUP.
 * @param onStderr told what it writes there, in whole lines; without it its stderr is ours
 */
export function programTarget(program: string, onStderr?: (lines: string) => void): Target {
  return (headers) =>
    new Promise((resolve, reject) => {
      let child: ChildProcess
      try {
        child = spawn(program, headers.args, { stdio: ['pipe', 'pipe', onStderr ? 'pipe' : 'inherit'], detached: true })
      } catch (error) {
        // An argument with a NUL in it, or more of them than the system takes: Node tells that at once.
        return reject(new CallRefusedError('app-error', error as Error))
      }
      child.on('error', (error) => reject(new CallRefusedError('app-error', error)))
      child.once('spawn', () => {
        // Not before: a process that could not be started for want of descriptors has no pipes.
        hangUpAtExit(child)
        if (onStderr) wholeLines(child.stderr!, onStderr)
        const stream = new ProgramStream(child)
        stream.write(headers.bytes)
        resolve(stream)
      })
    })
}

const running = new Set<ChildProcess>()

function hangUpAtExit(child: ChildProcess): void {
  if (running.size === 0) process.on('exit', hangUpAll)
  running.add(child)
  child.once('close', () => {
    running.delete(child)
    if (running.size === 0) process.off('exit', hangUpAll)
  })
}

function hangUpAll(): void {
  for (const child of running) child.kill('SIGHUP')
}

/** Who writes more without an end of line has it cut here. */
const maxLineLength = 8_192

function wholeLines(stream: Readable, onLines: (lines: string) => void): void {
  let rest = ''
  const say = (length: number) => {
    const lines = rest.slice(0, length)
    rest = rest.slice(length)
    if (lines !== '') onLines(lines.endsWith('\n') ? lines : `${lines}\n`)
  }
  stream.setEncoding('utf8').on('data', (text: string) => {
    rest += text
    say(rest.length > maxLineLength ? rest.length : rest.lastIndexOf('\n') + 1)
  })
  stream.on('end', () => say(rest.length)).on('error', () => {})
}

function refusalOf(error: PbxkitError): string {
  if (error instanceof TimeoutError) return 'app-timeout'
  return error instanceof ConnectError && error.details?.reason === 'ECONNREFUSED' ? 'app-econnrefused' : 'app-error'
}
