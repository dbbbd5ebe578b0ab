import { DataError } from '../errors.js'
import { parseHostPort } from '../sip/uri.js'
import type { UdpBind } from '../sip-transport/udp-flow.js'
import type { UserAgent } from '../uac/user-agent.js'

/** A user agent for each local address: most accounts share the first, those with a `socket` of their own have another. */
export class AgentPool {
  readonly #open: (bind: UdpBind | undefined) => UserAgent
  readonly #agents = new Map<string, UserAgent>()

  /** @param open makes the agent of a local address; undefined: the usual one */
  constructor(open: (bind: UdpBind | undefined) => UserAgent) {
    this.#open = open
  }

  get all(): UserAgent[] {
    return [...this.#agents.values()]
  }

  /** @param socket `[transport:]address[:port]`, as the table has it @throws DataError */
  agentFor(socket: string | undefined): UserAgent {
    const key = socket ?? ''
    let agent = this.#agents.get(key)
    if (!agent) {
      agent = this.#open(socket === undefined ? undefined : readSocket(socket))
      this.#agents.set(key, agent)
    }
    return agent
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.close()
  }
}

/** Kamailio's form: `udp:192.0.2.1:5060`. The transport is that of the way, and is not needed here. @throws DataError */
export function readSocket(text: string): UdpBind {
  const place = text.replace(/^(udp|tcp|tls|ws|wss):/i, '')
  try {
    const { host, port } = parseHostPort(place)
    return { host: host.replace(/^\[|\]$/g, ''), port }
  } catch (cause) {
    throw new DataError(`"${text}" is no socket`, { cause, hint: 'Write [transport:]address[:port].' })
  }
}
