import net from 'node:net'
import type { Address } from '../../../../src/lib/net/address.js'
import type { Clock } from '../../../../src/lib/simulator/clock.js'

/** No test waits longer than this for what must come. */
const limitMs = 15_000

/** A raw client: what the simulator sent, as latin1, and ways to wait for more of it. */
export class TestClient {
  readonly socket: net.Socket
  /** Resolves when the server has closed. */
  readonly closed: Promise<void>
  received = ''

  private constructor(socket: net.Socket) {
    this.socket = socket
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      this.received += chunk.toString('latin1')
    })
  }

  /** Connects and takes the banner. */
  static async connect({ host, port }: Address): Promise<TestClient> {
    const client = new TestClient(net.connect(port, host))
    await client.until(() => client.received.endsWith('\r\n'))
    return client
  }

  static async login(address: Address, events = 'on'): Promise<TestClient> {
    const client = await TestClient.connect(address)
    await client.exchange(`Action: Login\r\nUsername: admin\r\nSecret: secret\r\nEvents: ${events}\r\n\r\n`)
    return client
  }

  send(text: string): void {
    this.socket.write(Buffer.from(text, 'latin1'))
  }

  async until(done: () => boolean): Promise<void> {
    if (done()) return
    await new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!done()) return
        finish()
        resolve()
      }
      const timer = setTimeout(() => {
        finish()
        reject(new Error(`Not in ${limitMs} ms; received so far: ${JSON.stringify(this.received.slice(-400))}`))
      }, limitMs)
      const finish = () => {
        clearTimeout(timer)
        this.socket.off('data', look).off('close', look)
      }
      this.socket.on('data', look).on('close', look)
    })
  }

  /** Sends, and returns all that came until a Ping after it is answered: what the simulator had to say by then. */
  async exchange(text: string, meanwhile: () => void = () => {}): Promise<string> {
    this.received = ''
    this.send(text)
    await this.#fence('fence')
    meanwhile()
    await this.#fence('last-fence')
    return this.received.replace(
      /Response: Success\r\nActionID: (last-)?fence\r\nPing: Pong\r\n.*\r\n\r\n|Response: Error\r\nActionID: (last-)?fence\r\n.*\r\n\r\n/g,
      ''
    )
  }

  async #fence(id: string): Promise<void> {
    this.send(`Action: Ping\r\nActionID: ${id}\r\n\r\n`)
    const answer = new RegExp(`ActionID: ${id}\r\n[^\r]*\r\n([^\r]*\r\n)?\r\n`)
    await this.until(() => answer.test(this.received))
  }
}

/** Time that passes when the test says so. */
export class ManualClock implements Clock {
  #now = Date.UTC(2026, 10, 21, 7, 46, 38)
  #tasks: { at: number; task: () => void }[] = []

  now(): number {
    return this.#now
  }

  after(delayMs: number, task: () => void): () => void {
    const entry = { at: this.#now + delayMs, task }
    this.#tasks.push(entry)
    return () => {
      this.#tasks = this.#tasks.filter((other) => other !== entry)
    }
  }

  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const [next] = this.#tasks.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
      if (!next) break
      this.#tasks = this.#tasks.filter((other) => other !== next)
      this.#now = next.at
      next.task()
    }
    this.#now = end
  }
}
