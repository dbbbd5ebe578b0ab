import fs from 'node:fs'
import path from 'node:path'
import { createRecord } from '../../../src/lib/scram/record.js'
import { openStore } from '../../../src/lib/store/open-store.js'
import { tokenOf } from '../../../src/lib/tunnel/protocol-1-messages.js'
import { TunnelAccounts } from '../../../src/lib/tunnel-server/accounts.js'
import { ensureBuilt } from '../../e2e/support/pbxkit.js'
import { type AsteriskPlace, type RunningAsterisk, startAsterisk } from '../servers/asterisk.js'
import { AMI_ADMIN, defaultFiles } from '../servers/asterisk-config.js'
import { choosePort } from '../servers/ports.js'
import { agiApplication } from './agi-application.js'
import { AmiSocket } from './ami-socket.js'
import { within } from './limit.js'
import { Program, scratchFolder } from './program.js'

const certificate = path.join(import.meta.dirname, '../../fixtures/tls/server')

/** What the dialplan finds is told when the call is over, however it ends. */
const dialplan = `
[tunnel]
exten => run,1,Answer()
 same => n,ExecIf($["\${TUNNEL_USER}" != "unset"]?Set(SANDBOX_USERNAME=\${TUNNEL_USER}))
 same => n,AGI(\${AGI_URL},\${BEHAVIOUR})
 same => n,Hangup()
exten => h,1,UserEvent(AfterAGI,Id: \${CALL_ID},Status: \${AGISTATUS},Outcome: \${BRIDGE_OUTCOME},Reason: \${BRIDGE_REASON},Word: \${WORD})
`

/** Longer than a dead peer is waited for, three seconds and five. */
const longestCallMs = 30_000

/** One call as the dialplan sees it. */
export interface LabCall {
  /** `AGISTATUS BRIDGE_OUTCOME BRIDGE_REASON`, `-` for what is not set. */
  readonly outcome: Promise<string>
  /** The variable WORD at the end. */
  readonly word: Promise<string>
  /** The caller hangs up. */
  hangUp(): Promise<void>
}

/** A real Asterisk, our server of tunnels behind it, clients of the user alice, and an application that can be killed. */
export class TunnelLab {
  readonly asterisk: RunningAsterisk
  readonly ami: AmiSocket
  readonly #db: string
  readonly #programs = new Set<Program>()
  #ports: { tunnel: number; agi: number }
  #calls = 0
  server!: Program

  private constructor(asterisk: RunningAsterisk, ami: AmiSocket, db: string, ports: { tunnel: number; agi: number }) {
    this.asterisk = asterisk
    this.ami = ami
    this.#db = db
    this.#ports = ports
  }

  /** @param more a dialplan beside ours, which is given the URL for AGI(), and files of Asterisk */
  static async start(
    name: string,
    {
      more = () => '',
      files = {}
    }: { more?: (url: string) => string; files?: Record<string, (place: AsteriskPlace) => string> } = {}
  ): Promise<TunnelLab> {
    ensureBuilt()
    const db = `sqlite:${path.join(scratchFolder('tunnel'), 'tunnel.db')}`
    const accounts = await TunnelAccounts.open(await openStore<never>(db, { timeoutMs: 5_000 }))
    await accounts.put('alice', await createRecord('secret', { iterations: 4096 }), tokenOf('alice', 'secret'))
    await accounts.close()
    const tunnel = await choosePort(undefined, new Set())
    const agi = await choosePort(undefined, new Set([tunnel]))
    const extensions = ({ ports, dir }: AsteriskPlace) =>
      defaultFiles(ports, dir)['extensions.conf']! + dialplan + more(`agi://127.0.0.1:${agi}/`)
    const asterisk = await startAsterisk({ name, files: { 'extensions.conf': extensions, ...files } })
    const ami = await AmiSocket.login(asterisk.amiPort, AMI_ADMIN)
    return new TunnelLab(asterisk, ami, db, { tunnel, agi })
  }

  get agiUrl(): string {
    return `agi://127.0.0.1:${this.#ports.agi}/`
  }

  get tunnelPort(): number {
    return this.#ports.tunnel
  }

  get agiPort(): number {
    return this.#ports.agi
  }

  async stop(): Promise<void> {
    await this.endPrograms()
    this.ami.destroy()
    await this.asterisk.stop()
  }

  /** Kills all but Asterisk. */
  async endPrograms(): Promise<void> {
    const programs = [...this.#programs]
    this.#programs.clear()
    for (const program of programs) {
      program.kill('SIGKILL')
      await program.end()
    }
  }

  /** On the same ports each time. */
  async serve(...more: string[]): Promise<void> {
    const listen = ['--listen', `127.0.0.1:${this.#ports.tunnel}`, '--agi-listen', `127.0.0.1:${this.#ports.agi}`]
    const tls = ['--tls-cert', `${certificate}.crt`, '--tls-key', `${certificate}.key`]
    const defaults = { '--connect-grace': '1', '--hangup-grace': '1', '--drain-timeout': '2' }
    const times = Object.entries(defaults).flatMap((pair) => (more.includes(pair[0]) ? [] : pair))
    this.server = this.#run(['agi', 'tunnel', 'serve', '--db', this.#db, ...listen, ...tls, ...times, '--protocol-1', ...more])
    await this.server.says(/^ready /m)
  }

  /** A client of alice whose tunnel stands: protocol 2 in TLS, or 1 in clear, as the original's. */
  async connect(protocol: '1' | '2', ...flags: string[]): Promise<Program> {
    const client = this.client(protocol, flags)
    await client.prints((text) => text.includes('"event":"accepted"'), 'the login')
    return client
  }

  /** A client, whether it is let in or not. @param flags win over those that it has by itself */
  client(protocol: '1' | '2', flags: readonly string[], password = 'secret'): Program {
    const isChosen = flags.some((flag) => flag === '--plain' || flag === '--tls-pin')
    const way = isChosen ? [] : [protocol === '2' ? '--insecure' : '--plain']
    const login = Object.entries({ '--port': String(this.tunnelPort), '--username': 'alice' })
    const missing = login.flatMap((pair) => (flags.includes(pair[0]) ? [] : pair))
    const all = ['agi', 'tunnel', ...missing, '--protocol', protocol, ...way, '--json', ...flags]
    return this.#run(all, { PBXKIT_SECRET: password })
  }

  /** The application as a FastAGI server. @returns it and its port */
  async application(): Promise<{ program: Program; port: string }> {
    const program = new Program([agiApplication(), 'serve', '0'], { command: [process.execPath] })
    this.#programs.add(program)
    const port = await program.prints((text) => /^port (\d+)$/m.exec(text)?.[1], 'its port')
    return { program, port }
  }

  /** The application as a script. */
  script(): string {
    fs.chmodSync(agiApplication(), 0o755)
    return agiApplication()
  }

  /** Any program of others, which ends with the lab. */
  run(program: Program): Program {
    this.#programs.add(program)
    return program
  }

  /** @param behaviour what the application is told to do @param user whose call it is; `unset`: the dialplan does not say it */
  async call(behaviour = 'word', user = 'alice'): Promise<LabCall> {
    const id = `call-${++this.#calls}`
    const from = this.ami.messages.length
    const variables = { AGI_URL: this.agiUrl, TUNNEL_USER: user, BEHAVIOUR: behaviour, CALL_ID: id }
    const lines = Object.entries(variables).map(([name, value]) => `Variable: __${name}=${value}\r\n`)
    await this.ami.ask(
      `Action: Originate\r\nChannel: Local/run@tunnel/n\r\nApplication: Wait\r\nData: 60\r\nAsync: true\r\nChannelId: ${id}\r\n${lines.join('')}`
    )
    const over = within(
      new Promise<(string | undefined)[]>((resolve) => {
        const look = () => {
          const event = this.ami.messages.slice(from).find((message) => message.is({ UserEvent: 'AfterAGI', Id: id }))
          if (!event) return
          clearInterval(timer)
          resolve(['Status', 'Outcome', 'Reason', 'Word'].map((name) => event.get(name)))
        }
        const timer = setInterval(look, 10)
      }),
      () => `the end of the call "${behaviour}"`,
      longestCallMs
    )
    over.catch(() => {})
    return {
      outcome: over.then((values) =>
        values
          .slice(0, 3)
          .map((value) => value || '-')
          .join(' ')
      ),
      word: over.then((values) => values[3] ?? ''),
      hangUp: async () => void (await this.ami.ask(`Action: Hangup\r\nChannel: ${await this.#channelOf(id)}\r\n`))
    }
  }

  /** The command has come to Asterisk, which is busy with it. */
  async runs(command: string, from: number): Promise<void> {
    await this.ami.next((message) => message.is({ Event: 'AGIExecStart', Command: command }), command, from)
  }

  async #channelOf(id: string): Promise<string> {
    return (await this.ami.next((message) => message.is({ Event: 'Newchannel', Uniqueid: id }), `the channel of ${id}`)).get(
      'Channel'
    )!
  }

  #run(args: readonly string[], env: Record<string, string> = {}): Program {
    const program = new Program(args, { env })
    this.#programs.add(program)
    return program
  }
}
