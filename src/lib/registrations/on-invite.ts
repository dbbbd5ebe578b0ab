import { spawn } from 'node:child_process'
import type { ReplyParts } from '../sip/build.js'
import { decodeText, encodeText } from '../sip/lexical.js'
import type { SipRequest } from '../sip/message.js'
import type { RegistrationAccount } from './account.js'

// A call is not kept ringing for a program that hangs; RFC 3261 16.6 gives a caller 3 minutes.
const longestMs = 30_000
// A status and a URI; what comes behind them is read, so that the program can end, and dropped.
const maxPrinted = 4096

/**
 * Asks a program what a call is answered. It finds PBXKIT_UUID, PBXKIT_FROM, PBXKIT_TO, PBXKIT_URI and PBXKIT_CALL_ID in its environment, and prints
 * `486`, `302 sip:…` or another status of 300 and more. Anything else, an exit status that is not 0, and a program that does not end in time, is 480.
 */
export async function runOnInvite(
  command: string,
  request: SipRequest,
  account: RegistrationAccount | undefined,
  timeoutMs = longestMs
): Promise<ReplyParts> {
  const env = {
    PBXKIT_UUID: account?.uuid ?? '',
    PBXKIT_FROM: decodeText(String(request.from)),
    PBXKIT_TO: decodeText(String(request.to)),
    PBXKIT_URI: request.start.uri,
    PBXKIT_CALL_ID: request.callId
  }
  const printed = await outputOf(command, env, timeoutMs)
  const [, status, uri] = /^([3-6]\d\d)(?:[ \t]+([^\s<>\x00-\x1f\x7f]+))?/.exec(printed ?? '') ?? []
  if (status === undefined) return { status: 480 }
  return { status: Number(status), ...(uri !== undefined && { headers: [['Contact', `<${encodeText(uri)}>`]] as const }) }
}

function outputOf(command: string, env: Record<string, string>, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', command], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true
    })
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      if (text.length < maxPrinted) text += chunk
    })
    const timer = setTimeout(() => {
      try {
        // The shell and what it has started: that would keep our end of its stdout open.
        process.kill(-child.pid!, 'SIGKILL')
      } catch {
        // It has ended meanwhile.
      }
    }, timeoutMs)
    const end = (answer: string | undefined) => {
      clearTimeout(timer)
      resolve(answer)
    }
    child.once('error', () => end(undefined))
    child.once('close', (status) => end(status === 0 ? text.trim() : undefined))
  })
}
