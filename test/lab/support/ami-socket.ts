import { createHash } from 'node:crypto'
import net from 'node:net'
import { Watched } from './limit.js'

/** One message as it came. Read without any code of the program's: what is tested does not judge itself. */
export class AmiMessage {
  /** With its line ends, without the empty line that closes it. */
  readonly text: string
  readonly headers: readonly (readonly [name: string, value: string])[]

  constructor(text: string) {
    this.text = text
    this.headers = text
      .split('\r\n')
      .slice(0, -1)
      .map((line) => {
        const [, name, value] = /^([^:]*): ?(.*)$/s.exec(line) ?? [line, '', line]
        return [name!, value!] as const
      })
  }

  get(name: string): string | undefined {
    return this.headers.find(([header]) => header === name)?.[1]
  }

  getAll(name: string): string[] {
    return this.headers.filter(([header]) => header === name).map(([, value]) => value)
  }

  get names(): string[] {
    return this.headers.map(([name]) => name)
  }

  get isEvent(): boolean {
    return this.headers[0]?.[0] === 'Event'
  }

  get isResponse(): boolean {
    return this.headers[0]?.[0] === 'Response'
  }

  is(wanted: Readonly<Record<string, string>>): boolean {
    return Object.entries(wanted).every(([name, value]) => this.get(name) === value)
  }
}

export interface Account {
  username: string
  secret: string
}

/** A plain AMI client on a socket: it sends what it is told, byte for byte, and keeps all that comes, in its order. */
export class AmiSocket {
  readonly socket: net.Socket
  banner: string | undefined
  readonly messages: AmiMessage[] = []
  isClosed = false
  readonly #watched = new Watched()
  #rest = Buffer.alloc(0)
  #sent = 0

  private constructor(socket: net.Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('error', () => {})
    socket.once('close', () => {
      this.isClosed = true
      this.#watched.changed()
    })
  }

  static async connect(port: number): Promise<AmiSocket> {
    const client = new AmiSocket(net.connect({ host: '127.0.0.1', port, noDelay: true }))
    await client.#watched.until(
      () => client.banner ?? client.#failWhenClosed(),
      () => 'the banner'
    )
    return client
  }

  /** Connects and logs in, and waits until FullyBooted has come (when it has events). */
  static async login(port: number, account: Account, { events = 'on', md5 = false } = {}): Promise<AmiSocket> {
    const client = await AmiSocket.connect(port)
    const answer = await client.logIn(account, { events, md5 })
    if (!answer.is({ Response: 'Success', Message: 'Authentication accepted' })) throw new Error(`not logged in: ${answer.text}`)
    if (events === 'on') await client.event({ Event: 'FullyBooted' })
    return client
  }

  async logIn({ username, secret }: Account, { events = 'on', md5 = false } = {}): Promise<AmiMessage> {
    if (!md5) return this.ask(`Action: Login\r\nUsername: ${username}\r\nSecret: ${secret}\r\nEvents: ${events}\r\n`)
    const challenge = (await this.ask('Action: Challenge\r\nAuthType: MD5\r\n')).get('Challenge')!
    const key = createHash('md5')
      .update(challenge + secret)
      .digest('hex')
    return this.ask(`Action: Login\r\nAuthType: MD5\r\nUsername: ${username}\r\nKey: ${key}\r\nEvents: ${events}\r\n`)
  }

  write(bytes: string | Buffer): void {
    this.socket.write(bytes)
  }

  /** Sends an action, given as its lines, with an ActionID of its own unless it has one. @returns its response */
  async ask(lines: string): Promise<AmiMessage> {
    const given = /^ActionID: ?(.*)\r\n/im.exec(lines)?.[1]
    const id = given ?? `ask-${++this.#sent}`
    const from = this.messages.length
    this.write(`${lines}${given === undefined ? `ActionID: ${id}\r\n` : ''}\r\n`)
    return this.next((message) => !message.isEvent && message.get('ActionID') === id, `the answer to ${lines}`, from)
  }

  /** The first message of the given form, from a place in `messages` on. */
  async next(matches: (message: AmiMessage) => boolean, what: string, from = 0): Promise<AmiMessage> {
    return this.#watched.until(
      () => this.messages.slice(from).find(matches) ?? this.#failWhenClosed(),
      () =>
        `${what}; the last that came:\n${this.messages
          .slice(-5)
          .map(({ text }) => text)
          .join('\n')}`
    )
  }

  async event(wanted: Readonly<Record<string, string>>, from = 0): Promise<AmiMessage> {
    return this.next((message) => message.isEvent && message.is(wanted), `the event ${JSON.stringify(wanted)}`, from)
  }

  async closed(): Promise<void> {
    await this.#watched.until(
      () => this.isClosed || undefined,
      () => 'the end of the connection'
    )
  }

  /** Everything that belongs to an ActionID: what a program that correlates sees. */
  ofId(id: string): AmiMessage[] {
    return this.messages.filter((message) => message.get('ActionID') === id)
  }

  destroy(): void {
    this.socket.destroy()
  }

  #receive(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk])
    if (this.banner === undefined) {
      const end = this.#rest.indexOf('\r\n')
      if (end < 0) return
      this.banner = this.#rest.toString('utf8', 0, end)
      this.#rest = this.#rest.subarray(end + 2)
    }
    for (let end = this.#rest.indexOf('\r\n\r\n'); end >= 0; end = this.#rest.indexOf('\r\n\r\n')) {
      this.messages.push(new AmiMessage(this.#rest.toString('utf8', 0, end + 2)))
      this.#rest = this.#rest.subarray(end + 4)
    }
    this.#watched.changed()
  }

  #failWhenClosed(): undefined {
    if (this.isClosed) throw new Error('the connection was closed')
    return undefined
  }
}
