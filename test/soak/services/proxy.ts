import fs from 'node:fs'
import path from 'node:path'
import { exchange, SlowReaders, sendGarbage } from '../clients.js'
import { Pbxkit, scratch } from '../pbxkit.js'
import { type Soaked, Unanswered } from '../soaked.js'

const login = 'Action: Login\r\nUsername: ann\r\nSecret: soak-secret\r\n'
const basic = `Basic ${Buffer.from('ann:soak-secret').toString('base64')}`

/** The proxy before two Asterisks (simulators, each a process): one stays, the other dies and comes back. */
export async function soakProxy(): Promise<Soaked> {
  const simulate = (port: number, rate: number) =>
    Pbxkit.start(['ami', 'simulate', '--listen', `127.0.0.1:${port}`, '--rate', String(rate), '--log-level', 'error'])
  const [steady, firstMortal] = await Promise.all([simulate(0, 50), simulate(0, 10)])
  let mortal = firstMortal
  const mortalPort = mortal.port('ami')
  const file = path.join(scratch(), 'proxy.ini')
  const server = (name: string, port: number) =>
    `[server ${name}]\nhost = 127.0.0.1\nport = ${port}\nusername = admin\nsecret = secret\n`
  const settings = (users: string) =>
    `${server('steady', steady.port('ami'))}${server('mortal', mortalPort)}[user ann]\nsecret = soak-secret\nadmin = yes\n${users}`
  const write = (users: string) => fs.writeFileSync(file, settings(users), { mode: 0o600 })
  write('')
  // Here nobody waits for the banner; on a busy machine a client of HTTP may be late to speak, and would be taken for one who does.
  const listen = ['--listen', '127.0.0.1:0', '--hello-wait', '5', '--log-level', 'error']
  const service = await Pbxkit.start(['proxy', 'serve', '--config', file, ...listen])
  const port = service.port('proxy')
  const slow = new SlowReaders(port, 5)
  let clients = 0
  let deaths = 0
  let reloads = 0
  const unanswered = new Unanswered()

  const count = (answered: Promise<boolean>, what: string) => {
    clients++
    return unanswered.note(answered, what)
  }
  const asks = (id: string) =>
    `${login}\r\nAction: CoreShowChannels\r\nServer: steady\r\n\r\nAction: Setvar\r\nVariable: SOAK\r\nValue: ${id}\r\nServer: steady\r\n\r\nAction: Ping\r\nActionID: ${id}\r\nServer: steady\r\n\r\n`
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic}\r\nConnection: close\r\n\r\n`

  return {
    pids: { proxy: service.pid, 'ami simulate': steady.pid },
    async round(n) {
      await Promise.all([
        ...Array.from({ length: 8 }, (_, k) =>
          count(exchange(port, asks(`soak${n}-${k}`), `ActionID: soak${n}-${k}`, { isRude: k % 2 === 0 }), 'a Ping')
        ),
        count(exchange(port, get('/?Action=Ping&Server=steady'), 'Pong'), 'a Ping by HTTP'),
        count(exchange(port, get('/health'), 'HTTP/1.1 '), '/health'),
        // A call with all its events, of which the one who asked sees the first.
        count(
          exchange(
            port,
            `${login}Events: on\r\n\r\nAction: Originate\r\nChannel: Local/s@demo\r\nApplication: Wait\r\nData: 1\r\nAsync: true\r\nActionID: call${n}\r\nServer: steady\r\n\r\n`,
            `ActionID: call${n}`
          ),
          'an Originate'
        ),
        // Its answer is a refusal, a second later, and from there nobody else comes.
        n % 20 === 5
          ? count(
              exchange(port, 'Action: Login\r\nUsername: carl\r\nSecret: guess\r\n\r\n', 'Authentication failed', {
                from: `127.0.1.${(Math.floor(n / 20) % 250) + 1}`
              }),
              'a guess'
            )
          : undefined,
        sendGarbage(port, n),
        sendGarbage(steady.port('ami'), n)
      ])
      if (n % 10 === 0) slow.add(`${login}Events: on\r\n\r\n${'Action: CoreShowChannels\r\n\r\n'.repeat(50)}`)
      if (n % 60 === 30) {
        deaths++
        await mortal.kill()
        mortal = await simulate(mortalPort, 10)
      }
      if (n % 25 === 10) {
        reloads++
        write(n % 50 === 10 ? '[user bob]\nsecret = other\n' : '')
        service.reload()
      }
    },
    async rest() {
      slow.close()
    },
    done: () => ({ text: `${clients} clients, ${deaths} deaths of a server, ${reloads} reloads`, unanswered }),
    async stop() {
      for (const one of [service, steady, mortal]) await one.stop()
    }
  }
}
