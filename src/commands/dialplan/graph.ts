import { BaseCommand } from '../../lib/cli/base-command.js'
import { defaultFolder } from '../../lib/cli/dialplan-trace-flags.js'
import { Args, Flags } from '../../lib/cli/oclif.js'
import type { DialplanGraph, Highlight } from '../../lib/dialplan/graph/graph.js'
import type { LoadedDialplan } from '../../lib/dialplan/trace/load-scene.js'

export default class DialplanGraphCommand extends BaseCommand<typeof DialplanGraphCommand> {
  static override summary = 'Draw the contexts of a dialplan and the ways between them.'

  static override description =
    `Contexts are boxes; includes, Goto, Gosub and Local channels are arrows. Contexts into which endpoints of PJSIP call are entries; what no call from there can reach is marked, and so
is a context that is named and is not there. Where a variable decides, all contexts that it could be have an arrow with a question mark.
--number and --context show the way of one call.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> ./etc',
    '<%= config.bin %> <%= command.id %> ./etc --format svg --output dialplan.svg',
    '<%= config.bin %> <%= command.id %> --format dot --number 101 --from bob | dot -Tpng > call.png',
    "<%= config.bin %> <%= command.id %> --json | jq '.nodes[] | select(.isReachable | not) | .context'"
  ]

  static override args = {
    dir: Args.string({ description: "the folder of Asterisk's files", required: false, default: defaultFolder })
  }

  static override flags = {
    format: Flags.option({ options: ['mermaid', 'dot', 'svg'] as const, description: 'what is made', default: 'mermaid' })(),
    output: Flags.string({ char: 'o', description: 'write it to this file', helpValue: 'FILE' }),
    entry: Flags.string({ description: 'a context into which calls come, too', helpValue: 'NAME', multiple: true }),
    number: Flags.string({ description: 'show the way of a call to this number', helpValue: 'NUMBER' }),
    context: Flags.string({ char: 'c', description: 'the context that it comes into', helpValue: 'NAME', dependsOn: ['number'] }),
    from: Flags.string({ description: 'the endpoint that calls', helpValue: 'ENDPOINT', dependsOn: ['number'] }),
    dial: Flags.string({
      description: 'what comes of Dial, as with dialplan trace',
      helpValue: 'STATUS',
      multiple: true,
      dependsOn: ['number']
    })
  }

  protected override async execute(): Promise<void> {
    const { ConfigFolder } = await import('../../lib/dialplan/config-folder.js')
    const { loadTraceFiles } = await import('../../lib/dialplan/trace/load-scene.js')
    const { buildGraph } = await import('../../lib/dialplan/graph/build-graph.js')
    const { entryContexts } = await import('../../lib/dialplan/graph/entry-contexts.js')
    const { noteUnfinished } = await import('../../lib/cli/render-journal.js')
    noteUnfinished(this.args.dir, (message) => this.note(message))
    const loaded = loadTraceFiles(new ConfigFolder(this.args.dir))
    const graph = buildGraph(loaded.dialplan, new Set([...entryContexts(loaded.endpoints), ...(this.flags.entry ?? [])]))
    const highlight = this.flags.number === undefined ? undefined : await this.#highlight(loaded, graph, this.flags.number)
    if (this.flags.json) {
      const taken = highlight && { contexts: [...highlight.contexts] }
      return this.out.json({ ...graph, ...(taken && { taken }) })
    }
    for (const { target, file, line } of graph.unknown) this.note(`${file}:${line}: nobody can say which context ${target} is`)
    await this.#write(await this.#render(graph, highlight))
  }

  async #highlight(loaded: LoadedDialplan, graph: DialplanGraph, number: string): Promise<Highlight> {
    const { makeScene } = await import('../../lib/dialplan/trace/load-scene.js')
    const { traceCall } = await import('../../lib/dialplan/trace/trace-call.js')
    const { highlightOf } = await import('../../lib/dialplan/graph/highlight.js')
    const { context, from, dial = [] } = this.flags
    const where = { ...(context !== undefined && { context }), ...(from !== undefined && { from }) }
    return highlightOf(traceCall(makeScene(loaded), { number, dial, ...where }), graph)
  }

  async #render(graph: DialplanGraph, highlight: Highlight | undefined): Promise<string> {
    if (this.flags.format === 'mermaid')
      return (await import('../../lib/dialplan/graph/render-mermaid.js')).renderMermaid(graph, highlight)
    const { renderDot } = await import('../../lib/dialplan/graph/render-dot.js')
    const dot = renderDot(graph, highlight)
    if (this.flags.format === 'dot') return dot
    const { loadDrawer } = await import('../../lib/dialplan/graph/draw-svg.js')
    return (await loadDrawer()).svg(dot)
  }

  async #write(text: string): Promise<void> {
    const { output } = this.flags
    if (output === undefined || output === '-') return this.out.write(text)
    const { writeTextFile } = await import('../../lib/cli/text-source.js')
    writeTextFile(output, text)
  }
}
