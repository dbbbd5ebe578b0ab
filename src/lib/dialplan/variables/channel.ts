import type { Endpoint } from './endpoint-directory.js'
import { VariableStack } from './variable-stack.js'

/** Where a Gosub came from, and which variables go when it returns. */
export interface GosubFrame {
  readonly context: string
  readonly extension: string
  /** The priority that comes next after the return. */
  readonly priority: number
  readonly variables: Set<string>
  /** How many arguments are hidden or set by this call. */
  readonly argumentCount: number
  /** A routine that an application runs (Dial's U, b and B): its Return ends it. */
  readonly isSpecial: boolean
}

/** A channel while it is traced. Strings have one character a byte. */
export class Channel {
  readonly name: string
  readonly uniqueId: string
  readonly endpoint: Endpoint | undefined
  readonly variables = new VariableStack()
  /** The innermost last. */
  readonly frames: GosubFrame[] = []
  /** What functions were given to keep, `CHANNEL(language)`, by the whole call. */
  readonly written = new Map<string, string>()
  context: string
  extension: string
  priority = 1
  callerNumber: string | undefined
  callerName: string | undefined
  isUp = false
  isHungUp = false
  hangupCause = 0
  exception: { reason: string; context: string; extension: string; priority: number } | undefined
  /** Of a SIP MESSAGE: to, from, body; undefined for a call. */
  message: Map<string, string> | undefined

  constructor(name: string, uniqueId: string, context: string, extension: string, endpoint?: Endpoint) {
    this.name = name
    this.uniqueId = uniqueId
    this.context = context
    this.extension = extension
    this.endpoint = endpoint
  }

  /** `NAME` as Gosub and LOCAL set it: it goes with the frame. */
  setLocal(frame: GosubFrame, name: string, value: string): void {
    if (frame.variables.has(name)) this.variables.set(name, value)
    else {
      frame.variables.add(name)
      this.variables.push(name, value)
    }
  }

  releaseFrame(frame: GosubFrame): void {
    for (const name of frame.variables) this.variables.set(name, undefined)
  }
}
