import dgram from 'node:dgram'

/** A tone in RTP, as a phone would send it: 50 packets of PCMU a second, from a port of its own. */
export class Speech {
  readonly #socket: dgram.Socket
  #timer: NodeJS.Timeout | undefined

  private constructor(socket: dgram.Socket) {
    this.#socket = socket
  }

  static async open(): Promise<Speech> {
    const socket = dgram.createSocket('udp4')
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
    return new Speech(socket)
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
    let count = 0
    this.#timer = setInterval(() => {
      packet.writeUInt16BE(++count & 0xffff, 2)
      packet.writeUInt32BE((count * 160) >>> 0, 4)
      this.#socket.send(packet, port, host)
    }, 20)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#socket.close()
  }
}
