import { once } from 'node:events'
import { type SideProcess, startScript, startSide } from '../support/processes.js'
import type { Product } from '../support/product.js'
import { crowdUser } from './crowd.js'
import type { EmitOrder, SourceMessage } from './sides/event-source.js'

/** Our proxy, as it is to be run. */
export interface ProxySetup {
  flags?: readonly string[]
  /** Sections of its ini besides the server's and the user's. */
  sections?: string
}

/** What stands between the event source and the clients. */
export type Middle = 'relay' | ProxySetup

/** An event source, and behind it what is measured: fresh processes for every run. */
export class Rig {
  readonly middle: SideProcess
  readonly #source: SideProcess

  private constructor(source: SideProcess, middle: SideProcess) {
    this.#source = source
    this.middle = middle
  }

  /** Resolves when the middle has logged in to the source. */
  static async start(kind: Middle, product: Product): Promise<Rig> {
    const source = await startScript('proxy/sides/event-source.ts', [], { ipc: true })
    const loggedIn = once(source.child, 'message')
    const middle =
      kind === 'relay'
        ? await startScript('proxy/sides/relay.ts', [String(source.port)])
        : await startProxy(source.port, product, kind)
    await loggedIn
    return new Rig(source, middle)
  }

  /** Has events emitted. @returns how many left the source */
  async emit(order: EmitOrder): Promise<{ events: number; bytes: number }> {
    const done = once(this.#source.child, 'message')
    this.#source.child.send(order)
    const [message] = (await done) as [SourceMessage]
    if (message.kind !== 'emitted') throw new Error('the proxy lost its connection to the event source and came back')
    return message
  }

  async stop(): Promise<void> {
    await this.middle.stop()
    await this.#source.stop()
  }
}

/** Our proxy as its users run it: the built program, with a configuration file. */
function startProxy(sourcePort: number, product: Product, { flags = [], sections = '' }: ProxySetup): Promise<SideProcess> {
  const config = product.writeFile(
    'proxy.ini',
    `[server pbx]
host = 127.0.0.1
port = ${sourcePort}
username = proxy
secret = upstream-secret
[user ${crowdUser.name}]
secret = ${crowdUser.secret}
${sections}`
  )
  const args = ['proxy', 'serve', '--config', config, '--listen', '127.0.0.1:0', ...flags]
  return startSide([product.program, ...args], { env: product.env })
}
