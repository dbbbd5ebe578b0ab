import { randomBytes } from 'node:crypto'
import dgram from 'node:dgram'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { buildReply } from '../../../src/lib/sip/build.js'
import { StreamFramer } from '../../../src/lib/sip/framer.js'
import { isRequest, type SipMessage } from '../../../src/lib/sip/message.js'
import { parseDatagram } from '../../../src/lib/sip/parse.js'
import { Pbxkit, scratch } from '../pbxkit.js'
import { type Soaked, Unanswered } from '../soaked.js'

const accounts = 200
/** Ten seconds: what takes a day elsewhere happens all the time here. */
const expiresS = 10
const columns = 'l_uuid,l_username,l_domain,r_username,r_domain,auth_password,auth_proxy,expires'

/**
 * 200 accounts at a registrar that challenges, dies for a while, cuts its TCP connections, and says nonsense; accounts come and go in the file. The registrar is here: how a
 * request is answered is decided by `Registrar`.
 */
export async function soakRegister(): Promise<Soaked> {
  const registrar = await Registrar.open()
  const file = path.join(scratch(), 'accounts.csv')
  const write = (count: number) => {
    const rows = Array.from({ length: count }, (_, n) => {
      const way = n % 4 === 0 ? ';transport=tcp' : ''
      return `u${n},a${n},example.org,a${n},example.org,p,sip:127.0.0.1:${registrar.port}${way},${expiresS}\n`
    })
    fs.writeFileSync(file, `${columns}\n${rows.join('')}`, { mode: 0o600 })
  }
  write(accounts)
  const pace = ['--expires', String(expiresS), '--retry-interval', '1']
  const service = await Pbxkit.start(['uac', 'register', '--file', file, ...pace, '--bind', '127.0.0.1', '--log-level', 'error'])
  let reloads = 0
  let deaths = 0
  const unanswered = new Unanswered()
  let asked = 0
  return {
    pids: { 'uac register': service.pid },
    async round(n) {
      const isDead = n % 80 >= 60 && n % 80 < 72
      if (n % 80 === 60) deaths++
      registrar.isDead = isDead
      if (n % 40 === 20) registrar.cut()
      registrar.sendGarbage(n)
      if (n % 25 === 10) {
        reloads++
        write(n % 50 === 10 ? accounts - 20 : accounts)
        service.reload()
      }
      await new Promise((resolve) => setTimeout(resolve, 100))
      asked++
      await unanswered.note(registrar.ping(), 'OPTIONS')
    },
    async rest() {
      registrar.isDead = false
    },
    done: () => ({
      text: `${registrar.registered} bindings granted, ${asked} OPTIONS answered, ${deaths} deaths of the registrar, ${reloads} reloads`,
      unanswered
    }),
    async stop() {
      await service.stop()
      registrar.close()
    }
  }
}

/** Grants what is asked for with any password, over UDP and TCP. */
class Registrar {
  readonly #udp = dgram.createSocket('udp4')
  readonly #tcp: net.Server
  readonly #connections = new Set<net.Socket>()
  /** Where an account was last heard from. */
  #peer: { address: string; port: number } | undefined
  #onPong: (() => void) | undefined
  #pings = 0
  isDead = false
  registered = 0

  private constructor() {
    this.#udp.on('message', (bytes, { address, port }) => {
      if (bytes.includes('SIP/2.0 200 OK\r\n') && bytes.includes('OPTIONS')) return this.#onPong?.()
      // A sign of life (RFC 5626 4.4.1), and what is said to the garbage.
      if (!bytes.includes('REGISTER sip:')) return
      this.#peer = { address, port }
      this.#answer(parseDatagram(bytes), (reply) => this.#udp.send(reply, port, address))
    })
    this.#tcp = net.createServer((socket) => {
      this.#connections.add(socket)
      const framer = new StreamFramer({
        onMessage: (message) => this.#answer(message, (reply) => socket.write(reply)),
        onRefused: () => socket.destroy()
      })
      socket.on('error', () => {}).on('data', (chunk) => framer.push(chunk))
      socket.once('close', () => this.#connections.delete(socket))
    })
  }

  /** The same port for both. */
  static async open(): Promise<Registrar> {
    const registrar = new Registrar()
    registrar.#tcp.listen(0, '127.0.0.1')
    await once(registrar.#tcp, 'listening')
    registrar.#udp.bind((registrar.#tcp.address() as net.AddressInfo).port, '127.0.0.1')
    await once(registrar.#udp, 'listening')
    return registrar
  }

  get port(): number {
    return this.#udp.address().port
  }

  #answer(request: SipMessage, send: (reply: Buffer) => void): void {
    if (this.isDead || !isRequest(request)) return
    if (!request.get('Authorization'))
      return send(
        buildReply(request, {
          status: 401,
          toTag: 'soak',
          headers: [['WWW-Authenticate', `Digest realm="soak", nonce="${randomBytes(8).toString('hex')}", qop="auth"`]]
        })
      )
    this.registered++
    const contact = `<${request.contacts[0]?.uriText}>;expires=${request.get('Expires') === '0' ? 0 : expiresS}`
    send(buildReply(request, { status: 200, toTag: 'soak', headers: [['Contact', contact]] }))
  }

  cut(): void {
    for (const socket of this.#connections) socket.resetAndDestroy()
  }

  /** What reaches every open UDP port, and replies that answer nothing. */
  sendGarbage(n: number): void {
    if (!this.#peer) return
    const id = `z9hG4bK${n}`
    const forged = `SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:${this.#peer.port};branch=${id}\r\nFrom: <sip:a1@example.org>;tag=1\r\nTo: <sip:a1@example.org>;tag=2\r\nCall-ID: ${id}\r\nCSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n`
    const all = [randomBytes(200), Buffer.from(forged), Buffer.from('\r\n\r\n'), Buffer.from('INVITE sip:x SIP/2.0\r\n\r\n')]
    this.#udp.send(all[n % all.length]!, this.#peer.port, this.#peer.address)
  }

  /** @returns whether OPTIONS was answered within 5 s */
  async ping(): Promise<boolean> {
    if (!this.#peer) return true
    const id = `ping${++this.#pings}`
    const via = `SIP/2.0/UDP 127.0.0.1:${this.port};branch=z9hG4bK${id}`
    const text = `OPTIONS sip:a1@127.0.0.1:${this.#peer.port} SIP/2.0\r\nVia: ${via}\r\nMax-Forwards: 70\r\nFrom: <sip:soak@example.org>;tag=${id}\r\nTo: <sip:a1@example.org>\r\nCall-ID: ${id}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`
    return new Promise((resolve) => {
      const end = (isAnswered: boolean) => {
        clearTimeout(timer)
        this.#onPong = undefined
        resolve(isAnswered)
      }
      const timer = setTimeout(end, 5_000, false)
      this.#onPong = () => end(true)
      this.#udp.send(text, this.#peer!.port, this.#peer!.address)
    })
  }

  close(): void {
    this.#udp.close()
    this.#tcp.close()
    this.cut()
  }
}
