import { Block } from '../../ami/block.js'
import { EventMask } from '../../ami/event-mask.js'
import type { EventView } from '../filter/event-view.js'
import type { Origin } from '../formats/format.js'
import type { Requester } from '../pending-actions.js'
import { withActionId } from '../rewrite.js'
import type { ActionKind } from './query-actions.js'

/** The lists that are kept, and the classes of the events by which they change. */
const lists: ReadonlyMap<string, number> = new Map(
  Object.entries({
    coreshowchannels: ['call', 'dialplan'],
    devicestatelist: ['call'],
    extensionstatelist: ['call'],
    pjsipshowendpoints: ['call', 'system']
  }).map(([name, classes]) => [name, EventMask.bitsOf(classes)])
)
/** Events that tell of nothing that is in those lists, and come in numbers. */
const unrelated = new Set(['RTCPSent', 'RTCPReceived', 'VarSet', 'CEL', 'Cdr', 'UserEvent', 'DTMFBegin', 'DTMFEnd', 'TestEvent'])
const unrelatedBits = EventMask.bitsOf(['security', 'log', 'verbose', 'command'])
/**
 * What changes without an event (the language of a channel, an application at the same priority, a hint added on the console, an endpoint in a
 * database) is seen at the latest after this, and panels that ask every second are still many to one.
 */
const maxAgeMs = 1_000
/** For each list: ten thousand endpoints have a quarter of it. Larger ones are asked for. */
const maxBytes = 16 * 1024 * 1024

/** An action on its way to a server. */
export interface OutgoingAction {
  kind: ActionKind
  name: string
  /** Its headers without ActionID, each with CRLF. */
  lines: Buffer
  /** The client's own ActionID; undefined when it sent none. */
  id: Buffer | undefined
}

interface Snapshot {
  blocks: readonly Block[]
  /** By the clock, when its first block came. */
  at: number
}

interface ServerState {
  /** Classes of events that have come since it is connected: only what comes can tell of a change. */
  seenBits: number
  /** Counts the events that may have told of a change. */
  events: number
  readonly snapshots: Map<string, Snapshot>
}

/** Takes down one answer of Asterisk on its way to a client. */
export interface Recording {
  push(block: Buffer, origin: Origin | undefined): void
  /** The answer is whole, or will not be. */
  end(): void
}

/**
 * States as Asterisk told them last, given to whoever asks while nothing has come that may have changed them: any event of the server but a few, or
 * any action of a client that does not only read. The answers are Asterisk's own to the byte, the ActionID excepted. They are not put together from
 * events: events do not tell all that is in the lists (see docs/architecture.md).
 */
export class Snapshots {
  readonly #clock: () => number
  readonly #servers = new Map<string, ServerState>()
  #changesSent = 0
  /** Answers that Asterisk was spared. */
  spared = 0

  /** @param clock milliseconds that never go back */
  constructor(clock: () => number) {
    this.#clock = clock
  }

  /** Takes an event of a server into account before any client sees it. */
  note(event: EventView): void {
    const bits = event.classBits
    const state = this.#stateOf(event.server)
    state.seenBits |= bits
    const isUnrelated = unrelated.has(event.name) || (bits !== 0 && (bits & ~unrelatedBits) === 0)
    if (!isUnrelated) forget(state)
  }

  /** Something was sent that may change a state, of any server: they may share it. */
  changed(): void {
    this.#changesSent++
    for (const state of this.#servers.values()) forget(state)
  }

  /** The session with a server has ended: nobody knows what comes next. */
  forgetServer(server: string): void {
    const state = this.#servers.get(server)
    if (state) forget(state)
    this.#servers.delete(server)
  }

  /** Gives the whole answer at once, when it is known. @returns whether it was */
  answer(server: string, { name, lines, id }: OutgoingAction, requester: Requester): boolean {
    if (!isPlain(lines)) return false
    const snapshot = this.#servers.get(server)?.snapshots.get(name.toLowerCase())
    if (!snapshot || this.#clock() - snapshot.at > maxAgeMs) return false
    for (const block of snapshot.blocks) requester.receive(withActionId(block, id), 'server')
    requester.settled({ action: name, result: 'success', ms: 0 })
    this.spared++
    return true
  }

  /** Takes down the answer to a query that is sent now; undefined when its list is not kept, or has headers of its own. */
  record(server: string, { name, lines }: OutgoingAction): Recording | undefined {
    const list = name.toLowerCase()
    const classes = lists.get(list)
    const state = this.#stateOf(server)
    if (classes === undefined || !isPlain(lines) || (state.seenBits & classes) !== classes) return undefined
    const blocks: Block[] = []
    let bytes = 0
    let at = 0
    let events = -1
    const changesSent = this.#changesSent
    let isWhole = true
    return {
      push: (block, origin) => {
        if (blocks.length === 0) {
          at = this.#clock()
          // What came before the answer is in it; what was sent behind the query is not.
          events = state.events
        }
        bytes += block.length
        isWhole &&= origin === 'server' && bytes <= maxBytes
        if (isWhole) blocks.push(new Block(block))
      },
      end: () => {
        const isComplete = blocks.at(-1)?.get('EventList')?.trim() === 'Complete'
        const isCurrent = events === state.events && changesSent === this.#changesSent
        if (isWhole && isComplete && isCurrent) state.snapshots.set(list, { blocks, at })
      }
    }
  }

  #stateOf(server: string): ServerState {
    const state = this.#servers.get(server) ?? { seenBits: 0, events: 0, snapshots: new Map() }
    this.#servers.set(server, state)
    return state
  }
}

/** Has it no header beside its Action? */
function isPlain(lines: Buffer): boolean {
  return lines.indexOf('\n') === lines.length - 1
}

function forget(state: ServerState): void {
  state.events++
  state.snapshots.clear()
}
