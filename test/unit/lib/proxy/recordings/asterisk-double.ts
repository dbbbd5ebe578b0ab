import { type Script, ScriptedServer } from '../support/scripted-server.js'
import { blocksOf, isNews, type Lines, value } from './blocks.js'
import type { Exchange } from './recording.js'

/** An action of a recorded client that the double may be asked. */
interface Expected {
  name: string
  id: string | undefined
  /** What the proxy gave it. */
  proxyId: string | undefined
}

/** Header of the Pings by which a test knows that all before them has come. */
export const markHeader = 'ReplayMark'

/**
 * An Asterisk that says, exchange by exchange, what the real one said in a recording; what is not recorded is answered as Asterisk 22 does. The
 * ActionIDs are those that the proxy gives, and `Server:`, which the old program had appended, is not said.
 */
export class AsteriskDouble {
  server!: ScriptedServer
  port = 0
  /** What it was asked, without marks. */
  readonly asked: string[] = []
  readonly #name: string
  #expected: Expected[] = []
  #waiting: Lines[] = []
  readonly #isMarked: boolean

  readonly #script: Script

  private constructor(name: string, isMarked: boolean, script: Script) {
    this.#name = name
    this.#isMarked = isMarked
    this.#script = script
  }

  /** @param name as in the `Server:` of the recorded blocks that are this one's */
  static async start(name: string, { isDirect = false, script = {} as Script } = {}): Promise<AsteriskDouble> {
    const double = new AsteriskDouble(name, !isDirect, script)
    await double.#listen(0)
    return double
  }

  /** Comes back after a `server.stop()`, where it was. */
  async restart(): Promise<void> {
    await this.#listen(this.port)
  }

  async #listen(port: number): Promise<void> {
    const onAction: Script['onAction'] = ({ name, id, text }) => this.#take(name, id, text)
    this.server = await ScriptedServer.start({ onAction, ...this.#script }, port)
    this.port = this.server.port
  }

  /** What it says from now on. */
  play({ from, sent, received }: Exchange): void {
    const blocks = [...received.values()].map((text) => blocksOf(text).filter((lines) => this.#isMine(lines)))
    // The old program showed some clients more than others.
    this.#waiting = blocks.sort((one, other) => other.length - one.length)[0] ?? []
    this.#expected = blocksOf(sent.replaceAll('\n', '\r\n').replaceAll('\r\r\n', '\r\n')).map((lines) => ({
      name: (value(lines, 'Action') ?? '').toLowerCase(),
      id: value(lines, 'ActionID'),
      proxyId: undefined
    }))
    if (this.#expected.length === 0 || received.get(from) === undefined) this.#sayEvents()
  }

  #isMine(lines: Lines): boolean {
    if (isNews(lines)) return false
    // An answer of more than 252 lines had come without it.
    return !this.#isMarked || lines.at(-1) === `Server: ${this.#name}` || lines.at(-1)!.startsWith('Output: ')
  }

  #take(action: string, proxyId: string, text: string): void {
    if (text.includes(`${markHeader}: `)) {
      this.#sayEvents()
      return this.server.emit(`Response: Success\r\nActionID: ${proxyId}\r\nPing: Pong\r\nTimestamp: 1.000001\r\n\r\n`)
    }
    if (action === 'Challenge') return this.server.emit(`Response: Success\r\nActionID: ${proxyId}\r\nChallenge: 1\r\n\r\n`)
    this.asked.push(text)
    const expected = this.#expected.find(({ name, proxyId: taken }) => taken === undefined && name === action.toLowerCase())
    if (!expected) return this.#sayDefault(action, proxyId)
    expected.proxyId = proxyId
    const isRecorded = this.#waiting.some((lines) => this.#answers(lines, expected))
    if (!isRecorded) return this.#sayDefault(action, proxyId)
    while (this.#waiting.length > 0) {
      const lines = this.#waiting[0]!
      const asker = this.#expected.find((one) => this.#answers(lines, one))
      if (asker && asker.proxyId === undefined) return
      this.#say(lines, asker?.proxyId)
      this.#waiting.shift()
    }
  }

  #answers(lines: Lines, { id }: Expected): boolean {
    const answered = value(lines, 'ActionID')
    if (id !== undefined) return answered === id || (answered?.startsWith('amp') === true && answered.endsWith(`-${id}`))
    return answered === undefined && lines[0]!.startsWith('Response: ')
  }

  /** Events that nobody's action waits for. */
  #sayEvents(): void {
    for (const lines of this.#waiting.splice(0)) {
      if (lines[0]!.startsWith('Event: ') && value(lines, 'ActionID') === undefined) this.#say(lines, undefined)
    }
  }

  #say(lines: Lines, id: string | undefined): void {
    const own = this.#isMarked && lines.at(-1)!.startsWith('Server: ') ? lines.slice(0, -1) : lines
    const at = own.findIndex((line) => line.startsWith('ActionID: '))
    const said =
      id === undefined
        ? own
        : at < 0
          ? [own[0]!, `ActionID: ${id}`, ...own.slice(1)]
          : own.map((line, index) => (index === at ? `ActionID: ${id}` : line))
    this.server.emit(`${said.join('\r\n')}\r\n\r\n`)
  }

  #sayDefault(action: string, id: string): void {
    const answer = action.toLowerCase() === 'ping' ? 'Ping: Pong\r\nTimestamp: 1.000001' : 'Message: not recorded'
    this.server.emit(`Response: ${answer.startsWith('Ping') ? 'Success' : 'Error'}\r\nActionID: ${id}\r\n${answer}\r\n\r\n`)
  }
}
