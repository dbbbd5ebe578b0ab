import type { Dialplan, Priority } from '../dialplan.js'
import { findJumps } from './find-jumps.js'
import { type DialplanGraph, type EdgeKind, edgeKey, type GraphEdge, type GraphNode, type UnknownJump } from './graph.js'

/**
 * The contexts of a dialplan and how calls get from one to another.
 * @param entries contexts into which calls come; without any that is there, those that nothing leads to
 */
export function buildGraph(dialplan: Dialplan, entries: ReadonlySet<string>): DialplanGraph {
  const edges = new Map<string, GraphEdge>()
  const unknown: UnknownJump[] = []
  const add = (
    from: string,
    to: string,
    kind: EdgeKind,
    isPossible: boolean,
    { file, line }: Pick<Priority, 'file' | 'line'>
  ) => {
    // A jump within a context is none of this picture's.
    if (from === to) return
    const key = `${kind} ${edgeKey({ from, to })}`
    const earlier = edges.get(key)
    edges.set(
      key,
      earlier
        ? { ...earlier, count: earlier.count + 1, isPossible: earlier.isPossible && isPossible }
        : { from, to, kind, isPossible, file, line, count: 1 }
    )
  }
  for (const { name, includes, extensions } of dialplan.contexts.values()) {
    for (const include of includes) add(name, include.context, 'include', false, include)
    for (const priority of extensions.flatMap(({ priorities }) => priorities)) {
      for (const { kind, context } of findJumps(priority.application, priority.data)) {
        const targets = contextsOf(dialplan, name, context)
        if (targets.names.length === 0) unknown.push({ from: name, target: context, file: priority.file, line: priority.line })
        for (const target of targets.names) add(name, target, kind, targets.isPossible, priority)
      }
    }
  }
  const all = [...edges.values()]
  return { nodes: nodesOf(dialplan, all, entries), edges: all, unknown }
}

/** A name with variables may be any context that fits around them; nothing but a variable may be all, and is told as unknown. */
function contextsOf(dialplan: Dialplan, own: string, written: string): { names: string[]; isPossible: boolean } {
  const name = written.replaceAll(/\$\{CONTEXT\}/g, () => own)
  if (!/\$[{[]/.test(name)) return { names: [name], isPossible: false }
  const fixed = withoutVariables(name, dialplan)
  if (!fixed.includes('\0')) return { names: [fixed], isPossible: false }
  if (fixed.replaceAll('\0', '') === '') return { names: [], isPossible: true }
  const parts = fixed.split(/\0+/)
  return { names: [...dialplan.contexts.keys()].filter((one) => fits(one, parts)), isPossible: true }
}

/** Begins with the first part, ends with the last, and has the others between in this order. */
function fits(name: string, parts: readonly string[]): boolean {
  const [first, last] = [parts[0]!, parts.at(-1)!]
  if (!name.startsWith(first) || !name.endsWith(last)) return false
  let at = first.length
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return at <= name.length - last.length
}

/** Global variables put in; a NUL for each other one. */
function withoutVariables(text: string, { globals }: Dialplan): string {
  let done = ''
  for (let at = 0; at < text.length; ) {
    if (text[at] !== '$' || !/[{[]/.test(text[at + 1] ?? '')) {
      done += text[at++]
      continue
    }
    const [open, close] = text[at + 1] === '{' ? '{}' : '[]'
    let depth = 0
    let end = at + 1
    for (; end < text.length; end++) {
      if (text[end] === open) depth++
      else if (text[end] === close && --depth === 0) break
    }
    const name = text.slice(at + 2, end).replace(/^GLOBAL\((\w+)\)$/, '$1')
    done += globals.get(name) ?? '\0'
    at = end + 1
  }
  return done
}

function nodesOf(dialplan: Dialplan, edges: readonly GraphEdge[], entries: ReadonlySet<string>): GraphNode[] {
  const names = new Set([...dialplan.contexts.keys(), ...edges.map(({ to }) => to)])
  const known = [...entries].filter((name) => dialplan.contexts.has(name))
  const targets = new Set(edges.map(({ to }) => to))
  const starts = new Set(known.length > 0 ? known : [...names].filter((name) => !targets.has(name)))
  const reached = reachedFrom(starts, edges)
  return [...names].map((context) => {
    const found = dialplan.contexts.get(context)
    return {
      context,
      file: found?.file,
      line: found?.line,
      extensionCount: found?.extensions.length ?? 0,
      isEntry: starts.has(context),
      isReachable: reached.has(context)
    }
  })
}

function reachedFrom(starts: ReadonlySet<string>, edges: readonly GraphEdge[]): Set<string> {
  const next = new Map<string, string[]>()
  for (const { from, to } of edges) next.set(from, [...(next.get(from) ?? []), to])
  const reached = new Set(starts)
  const open = [...starts]
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    for (const to of next.get(one) ?? []) {
      if (reached.has(to)) continue
      reached.add(to)
      open.push(to)
    }
  }
  return reached
}
