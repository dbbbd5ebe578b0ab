import { expect, it } from 'vitest'
import { Accounts } from '../../../../../../src/lib/proxy/accounts/accounts.js'
import type { ProxyOptions } from '../../../../../../src/lib/proxy/options.js'
import { plainUser } from '../../../../../../src/lib/proxy/user-options.js'
import { startPair, type TestProxy } from '../../support/proxy.js'
import type { RawClient } from '../../support/raw-client.js'
import type { Script, ScriptedServer } from '../../support/scripted-server.js'
import { Attacker } from './attacker.js'

/** Nobody's failures shut out the tests' own clients, which come from the same address. */
const patient = { maxLoginFailures: 1_000_000, loginFailureDelayMs: 1, graceMs: 300 }

const accounts = Accounts.fromOptions([plainUser('ann', 'ann-secret'), { ...plainUser('canary', 'canary-secret'), admin: true }])

export const annLogin = 'Action: Login\r\nUsername: ann\r\nSecret: ann-secret\r\nEvents: off\r\nActionID: in\r\n\r\n'
export const asAnn = `Authorization: Basic ${Buffer.from('ann:ann-secret').toString('base64')}\r\n`

/** One proxy with a server behind it, a canary that has to go on singing, and whoever comes to the door. */
export class Arena {
  readonly server: ScriptedServer
  readonly proxy: TestProxy
  readonly canary: RawClient
  readonly #attackers: Attacker[] = []
  #songs = 0

  private constructor(server: ScriptedServer, proxy: TestProxy, canary: RawClient) {
    this.server = server
    this.proxy = proxy
    this.canary = canary
  }

  static async open(options: Partial<ProxyOptions> = {}, script: Script = {}): Promise<Arena> {
    const { server, proxy } = await startPair(script, { ...patient, accounts, ...options })
    const canary = await proxy.login({ user: 'canary', secret: 'canary-secret' })
    return new Arena(server, proxy, canary)
  }

  attacker(): Attacker {
    return this.#keep(Attacker.connect(this.proxy.address))
  }

  tlsAttacker(): Attacker {
    return this.#keep(Attacker.connectTls(this.proxy.address))
  }

  /** One that speaks AMI and has logged in as ann. */
  async insider(): Promise<Attacker> {
    const attacker = this.attacker().send(annLogin)
    await attacker.hears('Authentication accepted\r\n\r\n')
    attacker.received = attacker.received.replace(/^[\s\S]*Authentication accepted\r\n\r\n/, '')
    return attacker
  }

  #keep(attacker: Attacker): Attacker {
    this.#attackers.push(attacker)
    return attacker
  }

  /** The canary asks the server for something, and gets exactly that. */
  async sing(): Promise<void> {
    const id = `song-${++this.#songs}`
    expect(await this.canary.ask('Action: Ping\r\n', id)).toMatch(new RegExp(`^Response: Success\r\nActionID: ${id}\r\n`))
  }

  /** What the attackers' actions became at the server. */
  get actions(): string[] {
    return this.server.actions.map(({ text }) => text).filter((text) => !/^ActionID: [^\r]*\r\nAction: Ping\r\n$/.test(text))
  }

  /** All is as before: the canary is served and has heard nothing else, the attackers have left nothing behind, and the server got whole actions. */
  async isCalm(): Promise<void> {
    await this.sing()
    for (const { socket } of this.#attackers) socket.destroy()
    await this.#emptiesItself()
    const answers = this.canary.blocks.filter((block) => /\r\nActionID: (song|list)-\d+\r\n/.test(block))
    expect(this.canary.blocks.filter((block) => !answers.includes(block))).toEqual([])
    expect(this.server.connections).toBe(1)
    expectWholeActions(this.server)
  }

  /** Until the canary is the only one that ListSessions shows, and holds the only socket of a client. */
  async #emptiesItself(): Promise<void> {
    for (let i = 1; ; i++) {
      const list = await this.canary.ask('ProxyAction: ListSessions\r\n', `list-${i}`)
      // Where nobody has an account nobody may ask: the sockets have to do.
      const sessions = list.includes('is for administrators') ? 1 : list.match(/^ProxyClientSession: /gm)?.length
      // The server's own end, its client in the proxy, the canary and its end in the proxy.
      const sockets = process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length
      if (sessions === 1 && sockets === 4) return
      if (i === 400) expect({ sessions, sockets }).toEqual({ sessions: 1, sockets: 4 })
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
}

const never = /^(login|logoff|challenge|events|filter|waitevent)$/i

/** All that the server got after the proxy's login is one whole action after the other: our ActionID first, one Action, no line without a name. */
export function expectWholeActions({ received }: ScriptedServer): void {
  const [login, ...blocks] = received.split('\r\n\r\n')
  expect(login).toMatch(/^Action: Login\r\n/)
  expect(blocks.pop()).toBe('')
  for (const block of blocks) {
    const [first, ...lines] = block.split('\r\n')
    expect(first).toMatch(/^ActionID: [\w.-]+$/)
    expect(lines.filter((line) => /^\s*actionid\s*:/i.test(line))).toEqual([])
    const actions = lines.filter((line) => /^\s*action\s*:/i.test(line))
    expect(actions).toHaveLength(1)
    expect(actions[0]!.slice(actions[0]!.indexOf(':') + 1).trim()).not.toMatch(never)
    expect(lines.filter((line) => /[\n\0]/.test(line))).toEqual([])
  }
}

/** A test that is named by the abuse, and ends with a look whether all is as before. */
export function abuse(
  name: string,
  run: (arena: Arena) => Promise<void>,
  options: Partial<ProxyOptions> = {},
  script: Script = {}
): void {
  it(name, async () => {
    const arena = await Arena.open(options, script)
    await run(arena)
    await arena.isCalm()
  })
}

/** Nothing but the proxy's refusal, in a form that a program can read. */
export const refusal = (message: string) => `Response: Error\r\nMessage: ${message}\r\n\r\n`
