import type { Trace } from '../trace/result.js'
import { type DialplanGraph, edgeKey, type Highlight } from './graph.js'

/** What of a graph a call came through: its contexts, the includes that had an extension for it, and the ways between. */
export function highlightOf({ steps }: Trace, { edges }: DialplanGraph): Highlight {
  const contexts = new Set(steps.flatMap(({ context, matchedContext }) => [context, matchedContext]))
  const taken = new Set<string>()
  for (const [index, { context }] of steps.entries()) {
    const before = steps[index - 1]
    if (!before || before.context === context) continue
    // What jumps stands in the context in which it was found.
    taken.add(edgeKey({ from: before.matchedContext, to: context })).add(edgeKey({ from: before.context, to: context }))
  }
  for (const { context, matchedContext } of steps) {
    for (const [from, to] of includePath(edges, context, matchedContext)) {
      contexts.add(from).add(to)
      taken.add(edgeKey({ from, to }))
    }
  }
  return { contexts, edges: new Set(edges.map(edgeKey).filter((key) => taken.has(key))) }
}

/** The shortest way over includes. */
function includePath(edges: DialplanGraph['edges'], from: string, to: string): [string, string][] {
  const cameFrom = new Map<string, string>([[from, from]])
  const open = [from]
  for (let at = 0; at < open.length && !cameFrom.has(to); at++) {
    for (const edge of edges) {
      if (edge.kind !== 'include' || edge.from !== open[at] || cameFrom.has(edge.to)) continue
      cameFrom.set(edge.to, edge.from)
      open.push(edge.to)
    }
  }
  const path: [string, string][] = []
  for (let one = to; one !== from && cameFrom.has(one); one = cameFrom.get(one)!) path.unshift([cameFrom.get(one)!, one])
  return path
}
