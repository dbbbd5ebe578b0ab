import { loadCatalog } from '../../lib/ami/catalog/catalog.js'
import type { Documentation } from '../../lib/ami/catalog/documentation.js'
import type { AmiClient } from '../../lib/ami-client/client.js'
import { ServerCatalog } from '../../lib/ami-shell/server-catalog.js'
import { documentationRow, exampleLine, fieldRows, listColumns, listRows, syntaxOf } from '../../lib/cli/action-list.js'
import { AmiCommand } from '../../lib/cli/ami-command.js'
import { blockColors } from '../../lib/cli/block-text.js'
import { documentationText } from '../../lib/cli/documentation-text.js'
import { Args, Flags } from '../../lib/cli/oclif.js'
import { renderRows, rowFormats } from '../../lib/cli/rows.js'
import { compileSelection } from '../../lib/cli/selection.js'
import { UsageError } from '../../lib/errors.js'
import { suggestion } from '../../lib/nearest.js'

export default class AmiActions extends AmiCommand<typeof AmiActions> {
  static override summary = 'List or explain the actions and events of a server.'

  static override description =
    `Takes the place of \`manager show commands\`, \`manager show command\` and \`manager show events\` on Asterisk's console, and of looking them up
on a web site that is about another release. Lists the actions that the user may send, as the server says it (ListCommands); with a name it shows the fields,
the privilege, the syntax and an example, from the server's own documentation where the user may send Command, else from the bundled one of Asterisk 22.

With --offline, or when no --username is known, nothing is connected to: the bundled catalogue has names and fields, not the sentences.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> --offline',
    '<%= config.bin %> <%= command.id %> Originate --username admin --secret-file ~/.ami-secret',
    "<%= config.bin %> <%= command.id %> --offline --filter 'name=Queue*' --format csv",
    '<%= config.bin %> <%= command.id %> Newchannel --events --offline --json'
  ]

  static override args = { name: Args.string({ description: 'the action, or the event, to explain', ignoreStdin: true }) }

  static override flags = {
    events: Flags.boolean({ description: 'events in place of actions' }),
    offline: Flags.boolean({ description: 'ask no server: the bundled catalogue of Asterisk 22' }),
    filter: Flags.string({ description: 'only rows of this form; repeatable', helpValue: 'FILTER', multiple: true }),
    format: Flags.option({ options: rowFormats, description: 'default: table, with --json json' })()
  }

  protected override async execute(): Promise<void> {
    const selection = compileSelection(this.flags.filter ?? [])
    const { name } = this.args
    if (name !== undefined && this.flags.filter)
      throw new UsageError('--filter is for lists: leave it out, or leave out the name')
    const { catalog, client } = await this.#catalog()
    try {
      if (name !== undefined) return await this.#explain(catalog, name)
      const rows = await listRows(catalog, this.flags.events ? 'event' : 'action', selection)
      const { format } = this
      const columns = format === 'table' ? listColumns(rows) : undefined
      await this.out.write(await renderRows(rows, format, { columns, width: this.out.width, forTerminal: this.out.isTerminal }))
    } finally {
      client?.close()
    }
  }

  private get format() {
    return this.flags.format ?? (this.flags.json ? 'json' : 'table')
  }

  /** Of the server, when there is one to be asked. */
  async #catalog(): Promise<{ catalog: ServerCatalog; client?: AmiClient }> {
    const bundled = await loadCatalog()
    if (!this.flags.offline && this.flags.username === undefined)
      this.note('without --username no server is asked; this is the bundled catalogue of Asterisk 22 (--offline)')
    if (this.flags.offline || this.flags.username === undefined) return { catalog: ServerCatalog.offline(bundled) }
    const { AmiClient: Client } = await import('../../lib/ami-client/client.js')
    const client = await Client.open(await this.amiOptions('off'))
    this.signal.addEventListener('abort', () => client.close(this.signal.reason))
    try {
      const catalog = await ServerCatalog.of(bundled, (fields) => client.send(fields, { timeoutMs: this.flags.timeout }))
      if (!catalog.listed)
        this.note('the server does not say which actions there are; this is the bundled catalogue of Asterisk 22')
      return { catalog, client }
    } catch (error) {
      client.close()
      throw error
    }
  }

  async #explain(catalog: ServerCatalog, name: string): Promise<void> {
    const documentation = await this.#find(catalog, name)
    const { format } = this
    if (format === 'json') return this.out.json(documentationRow(documentation))
    if (format === 'ndjson') return this.out.ndjson(documentationRow(documentation))
    const { width, isTerminal } = this.out
    if (format === 'csv')
      return this.out.write(await renderRows(fieldRows(documentation), format, { width, forTerminal: isTerminal }))
    const lines = documentation.kind === 'action' && { syntax: syntaxOf(documentation), example: exampleLine(documentation) }
    await this.out.write(documentationText(documentation, { width, colors: await blockColors(isTerminal), ...lines }))
  }

  /** What goes by the name: an action, or without one an event. @throws UsageError with the nearest names */
  async #find(catalog: ServerCatalog, name: string): Promise<Documentation> {
    const { events } = this.flags
    const action = events ? undefined : await catalog.describe('action', name)
    if (action && catalog.listed && !catalog.listed.has(name.toLowerCase()))
      this.note(`the server does not list ${action.name}: its module is not loaded there, or the user may not send it`)
    const found = action ?? (await catalog.describe('event', name))
    if (found) return found
    const names = events ? await catalog.eventNames() : [...catalog.actionNames, ...(await catalog.eventNames())]
    const hint = suggestion(name, names) ?? 'Without a name, all are listed.'
    throw new UsageError(`There is no ${events ? 'event' : 'action or event'} "${name}"`, { hint })
  }
}
