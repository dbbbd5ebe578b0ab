import net from 'node:net'

/** Logins at a time. */
const parallelLogins = 8
const loginMs = 10_000
/** Nothing came for so long: what is missing is lost. */
const silenceMs = 2_000
const silencePollMs = 250

/** All clients read into this one buffer: nothing is allocated for a read. Bytes are valid only during the call that gets them. */
const sharedBuffer = Buffer.allocUnsafeSlow(256 * 1024)

/** Who may log in, on all sides. */
export const crowdUser = { name: 'bench', secret: 'bench-secret' }

/** How a client logs in. */
export interface LoginWishes {
  /** With the secret of `crowdUser`. */
  username?: string
  /** The `Events:` of the login. */
  events?: string
}

/** One logged-in AMI client that does as little as possible: it counts bytes. */
export class CrowdClient {
  bytes = 0
  /** Looks at what comes; most clients have none. */
  onRead: ((chunk: Buffer) => void) | undefined
  socket!: net.Socket

  /** @throws Error when the login is refused or takes too long */
  static async open(
    port: number,
    onBytes: (count: number) => void,
    { username = crowdUser.name, events }: LoginWishes = {}
  ): Promise<CrowdClient> {
    const client = new CrowdClient()
    await new Promise<void>((resolve, reject) => {
      let answer: string | undefined = ''
      const timer = setTimeout(() => reject(new Error(`a client got no answer to its login: ${answer}`)), loginMs)
      const read = (count: number, buffer: Uint8Array) => {
        if (answer === undefined) client.#take(count, buffer as Buffer, onBytes)
        else {
          answer += (buffer as Buffer).toString('latin1', 0, count)
          const match = /^Response: (\w+)\r\n(?:.+\r\n)*\r\n/m.exec(answer)
          if (!match) return true
          clearTimeout(timer)
          if (match[1] === 'Success') resolve()
          else reject(new Error(`a client was refused: ${answer}`))
          answer = undefined
        }
        return true
      }
      client.socket = net.connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer: sharedBuffer, callback: read } })
      client.socket.on('error', reject)
      const mask = events === undefined ? '' : `Events: ${events}\r\n`
      client.socket.write(`Action: Login\r\nUsername: ${username}\r\nSecret: ${crowdUser.secret}\r\n${mask}\r\n`)
    })
    return client
  }

  #take(count: number, buffer: Buffer, onBytes: (count: number) => void): void {
    this.bytes += count
    this.onRead?.(buffer.subarray(0, count))
    onBytes(count)
  }
}

/** Many clients of one proxy or relay. */
export class Crowd {
  readonly clients: CrowdClient[] = []
  #received = 0
  #expected = Number.POSITIVE_INFINITY
  #arrived: (() => void) | undefined

  /** Connects and logs in; resolves when what a login causes has arrived. @param wishes of the client of an index */
  static async open(port: number, count: number, wishes: (index: number) => LoginWishes = () => ({})): Promise<Crowd> {
    const crowd = new Crowd()
    await crowd.add(port, count, wishes)
    return crowd
  }

  async add(port: number, count: number, wishes: (index: number) => LoginWishes = () => ({})): Promise<void> {
    let next = 0
    const openSome = async () => {
      while (next < count) this.clients.push(await CrowdClient.open(port, (bytes) => this.#count(bytes), wishes(next++)))
    }
    await Promise.all(Array.from({ length: parallelLogins }, openSome))
    await this.#silence(300, 50)
  }

  /** Bytes of all clients. */
  get received(): number {
    return this.#received
  }

  reset(): void {
    this.#received = 0
    this.#expected = Number.POSITIVE_INFINITY
    for (const client of this.clients) client.bytes = 0
  }

  /**
   * Waits until every client has got so many bytes since the last reset, or until nothing comes any more.
   * @returns when the last byte came, on the clock of `performance.now()`
   */
  async allReceived(bytesEach: number): Promise<number> {
    this.#expected = bytesEach * this.clients.length
    if (this.#received >= this.#expected) return performance.now()
    const arrived = new Promise<number>((resolve) => {
      this.#arrived = () => resolve(performance.now())
    })
    return Promise.race([arrived, this.#silence(silenceMs, silencePollMs)])
  }

  /** The first of them close their connections. */
  leave(count: number): void {
    for (const { socket } of this.clients.splice(0, count)) socket.destroy()
  }

  close(): void {
    for (const { socket } of this.clients) socket.destroy()
  }

  #count(bytes: number): void {
    this.#received += bytes
    if (this.#received >= this.#expected) this.#arrived?.()
  }

  /** Waits until nothing has come for so long. @returns when the last byte was seen */
  async #silence(silentMs: number, pollMs: number): Promise<number> {
    let seen = this.#received
    let seenAt = performance.now()
    while (performance.now() - seenAt < silentMs) {
      await new Promise((resolve) => setTimeout(resolve, pollMs))
      if (this.#received === seen) continue
      seen = this.#received
      seenAt = performance.now()
    }
    return seenAt
  }
}
