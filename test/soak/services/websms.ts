import fs from 'node:fs'
import path from 'node:path'
import { exchange, sendGarbage } from '../clients.js'
import { Pbxkit, scratch } from '../pbxkit.js'
import { type Soaked, Unanswered } from '../soaked.js'

/** The web hook of providers: messages that are taken and refused; Asterisk, which takes the call files away, is here. */
export async function soakWebsms(): Promise<Soaked> {
  const spool = path.join(scratch(), 'spool')
  const outgoing = path.join(spool, 'outgoing')
  for (const name of ['outgoing', 'tmp']) fs.mkdirSync(path.join(spool, name), { recursive: true })
  const file = path.join(scratch(), 'websms.ini')
  const text = `[websmsd:one]\nremt_addr = 127.0.0.1\n[astqueue]\noutgoingdir = ${outgoing}\n`
  fs.writeFileSync(file, text, { mode: 0o600 })
  const listen = ['--listen', '127.0.0.1:0', '--providers', file, '--log-level', 'error']
  const service = await Pbxkit.start(['dialplan', 'websms', 'serve', ...listen])
  const port = service.port('http')
  let messages = 0
  let reloads = 0
  const unanswered = new Unanswered()
  const post = (where: string, body: string) =>
    `POST ${where} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  const send = (text: string, until: string, isRude: boolean) => {
    messages++
    return unanswered.note(exchange(port, text, until, { isRude }), until)
  }
  return {
    pids: { 'dialplan websms serve': service.pid },
    async round(n) {
      await Promise.all([
        ...[0, 1, 2].map((k) => send(post('/one', `To=46701234567&From=1234&Body=message+${n}-${k}`), 'HTTP/1.1 200', k === 1)),
        send(post('/two', 'To=1'), 'HTTP/1.1 404', false),
        send(post('/one', `To=${'%0d%0a'.repeat(20)}&From=1234&Body=x`), 'HTTP/1.1 4', false),
        sendGarbage(port, n)
      ])
      for (const name of fs.readdirSync(outgoing)) fs.rmSync(path.join(outgoing, name))
      if (n % 25 === 10) {
        reloads++
        service.reload()
      }
    },
    rest: async () => {},
    done: () => ({ text: `${messages} messages, ${reloads} reloads`, unanswered }),
    stop: () => service.stop()
  }
}
