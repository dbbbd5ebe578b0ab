import dgram from 'node:dgram'

/** A tone in RTP, as a phone would send it: 50 packets of PCMU a second, from a port of its own. */
export class Speech {
  readonly #socket: dgram.Socket
  #timer: NodeJS.Timeout | undefined
  #target: { host: string; port: number } | undefined
  #count = 0
  #time = 0

  private constructor(socket: dgram.Socket) {
    this.#socket = socket
  }

  static async open(): Promise<Speech> {
    const socket = dgram.createSocket('udp4')
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
    return new Speech(socket)
  }

  /** How many were sent: 50 are a second. */
  get packets(): number {
    return this.#count
  }

  /** What to offer. */
  get offer(): Buffer {
    const { port } = this.#socket.address()
    const lines = [
      ...['v=0', 'o=- 0 0 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', `m=audio ${port} RTP/AVP 0 101`],
      ...['a=rtpmap:0 PCMU/8000', 'a=rtpmap:101 telephone-event/8000', 'a=sendrecv']
    ]
    return Buffer.from(lines.map((line) => `${line}\r\n`).join(''))
  }

  /** @param answer the SDP of the other side */
  start(answer: string): void {
    if (this.#timer) return
    const port = Number(/^m=audio (\d+)/m.exec(answer)![1])
    const host = /^c=IN IP4 (\S+)/m.exec(answer)![1]!
    const packet = Buffer.alloc(12 + 160, 0xff)
    // A square wave of 1 kHz.
    for (let i = 0; i < 160; i++) packet[12 + i] = i % 8 < 4 ? 0x10 : 0x90
    packet[0] = 0x80
    packet[1] = 0
    packet.writeUInt32BE(0x5eec, 8)
    this.#target = { host, port }
    this.#timer = setInterval(() => {
      packet.writeUInt16BE(++this.#count & 0xffff, 2)
      this.#time = (this.#time + 160) >>> 0
      packet.writeUInt32BE(this.#time, 4)
      this.#socket.send(packet, port, host)
    }, 20)
  }

  /** Presses a key: a telephone-event of 100 ms (RFC 4733), its end three times. */
  press(key: string): void {
    const event = '0123456789*#'.indexOf(key)
    const at = this.#target
    if (!at) return
    this.#time = (this.#time + 8_000) >>> 0
    for (let part = 1; part <= 7; part++) {
      const packet = Buffer.alloc(16)
      packet[0] = 0x80
      // The marker, then the payload type of the offer.
      packet[1] = (part === 1 ? 0x80 : 0) | 101
      packet.writeUInt16BE(++this.#count & 0xffff, 2)
      packet.writeUInt32BE(this.#time, 4)
      packet.writeUInt32BE(0x5eec, 8)
      packet[12] = event
      packet[13] = part > 4 ? 0x8a : 0x0a
      packet.writeUInt16BE(Math.min(part, 5) * 160, 14)
      this.#socket.send(packet, at.port, at.host)
    }
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#socket.close()
  }
}
