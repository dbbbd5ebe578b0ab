import net from 'node:net'
import path from 'node:path'
import { SlowReaders, sendGarbage } from '../clients.js'
import { Pbxkit, root, scratch } from '../pbxkit.js'
import { type Soaked, Unanswered } from '../soaked.js'

const certificate = path.join(root, 'test/fixtures/tls/server')
const secret = { PBXKIT_SECRET: 'a secret of the soak run' }
const headers = (user: string) =>
  `agi_network: yes\nagi_request: agi://127.0.0.1/${user}\nagi_channel: Local/soak\nagi_uniqueid: 1.1\n\n`
/** A call that waits for a tunnel has its outcome after the grace at the latest. */
const limitMs = 30_000

/**
 * Both sides of the AGI tunnel and an application behind it: alice over TLS and a line that is cut now and then, bob in clear with an application that dies.
 */
export async function soakTunnel(): Promise<Soaked> {
  const db = ['--db', `sqlite:${scratch()}/tunnel.db`]
  for (const user of ['alice', 'bob']) await Pbxkit.run(['agi', 'tunnel', 'user', 'add', user, ...db], secret)
  const log = ['--log-level', 'error']
  const tls = ['--tls-cert', `${certificate}.crt`, '--tls-key', `${certificate}.key`, '--accept-unencrypted']
  const listen = ['--listen', '127.0.0.1:0', '--agi-listen', '127.0.0.1:0', '--user-from', 'url', '--connect-grace', '1']
  // A caller that never answered keeps its application for so long, and a stop waits for it.
  const grace = ['--hangup-grace', '2']
  const startServer = () => Pbxkit.start(['agi', 'tunnel', 'serve', ...listen, ...grace, ...tls, ...db, ...log])
  const serve = (port: number) => Pbxkit.start(['agi', 'serve', '--listen', `127.0.0.1:${port}`, '--answer', '--hangup', ...log])
  const [server, steady, firstMortal] = await Promise.all([startServer(), serve(0), serve(0)])
  let mortal = firstMortal
  const mortalPort = mortal.port('agi')
  const line = await CutLine.open(server.port('tunnel'))
  const connect = (user: string, port: number, app: number, way: string) =>
    Pbxkit.start(
      [
        'agi',
        'tunnel',
        '--port',
        String(port),
        way,
        '--username',
        user,
        '--app',
        `127.0.0.1:${app}`,
        '--retry-max',
        '500ms',
        ...log
      ],
      secret
    )
  const [alice, bob] = await Promise.all([
    connect('alice', line.port, steady.port('agi'), '--insecure'),
    connect('bob', server.port('tunnel'), mortalPort, '--plain')
  ])
  const port = server.port('agi')
  const silent = new SlowReaders(port, 5)
  let calls = 0
  let cuts = 0
  let deaths = 0
  let reloads = 0
  const unanswered = new Unanswered()

  /** Plays Asterisk, which answers each command and is told the outcome. */
  const callOf = (user: string) =>
    new Promise<boolean>((resolve) => {
      const socket = net.connect(port, '127.0.0.1')
      const timer = setTimeout(() => socket.destroy(), limitMs)
      let said = ''
      socket.on('error', () => {})
      socket.setEncoding('latin1').on('data', (text: string) => {
        said += text
        for (const _ of text.matchAll(/\n/g)) socket.write('200 result=0\n')
      })
      socket.once('close', () => {
        clearTimeout(timer)
        calls++
        resolve(said.includes('BRIDGE_OUTCOME'))
      })
      socket.write(headers(user))
    })

  const call = (user: string) => unanswered.note(callOf(user), `the outcome of a call to ${user}`)

  return {
    pids: { 'agi tunnel serve': server.pid, 'agi tunnel': alice.pid, 'agi serve': steady.pid },
    async round(n) {
      await Promise.all([
        ...Array.from({ length: 6 }, () => call('alice')),
        ...Array.from({ length: 2 }, () => call('bob')),
        n % 10 === 3 ? call('nobody') : undefined,
        sendGarbage(server.port('tunnel'), n),
        sendGarbage(port, n),
        sendGarbage(steady.port('agi'), n)
      ])
      // A caller that never answers a command.
      if (n % 10 === 0) silent.add(headers('alice'))
      if (n % 40 === 20) {
        cuts++
        line.cut()
      }
      if (n % 60 === 30) {
        deaths++
        await mortal.kill()
        mortal = await serve(mortalPort)
      }
      if (n % 25 === 10) {
        reloads++
        for (const one of [server, alice]) one.reload()
      }
    },
    async rest() {
      silent.close()
    },
    done: () => ({
      text: `${calls} calls, ${cuts} cuts of the line, ${deaths} deaths of an application, ${reloads} reloads`,
      unanswered
    }),
    async stop() {
      for (const one of [alice, bob, steady, mortal, server]) await one.stop()
      line.close()
    }
  }
}

/** The way between both sides, which can be cut. */
class CutLine {
  readonly #sockets = new Set<net.Socket>()
  readonly #server: net.Server

  private constructor(to: number) {
    this.#server = net.createServer((near) => {
      const far = net.connect(to, '127.0.0.1')
      for (const [one, other] of [
        [near, far],
        [far, near]
      ] as const) {
        this.#sockets.add(one)
        one.on('error', () => {}).pipe(other)
        one.once('close', () => {
          this.#sockets.delete(one)
          other.destroy()
        })
      }
    })
  }

  static async open(to: number): Promise<CutLine> {
    const line = new CutLine(to)
    await new Promise<void>((resolve) => line.#server.listen(0, '127.0.0.1', resolve))
    return line
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port
  }

  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  close(): void {
    this.#server.close()
    this.cut()
  }
}
