import { createCipheriv, createDecipheriv } from 'node:crypto'
import fs from 'node:fs'
import net from 'node:net'
import { commandCatalogue, needsEncryption } from '../../../src/lib/voipmonitor/catalogue.js'
import { type Cipher, defaultCipherName, findCipher } from '../../../src/lib/voipmonitor/cipher.js'
import type { ManagerKey } from '../../../src/lib/voipmonitor/encryption.js'
import { failedAesText, needAesText, notFoundText } from '../../../src/lib/voipmonitor/error-texts.js'
import type { SnifferAddress } from '../../../src/lib/voipmonitor-client/exchange.js'
import { type ListedCalls, listCallsAnswer, readListedCalls } from './listed-calls.js'
import type { Exchange } from './voipmonitor-exchanges.js'

export interface SnifferDoubleOptions {
  /** Where its answers come from. */
  exchanges: readonly Exchange[]
  /** Listen on a unix socket, where everything is answered in clear. */
  path?: string | undefined
  /** Without it the sniffer has none: encrypted requests fail, clear ones are answered. */
  key?: ManagerKey | undefined
  /** `manager_enable_unencrypted`. */
  takesClear?: boolean | undefined
  /** How long it waits for the rest of a request that has no clear end: 500 ms, as the sniffer does. */
  waitMs?: number | undefined
}

/** A sniffer that answers what a real one was recorded to answer, and treats requests as it does: framing, encryption, names of commands. */
export interface SnifferDouble {
  readonly address: SnifferAddress
  /** Connections that are open. */
  readonly open: ReadonlySet<net.Socket>
  /** The commands that were run, in their order. */
  readonly ran: string[]
  /** Answers of its own, by the whole text of the command; they win over recorded ones. */
  readonly answers: Map<string, string | Buffer>
  /** The calls in its memory; recorded ones with three calls unless set. */
  calls: ListedCalls
  /** Has it a database that does not answer? Then nobody gets an answer over TCP. */
  hangs: boolean
  close(): void
}

/** Recorded with three calls up, or with two and three registrations: of other states nothing is told of these lists. */
const isBusy = ({ n }: Exchange) => (n >= 136 && n <= 168) || (n >= 175 && n <= 183)
const isList = ({ command }: Exchange) => /^(listcalls|listregisters|total)/.test(command ?? '')

export async function startSnifferDouble(options: SnifferDoubleOptions): Promise<SnifferDouble> {
  const { path, exchanges, waitMs = 500 } = options
  const recorded = recordedAnswers(exchanges)
  const open = new Set<net.Socket>()
  const sniffer: SnifferDouble = {
    address: { host: '127.0.0.1', port: 0, ...(path !== undefined && { path }) },
    open,
    ran: [],
    answers: new Map(),
    calls: readListedCalls(recorded.get('listcalls')!.toString()),
    hangs: false,
    close() {
      for (const socket of open) socket.destroy()
      server.close()
    }
  }
  const recordedCalls = sniffer.calls
  const run = (text: string, encrypted: boolean): Buffer | undefined => {
    const line = text.split('\r\n\r\n', 1)[0]!.split(/[\r\n]/, 1)[0]!
    if (line.trim() === '') return Buffer.alloc(0)
    const name = commandOf(line)
    if (name === undefined) return Buffer.from(notFoundText)
    const argument = line.replace(/^[^ \t]*[ \t]*/, '')
    const definition = commandCatalogue.get(name)
    const isRefused = options.key && !encrypted && path === undefined && !options.takesClear
    if (isRefused && needsEncryption({ definition, argument })) return Buffer.from(needAesText)
    sniffer.ran.push(line)
    const own = sniffer.answers.get(line)
    if (own !== undefined) return Buffer.from(own)
    const known = recorded.get(line) ?? (name === line.split(/[ \t]/)[0] ? undefined : recorded.get(name))
    if (name === 'listcalls') {
      return known && sniffer.calls === recordedCalls ? known : listCallsAnswer(sniffer.calls, argument.trim())
    }
    return known ?? recorded.get(line.trim()) ?? Buffer.alloc(0)
  }
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket)
    socket.on('error', () => {}).on('close', () => open.delete(socket))
    receive(socket, waitMs, (request) => {
      if (sniffer.hangs && path === undefined) return
      socket.end(reply(request, options.key, run))
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    if (path !== undefined) server.listen(path, resolve)
    else server.listen(0, '127.0.0.1', resolve)
  })
  if (path !== undefined) fs.chmodSync(path, 0o600)
  else sniffer.address.port = (server.address() as net.AddressInfo).port
  return sniffer
}

/** One request per connection: until its end is seen, nothing more has come for `waitMs`, or the client has shut down its side. */
function receive(socket: net.Socket, waitMs: number, run: (request: Buffer) => void): void {
  let request: Buffer = Buffer.alloc(0)
  let timer: NodeJS.Timeout | undefined
  let isRun = false
  const finish = () => {
    clearTimeout(timer)
    if (isRun) return
    isRun = true
    if (request.length === 0) socket.end()
    else run(request)
  }
  socket.on('data', (chunk) => {
    if (isRun) return
    const isFirst = request.length === 0
    request = Buffer.concat([request, chunk])
    const text = request.toString('latin1')
    const isAes = isFirst ? text.startsWith('aes') : /^aes/i.test(text)
    if (text.includes(isAes ? ':sea' : isFirst ? '\r\n\r\n' : '\r\n')) return finish()
    clearTimeout(timer)
    timer = setTimeout(finish, waitMs)
  })
  socket.on('end', finish).on('close', () => clearTimeout(timer))
}

type Run = (text: string, encrypted: boolean) => Buffer | undefined

function reply(request: Buffer, key: ManagerKey | undefined, run: Run): Buffer {
  if (!/^aes/i.test(request.toString('latin1', 0, 3))) return run(request.toString(), false)!
  if (!key) return Buffer.from(failedAesText)
  const end = request.indexOf(':sea')
  const colon = request.indexOf(':')
  const hasForm = end >= 0 && colon >= 0 && colon < end && colon < 20
  const byDefault = findCipher(defaultCipherName)!
  const cipher = hasForm ? (findCipher(request.toString('latin1', 0, colon)) ?? byDefault) : byDefault
  const text = hasForm ? decrypted(request.subarray(colon + 1, end), cipher, key) : undefined
  const answer = text === undefined ? Buffer.from(failedAesText) : run(text, true)!
  if (answer.length === 0) return answer
  const aes = createCipheriv(cipher.name, key.key.subarray(0, cipher.keyBytes), cipher.ivBytes === 0 ? null : key.iv)
  return Buffer.concat([Buffer.from('aes:'), aes.update(answer), aes.final()])
}

function decrypted(bytes: Buffer, cipher: Cipher, { key, iv }: ManagerKey): string | undefined {
  try {
    const aes = createDecipheriv(cipher.name, key.subarray(0, cipher.keyBytes), cipher.ivBytes === 0 ? null : iv)
    return bytes.length === 0 ? undefined : Buffer.concat([aes.update(bytes), aes.final()]).toString()
  } catch {
    return undefined
  }
}

/** The exact name, else the first that occurs anywhere in the text. */
function commandOf(line: string): string | undefined {
  const exact = line.split(/[ \t]/, 1)[0]!
  if (commandCatalogue.has(exact)) return exact
  return [...commandCatalogue.keys()].sort().find((name) => line.includes(name))
}

/** What each command was answered, decrypted (gzip stays): those with calls up first. */
function recordedAnswers(exchanges: readonly Exchange[]): Map<string, Buffer> {
  const answers = new Map<string, Buffer>()
  const usable = exchanges.filter(({ close, command }) => close === 'server closed' && command !== undefined)
  for (const one of [...usable.filter(isBusy), ...usable.filter((one) => !isList(one))]) {
    const text = one.reply.encrypted ? decryptedReply(one) : one.replyBytes
    const isError = text === undefined || [needAesText, failedAesText, notFoundText].includes(text.toString('latin1'))
    const isAnswer = !isError || one.command === 'need_aes' || one.command === 'failed_aes_decrypt'
    if (text && isAnswer && !answers.has(one.command!)) answers.set(one.command!, text)
  }
  return answers
}

function decryptedReply({ encryption, replyBytes }: Exchange): Buffer | undefined {
  return decryptedBytes(replyBytes.subarray('aes:'.length), encryption)
}

function decryptedBytes(bytes: Buffer, encryption: Exchange['encryption']): Buffer | undefined {
  if (!encryption) return undefined
  const { cipher, key, iv } = encryption
  try {
    const aes = createDecipheriv(cipher.name, key, cipher.ivBytes === 0 ? null : iv)
    return Buffer.concat([aes.update(bytes), aes.final()])
  } catch {
    return undefined
  }
}
