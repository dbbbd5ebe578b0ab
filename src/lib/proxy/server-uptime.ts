import type { Block } from '../ami/block.js'
import { encodeBlock } from '../ami/encode.js'
import { closeBlock } from './rewrite.js'

/** For how long a server has run, as its FullyBooted said, and that event as the server would send it now. */
export class ServerUptime {
  #told = { uptimeS: 0, reloadS: 0, atMs: 0 }
  /** Of this second: everybody who logs in gets it. */
  #last: { key: string; event: Buffer } | undefined

  /** The server is up. @param fullyBooted undefined for one that does not say so */
  note(fullyBooted: Block | undefined): void {
    this.#told = {
      uptimeS: Number(fullyBooted?.get('Uptime') ?? 0),
      reloadS: Number(fullyBooted?.get('LastReload') ?? 0),
      atMs: Date.now()
    }
  }

  /** @param mark what is appended to every block of this server */
  fullyBooted(mark: string): Buffer {
    const { uptimeS, reloadS, atMs } = this.#told
    const passedS = atMs === 0 ? 0 : Math.floor((Date.now() - atMs) / 1000)
    const key = `${uptimeS} ${passedS} ${mark}`
    if (this.#last?.key !== key) this.#last = { key, event: bootedEvent(uptimeS + passedS, reloadS + passedS, mark) }
    return this.#last.event
  }
}

function bootedEvent(uptimeS: number, reloadS: number, mark: string): Buffer {
  const event = encodeBlock([
    ['Event', 'FullyBooted'],
    ['Privilege', 'system,all'],
    ['Uptime', String(uptimeS)],
    ['LastReload', String(reloadS)],
    ['Status', 'Fully Booted']
  ])
  return closeBlock(event, mark)
}
