import net from 'node:net'
import tls from 'node:tls'
import { Accounts } from '../../../../../src/lib/proxy/accounts/accounts.js'
import type { ProxyOptions } from '../../../../../src/lib/proxy/options.js'
import { startProxy } from '../../../../../src/lib/proxy/proxy.js'
import { serverOptions, testOptions } from '../support/proxy.js'
import { until } from '../support/raw-client.js'
import { AsteriskDouble } from './asterisk-double.js'
import { type Connection, type Exchange, readRecording } from './recording.js'
import { recordedUsers, untilUp } from './replay.js'

/** One request and what came of it. */
export interface HttpOutcome {
  request: string
  recorded: HttpAnswer | undefined
  ours: HttpAnswer | undefined
  /** The actions that reached Asterisk. */
  asked: string[]
}

export interface HttpAnswer {
  status: string
  /** By their names in lower case. */
  headers: Map<string, string>
  body: string
}

/** A recorded connection: the old program took one request on each. */
interface Request {
  connection: Connection
  /** As it was cut into segments. */
  segments: string[]
  received: string
}

function requestsOf(name: string): Request[] {
  const { connections, exchanges } = readRecording(name)
  return connections.map((connection, number) => ({
    connection,
    segments: exchanges.filter(({ from }) => from === number).map(({ sent }) => sent),
    received: exchanges.map(({ received }) => received.get(number) ?? '').join('')
  }))
}

/** What the double is to expect: the action of a query or a form, and the blocks that came back. */
function asExchange({ segments, received }: Request): Exchange {
  const text = segments.join('')
  const query = /\?(\S*)/.exec(text)?.[1] ?? text.slice(text.indexOf('\r\n\r\n') + 4)
  const action = [...new URLSearchParams(query)].map(([field, value]) => `${field}: ${value}\r\n`).join('')
  const body = parseAnswer(received)?.body
  return { from: 0, sent: `${action}\r\n`, received: new Map(body ? [[0, body]] : []), closed: new Set() }
}

/** @returns undefined for no answer at all */
export function parseAnswer(text: string): HttpAnswer | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0 || !text.startsWith('HTTP/')) return undefined
  const [status, ...lines] = text.slice(0, end).split('\r\n')
  const headers = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)])
  )
  return { status: status!, headers, body: text.slice(end + 4) }
}

/**
 * Sends the requests of a recording, each on a connection of its own, and gathers the answers.
 * @param answersOf the recording whose answers Asterisk gives, where those of `name` were cut off
 */
export async function replayHttp(
  name: string,
  options: Partial<ProxyOptions>,
  { answersOf = name } = {}
): Promise<{ outcomes: HttpOutcome[]; stop: () => Promise<void> }> {
  const double = await AsteriskDouble.start('127.0.0.1')
  const stop = new AbortController()
  const nothing = () => {}
  const proxy = await startProxy(
    testOptions([{ ...serverOptions(double.port, '127.0.0.1') }], {
      accounts: Accounts.fromOptions(recordedUsers),
      authRequired: false,
      serverHeader: 'always',
      ...options
    }),
    { debug: nothing, info: nothing, warn: nothing },
    stop.signal
  )
  const end = async () => {
    stop.abort()
    await proxy.closed
    await double.server.stop()
  }
  try {
    await untilUp(proxy)
    const outcomes: HttpOutcome[] = []
    const whole = requestsOf(answersOf)
    for (const [at, request] of requestsOf(name).entries()) {
      const isCut = request.received.includes('EventList') && !/EventList(: | Value=")Complete/.test(request.received)
      double.play(asExchange(isCut ? whole[at]! : request))
      double.asked.length = 0
      const ours = await ask(proxy.addresses[0]!.port, request)
      outcomes.push({
        request: request.segments.join(''),
        recorded: parseAnswer(request.received),
        ours: parseAnswer(ours),
        asked: [...double.asked]
      })
    }
    return { outcomes, stop: end }
  } catch (error) {
    await end()
    throw error
  }
}

async function ask(port: number, { connection, segments }: Request): Promise<string> {
  const target = { port, host: '127.0.0.1', noDelay: true }
  const socket = connection.tls ? tls.connect({ ...target, rejectUnauthorized: false }) : net.connect(target)
  let text = ''
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
  })
  await new Promise((resolve) => socket.once(connection.tls ? 'secureConnect' : 'connect', resolve))
  for (const segment of segments) await new Promise((resolve) => socket.write(Buffer.from(segment, 'latin1'), resolve))
  const isHead = segments[0]!.startsWith('HEAD ')
  const isWhole = () => {
    const answer = parseAnswer(text)
    return answer !== undefined && (isHead || answer.body.length >= Number(answer.headers.get('content-length')))
  }
  await until(
    socket,
    () => isWhole() || socket.readableEnded || socket.destroyed,
    () => `received ${JSON.stringify(text)}`
  )
  socket.destroy()
  return text
}
