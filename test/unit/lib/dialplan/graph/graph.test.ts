// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are Asterisk's variables
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MemoryFiles } from '../../../../../src/lib/asterisk-config/files.js'
import { buildGraph } from '../../../../../src/lib/dialplan/graph/build-graph.js'
import { loadDrawer } from '../../../../../src/lib/dialplan/graph/draw-svg.js'
import { entryContexts } from '../../../../../src/lib/dialplan/graph/entry-contexts.js'
import { findJumps } from '../../../../../src/lib/dialplan/graph/find-jumps.js'
import { highlightOf } from '../../../../../src/lib/dialplan/graph/highlight.js'
import { renderDot } from '../../../../../src/lib/dialplan/graph/render-dot.js'
import { renderMermaid } from '../../../../../src/lib/dialplan/graph/render-mermaid.js'
import { loadTraceFiles, makeScene } from '../../../../../src/lib/dialplan/trace/load-scene.js'
import { traceCall } from '../../../../../src/lib/dialplan/trace/trace-call.js'

const text = `[globals]
SUB = sub-out
[entry]
include => users
exten => _9X.,1,Gosub(\${SUB},s,1(\${EXTEN:1}))
exten => s,1,GotoIf($["\${x}" = "a:b"]?menu,s,1:missing,s,1)
 same => n,Goto(menu,s,1)
 same => n,Goto(\${CONTEXT},s,1)
 same => n,Goto(sub-\${kind},s,1)
 same => n,Goto(\${anything},s,1)
[users]
exten => 101,1,Dial(Local/1@phones/n&SIP/x,20,U(screen^x)g)
[menu]
exten => s,1,Hangup()
[phones]
exten => 1,1,Answer()
[screen]
exten => s,1,Return()
[sub-out]
exten => s,1,Return()
[sub-in]
exten => s,1,Goto(island,s,1)
[island]
exten => s,1,NoOp()
[alone]
exten => s,1,Goto(alone-too,s,1)
[alone-too]
exten => s,1,Goto(alone,s,1)
`

function load(extensions = text) {
  const pjsip = '[bob]\ntype=endpoint\ncontext=entry\nmessage_context=texts\n'
  const loaded = loadTraceFiles(new MemoryFiles({ 'extensions.conf': extensions, 'pjsip.conf': pjsip }))
  return { loaded, graph: buildGraph(loaded.dialplan, entryContexts(loaded.endpoints)) }
}

describe('the jumps of a priority', () => {
  it.each([
    ['Goto', 'a,s,1', ['goto a']],
    ['Goto', 's,1', []],
    ['Gosub', 'a,${CUT(x,-,1)},1(b,c,d)', ['gosub a']],
    ['GotoIf', '${ISNULL(${x})}?a,s,1:b,s,1', ['goto a', 'goto b']],
    ['GotoIfTime', '9:00-17:00,mon-fri,*,*?a,s,1', ['goto a']],
    ['GosubIf', '$[1]?a,s,1(x:y):b,s,1', ['gosub a', 'gosub b']],
    ['ExecIf', '$[1]?Goto(a,s,1):Gosub(b,s,1)', ['goto a', 'gosub b']],
    ['TryExec', 'Gosub(a,s,1(x))', ['gosub a']],
    ['Dial', 'Local/1@a&Local/2@b/n&PJSIP/c@d,,G(e^s^1)b(f^s^1(x))', ['dial a', 'dial b', 'gosub f', 'goto e']],
    ['Background', 'x,,,a', ['goto a']],
    ['Set', 'CHANNEL(hangup_handler_push)=a,s,1', ['gosub a']],
    ['NoOp', 'Goto(a,s,1)', []]
  ])('%s(%s)', (application, data, expected) => {
    expect(findJumps(application, data).map(({ kind, context }) => `${kind} ${context}`)).toEqual(expected)
  })
})

describe('the graph of a dialplan', () => {
  const { graph, loaded } = load()

  it('has each way from context to context once, with its kind', () => {
    const ways = graph.edges.map(
      ({ from, kind, to, count, isPossible }) => `${from} ${kind} ${to}${count > 1 ? ` x${count}` : ''}${isPossible ? ' ?' : ''}`
    )
    expect(ways).toEqual([
      'entry include users',
      'entry goto menu x2',
      'entry goto missing',
      'entry goto sub-out ?',
      'entry goto sub-in ?',
      'entry gosub sub-out',
      'users dial phones',
      'users gosub screen',
      'sub-in goto island',
      'alone goto alone-too',
      'alone-too goto alone'
    ])
    expect(graph.unknown).toMatchObject([{ from: 'entry', target: '${anything}', line: 10 }])
  })

  it('knows what no endpoint can reach, and what is not there', () => {
    const named = (is: (node: (typeof graph.nodes)[number]) => boolean) => graph.nodes.filter(is).map(({ context }) => context)
    expect(named(({ isReachable }) => !isReachable)).toEqual(['alone', 'alone-too'])
    expect(named(({ file }) => file === undefined)).toEqual(['missing'])
    expect(named(({ isEntry }) => isEntry)).toEqual(['entry'])
  })

  it('shows the way of a call', () => {
    const trace = traceCall(makeScene(loaded), { number: '101', from: 'bob', dial: ['BUSY'] })
    const highlight = highlightOf(trace, graph)
    expect([...highlight.contexts]).toEqual(['entry', 'users', 'phones'])
    expect([...highlight.edges]).toEqual(['entry\nusers', 'users\nphones'])
    expect(renderMermaid(graph, highlight)).toContain('linkStyle 0,6 ')
    expect(renderDot(graph, highlight)).toMatch(/"entry" -> "users" \[label="include".*penwidth=3/)
  })

  it('is drawn, with all that stands in names', async () => {
    const drawer = await loadDrawer()
    const svg = await drawer.svg(renderDot(graph))
    for (const one of ['entry', 'alone&#45;too', 'unreachable', 'not there', 'gosub']) expect(svg).toContain(one)
    const odd = load('[a"b\\c<d>&]\nexten => s,1,Goto(x"]; y -> z,s,1)\n').graph
    expect(await drawer.svg(renderDot(odd))).toContain('a&quot;b\\c&lt;d&gt;&amp;')
    expect(renderMermaid(odd)).toContain('a#34;b#92;c#60;d#62;#38;')
  })

  it('is drawn whatever the names are', async () => {
    const drawer = await loadDrawer()
    const name = fc.string({ minLength: 1, maxLength: 20, unit: 'binary' })
    await fc.assert(
      fc.asyncProperty(fc.array(name, { minLength: 1, maxLength: 20 }), async (names) => {
        const nodes = names.map((context) => ({
          context,
          file: 'f',
          line: 1,
          extensionCount: 1,
          isEntry: false,
          isReachable: true
        }))
        expect(await drawer.svg(renderDot({ nodes, edges: [], unknown: [] }))).toContain('<svg')
      }),
      { numRuns: 15 }
    )
  })

  it('says so when Graphviz cannot', async () => {
    const drawer = await loadDrawer()
    await expect(drawer.svg('digraph { a -> ')).rejects.toThrow('Graphviz cannot draw this: syntax error')
  })
})
