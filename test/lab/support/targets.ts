import { afterAll, beforeAll } from 'vitest'
import { type AsteriskOptions, type RunningAsterisk, startAsterisk } from '../servers/asterisk.js'
import { AMI_ADMIN } from '../servers/asterisk-config.js'
import { type Account, AmiSocket } from './ami-socket.js'
import { type Ended, Program, type ProgramOptions, pbxkit, Service, scratchFile } from './program.js'

/** Who logs in to the proxy: another user than the proxy is on Asterisk, with a secret of its own. */
export const ANNA: Account = { username: 'anna', secret: 'Anna5Secret' }
export const BEN: Account = { username: 'ben', secret: 'Ben6Secret' }

/** Where clients connect and as whom: an Asterisk, or a proxy before it. */
export class Target {
  readonly name: string
  readonly port: number
  readonly account: Account

  constructor(name: string, port: number, account: Account) {
    this.name = name
    this.port = port
    this.account = account
  }

  get flags(): string[] {
    return ['--host', '127.0.0.1', '--port', String(this.port), '--username', this.account.username]
  }

  options({ env, ...options }: ProgramOptions = {}): ProgramOptions {
    return { ...options, env: { PBXKIT_SECRET: this.account.secret, ...env } }
  }

  /** `pbxkit ami send …` to its end. */
  send(args: readonly string[], options: ProgramOptions = {}): Promise<Ended> {
    return pbxkit(['ami', 'send', ...args, ...this.flags], this.options(options))
  }

  /** The one JSON document of `pbxkit ami send … --json`. @throws when the status is another one */
  async json(args: readonly string[], { status = 0 } = {}): Promise<Answered> {
    const ended = await this.send([...args, '--json'])
    if (ended.status !== status) throw new Error(`${args.join(' ')} ended with ${ended.status}: ${ended.stdout}${ended.stderr}`)
    return JSON.parse(ended.stdout.toString())
  }

  /** A running `pbxkit ami events …` with these filters, once it sees events: it has printed FullyBooted. */
  async events(filters: readonly string[], args: readonly string[] = []): Promise<Program> {
    const all = filters.length === 0 ? [] : ['Event=FullyBooted', ...filters].flatMap((filter) => ['--filter', filter])
    const program = new Program(['ami', 'events', ...all, ...args, ...this.flags], this.options())
    await program.prints((text) => text.includes('FullyBooted'), 'FullyBooted')
    return program
  }

  login(options: { events?: string; md5?: boolean } = {}): Promise<AmiSocket> {
    return AmiSocket.login(this.port, this.account, options)
  }
}

type Headers = Record<string, string | string[]>

/** What `ami send --json` prints. */
export interface Answered {
  response: Headers
  items?: Headers[]
  complete?: Headers
  event?: Headers
  server?: string
}

export function directTo(asterisk: Pick<RunningAsterisk, 'amiPort'>): Target {
  return new Target('directly', asterisk.amiPort, AMI_ADMIN)
}

/** A proxy that runs, and how to reach it. */
export interface RunningProxyTarget {
  service: Service
  target: Target
  /** How often the proxy has said that this server is connected. */
  connections(server: string): number
  /** Waits until it has said so that often. */
  connected(server: string, times?: number): Promise<void>
}

function connectionsOf(service: Service, server: string): number {
  const lines = service.program.stderr.split('\n')
  return lines.filter((line) => line.includes(`"server":"${server}"`) && line.includes('server connected')).length
}

/**
 * Runs `proxy serve` before Asterisks, by name, and resolves when it has logged in to all of them.
 * @param args further flags
 */
export async function startProxy(
  servers: Readonly<Record<string, Pick<RunningAsterisk, 'amiPort'>>>,
  args: readonly string[] = []
): Promise<RunningProxyTarget> {
  const sections = Object.entries(servers).map(
    ([name, { amiPort }]) =>
      `[server ${name}]\nhost = 127.0.0.1\nport = ${amiPort}\nusername = ${AMI_ADMIN.username}\nsecret = ${AMI_ADMIN.secret}\n`
  )
  const proxy = await startProxyWith(sections.join('\n'), args)
  for (const name of Object.keys(servers)) await proxy.connected(name)
  return proxy
}

/** @param servers the sections of its servers */
export async function startProxyWith(servers: string, args: readonly string[] = []): Promise<RunningProxyTarget> {
  const users = [ANNA, BEN].map(({ username, secret }) => `[user ${username}]\nsecret = ${secret}\nadmin = yes\n`).join('\n')
  const config = scratchFile('proxy.ini', `${servers}\n${users}`)
  const service = await Service.start(['proxy', 'serve', '--config', config, '--listen', '127.0.0.1:0', ...args])
  return {
    service,
    target: new Target('through the proxy', service.port('proxy'), ANNA),
    connections: (server) => connectionsOf(service, server),
    connected: async (server, times = 1) => {
      await service.program.until(
        () => connectionsOf(service, server) >= times || undefined,
        `${server} connected ${times} times`
      )
    }
  }
}

/** One Asterisk and one proxy before it for all tests of a suite, and both ways to get there. */
export function useAsteriskAndProxy(options: AsteriskOptions = {}) {
  let asterisk: RunningAsterisk
  let proxy: RunningProxyTarget | undefined
  beforeAll(async () => {
    asterisk = await startAsterisk(options)
    proxy = await startProxy({ pbx: asterisk })
  })
  afterAll(async () => {
    await proxy?.service.stop()
    await asterisk?.stop()
  })
  return {
    asterisk: () => asterisk,
    proxy: () => proxy!,
    ways: [
      { way: 'directly', target: () => directTo(asterisk) },
      { way: 'through the proxy', target: () => proxy!.target }
    ]
  }
}

let ids = 0

/** A name that nothing else in this run has: for channels, variables, ActionIDs. */
export function unique(word: string): string {
  return `${word}${process.pid}x${++ids}`
}
