/** How one context leads to another. */
export type EdgeKind = 'include' | 'goto' | 'gosub' | 'dial'

export interface GraphNode {
  readonly context: string
  /** Undefined for a context that is named and is not there. */
  readonly file: string | undefined
  readonly line: number | undefined
  readonly extensionCount: number
  /** Calls come in here: an endpoint has it for its context, or it was named. */
  readonly isEntry: boolean
  /** A call that comes in somewhere may get here. */
  readonly isReachable: boolean
}

export interface GraphEdge {
  readonly from: string
  readonly to: string
  readonly kind: EdgeKind
  /** It depends on a variable whether it leads there. */
  readonly isPossible: boolean
  /** The first priority, or include, that does it. */
  readonly file: string
  readonly line: number
  /** How many do. */
  readonly count: number
}

/** A jump whose context is nothing but a variable. */
export interface UnknownJump {
  readonly from: string
  readonly target: string
  readonly file: string
  readonly line: number
}

export interface DialplanGraph {
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
  readonly unknown: readonly UnknownJump[]
}

/** What a trace came through. */
export interface Highlight {
  readonly contexts: ReadonlySet<string>
  /** `from\nto`. */
  readonly edges: ReadonlySet<string>
}

export function edgeKey({ from, to }: Pick<GraphEdge, 'from' | 'to'>): string {
  return `${from}\n${to}`
}
