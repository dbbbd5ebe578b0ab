import { type DialplanGraph, type EdgeKind, edgeKey, type GraphNode, type Highlight } from './graph.js'

const arrows: Readonly<Record<EdgeKind, string>> = { include: '-.->', goto: '-->', gosub: '-->', dial: '--o' }

/** The graph as a mermaid flowchart, which code hosts draw inside Markdown. */
export function renderMermaid({ nodes, edges }: DialplanGraph, highlight?: Highlight): string {
  const ids = new Map(nodes.map(({ context }, index) => [context, `c${index}`]))
  const nodeLines = nodes.map((node) => `  ${ids.get(node.context)}${shape(node)}${classOf(node, highlight)}`)
  const edgeLines = edges.map(({ from, to, kind, count, isPossible }) => {
    const label = `${kind}${count > 1 ? ` ×${count}` : ''}${isPossible ? ' ?' : ''}`
    return `  ${ids.get(from)} ${arrows[kind]}|${escaped(label)}| ${ids.get(to)}`
  })
  const taken = edges.flatMap((edge, index) => (highlight?.edges.has(edgeKey(edge)) ? [index] : []))
  return [
    'flowchart LR',
    ...nodeLines,
    ...edgeLines,
    '  classDef entry stroke-width:3px',
    '  classDef unreachable stroke-dasharray:4,color:#9e9e9e,stroke:#9e9e9e',
    '  classDef missing stroke-dasharray:4,color:#c62828,stroke:#c62828',
    '  classDef taken fill:#ffe0b2,stroke:#d84315',
    ...(taken.length > 0 ? [`  linkStyle ${taken.join(',')} stroke:#d84315,stroke-width:3px`] : []),
    ''
  ].join('\n')
}

function shape(node: GraphNode): string {
  const remark = node.file === undefined ? '<br/>not there' : node.isReachable ? '' : '<br/>unreachable'
  const label = `"${escaped(node.context)}${remark}"`
  return node.isEntry ? `([${label}])` : `[${label}]`
}

function classOf(node: GraphNode, highlight: Highlight | undefined): string {
  if (highlight?.contexts.has(node.context)) return ':::taken'
  if (node.file === undefined) return ':::missing'
  if (!node.isReachable) return ':::unreachable'
  return node.isEntry ? ':::entry' : ''
}

/** Mermaid knows `#code;` for what it would read otherwise. */
function escaped(text: string): string {
  return text.replace(/[^\w .:/@+×?-]/gu, (char) => `#${char.codePointAt(0)};`)
}
