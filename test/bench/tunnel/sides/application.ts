// A FastAGI application that costs next to nothing: does what its first argument says, and tells how long it took.
import net from 'node:net'

const lf = 0x0a
const question = Buffer.from('GET VARIABLE SOMETHING\n')
/** 1000 bytes with its LF. */
const longCommand = Buffer.from(`VERBOSE "${'y'.repeat(987)}" 1\n`)
/** Before it counts: connections, buffers and code are warm. */
const warmUps = 200

class Call {
  readonly #socket: net.Socket
  #onBytes: (bytes: Buffer) => void = () => {}

  constructor(socket: net.Socket) {
    this.#socket = socket
    let text = ''
    let isInHeaders = true
    socket.on('error', () => {}).on('end', () => socket.end())
    socket.on('data', (bytes: Buffer) => {
      if (!isInHeaders) return this.#onBytes(bytes)
      text += bytes.toString('latin1')
      if (!text.endsWith('\n\n')) return
      isInHeaders = false
      const [, act = 'short', count = '0'] = /agi_arg_1: (\w+)-?(\d*)/.exec(text) ?? []
      void this.#act(act, Number(count))
    })
  }

  async #act(act: string, count: number): Promise<void> {
    if (act === 'short') {
      await this.#ask()
      await this.#ask()
    } else if (act === 'ask') await this.#latency(count)
    else if (act === 'down') await this.#down(count)
    else if (act === 'up') await this.#up(count)
    this.#socket.end()
  }

  #ask(): Promise<void> {
    return new Promise((resolve) => {
      this.#onBytes = () => resolve()
      this.#socket.write(question)
    })
  }

  async #latency(count: number): Promise<void> {
    for (let at = 0; at < warmUps; at++) await this.#ask()
    const before = performance.now()
    for (let at = 0; at < count; at++) await this.#ask()
    process.send!({ meanUs: ((performance.now() - before) / count) * 1000 })
  }

  async #down(bytes: number): Promise<void> {
    let left = bytes
    const before = performance.now()
    await new Promise<void>((resolve) => {
      this.#onBytes = (chunk) => {
        left -= chunk.length
        if (left <= 0) resolve()
      }
      this.#socket.write(`VERBOSE ${bytes}\n`)
    })
    process.send!({ bytesPerS: (bytes / (performance.now() - before)) * 1000 })
  }

  async #up(bytes: number): Promise<void> {
    const lines = Math.ceil(bytes / longCommand.length)
    let answered = 0
    const before = performance.now()
    await new Promise<void>((resolve) => {
      this.#onBytes = (chunk) => {
        for (let at = chunk.indexOf(lf); at >= 0; at = chunk.indexOf(lf, at + 1)) answered++
        if (answered >= lines) resolve()
      }
      void this.#writeLines(lines)
    })
    process.send!({ bytesPerS: (bytes / (performance.now() - before)) * 1000 })
  }

  async #writeLines(lines: number): Promise<void> {
    for (let at = 0; at < lines; at++) {
      if (!this.#socket.write(longCommand)) await new Promise((resolve) => this.#socket.once('drain', resolve))
    }
  }
}

const server = net.createServer({ noDelay: true, allowHalfOpen: true }, (socket) => new Call(socket))
server.listen({ port: 0, host: '127.0.0.1', backlog: 511 }, () => {
  process.stderr.write(`ready application=127.0.0.1:${(server.address() as net.AddressInfo).port}\n`)
})
