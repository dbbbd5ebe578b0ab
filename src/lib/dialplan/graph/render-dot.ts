import { type DialplanGraph, type EdgeKind, edgeKey, type GraphNode, type Highlight } from './graph.js'

const styles: Readonly<Record<EdgeKind, string>> = {
  include: 'style=dashed, color="#607d8b"',
  goto: 'color="#1565c0"',
  gosub: 'color="#2e7d32", arrowhead=vee',
  dial: 'color="#6a1b9a", arrowhead=dot'
}

/** The graph in Graphviz's language. */
export function renderDot({ nodes, edges }: DialplanGraph, highlight?: Highlight): string {
  const nodeLines = nodes.map((node) => `  ${quoted(node.context)} [${nodeAttributes(node, highlight)}]`)
  const edgeLines = edges.map((edge) => {
    const isTaken = highlight?.edges.has(edgeKey(edge)) ?? false
    const label = `${edge.kind}${edge.count > 1 ? ` ×${edge.count}` : ''}${edge.isPossible ? ' ?' : ''}`
    return `  ${quoted(edge.from)} -> ${quoted(edge.to)} [label=${quoted(label)}, ${styles[edge.kind]}${isTaken ? ', penwidth=3, color="#d84315"' : ''}]`
  })
  return [
    'digraph dialplan {',
    '  rankdir=LR',
    '  node [shape=box, style="rounded,filled", fillcolor=white, fontname="sans-serif"]',
    '  edge [fontname="sans-serif", fontsize=9]',
    ...nodeLines,
    ...edgeLines,
    '}',
    ''
  ].join('\n')
}

function nodeAttributes(node: GraphNode, highlight: Highlight | undefined): string {
  const isMissing = node.file === undefined
  const remark = isMissing
    ? 'not there'
    : node.isReachable
      ? `${node.extensionCount} extension${node.extensionCount === 1 ? '' : 's'}`
      : 'unreachable'
  const attributes = [`label=${quoted(node.context, remark)}`]
  if (isMissing) attributes.push('color="#c62828"', 'fontcolor="#c62828"', 'style="rounded,dashed"')
  else if (!node.isReachable) attributes.push('color="#9e9e9e"', 'fontcolor="#9e9e9e"', 'style="rounded,dashed"')
  else if (node.isEntry) attributes.push('fillcolor="#e3f2fd"', 'penwidth=2')
  if (highlight?.contexts.has(node.context)) attributes.push('fillcolor="#ffe0b2"', 'style="rounded,filled"')
  return attributes.join(', ')
}

/** Control characters have no place in a name: Graphviz has been seen to fail at one that begins with a line break. Lines of a label are joined after this. */
function quoted(...lines: readonly string[]): string {
  const escaped = lines.map((line) =>
    line
      .replace(/[\x00-\x1f\x7f]/g, '?')
      .replaceAll('\\', '\\\\')
      .replaceAll('"', '\\"')
  )
  return `"${escaped.join('\\n')}"`
}
