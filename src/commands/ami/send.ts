import { isRefusal } from '../../lib/ami/answer.js'
import { encodeBlock, type Field } from '../../lib/ami/encode.js'
import type { AmiClient } from '../../lib/ami-client/client.js'
import { ActionSource, parseField } from '../../lib/cli/action-source.js'
import { AmiCommand } from '../../lib/cli/ami-command.js'
import { AnswerPrinter } from '../../lib/cli/answer-printer.js'
import { blockColors } from '../../lib/cli/block-text.js'
import { Args } from '../../lib/cli/oclif.js'
import { compileSelection } from '../../lib/cli/selection.js'
import { sendFlags } from '../../lib/cli/send-flags.js'
import { ExitStatus, UsageError } from '../../lib/errors.js'

export default class AmiSend extends AmiCommand<typeof AmiSend> {
  static override summary = 'Send actions to Asterisk, or to a proxy, and print the answers.'

  static override description =
    `Takes the place of \`asterisk -rx\`, netcat and client libraries: one action from the command line, or many from stdin (blocks, NDJSON, or one
JSON document). The text of a Command is printed as \`asterisk -rx\` prints it, a list comes as one document with its items. Actions and fields are held against
Asterisk's own documentation before they are sent.

Exit status: 1 when Asterisk answers "Response: Error", 64 or 65 for an action that would not be understood, 69 unreachable, 75 no answer in time, 77 login refused.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> Ping --username admin --secret-file ~/.ami-secret',
    "<%= config.bin %> <%= command.id %> Command -F Command='core show channels'",
    '<%= config.bin %> <%= command.id %> Originate -F Channel=Local/s@demo -F Application=Wait -F Data=1 -F Async=true --wait-for Event=OriginateResponse',
    '<%= config.bin %> <%= command.id %> CoreShowChannels --format csv --columns Channel,Duration',
    "printf 'Action: Ping\\n\\nAction: CoreStatus\\n\\n' | <%= config.bin %> <%= command.id %> --json"
  ]

  static override args = {
    action: Args.string({ description: 'the action; without it, actions are read from stdin', ignoreStdin: true })
  }

  static override flags = sendFlags

  protected override async execute(): Promise<void> {
    const source = new ActionSource({
      validate: !this.flags['no-validate'],
      extra: this.flags.server === undefined || this.flags.all ? [] : [['Server', this.flags.server]],
      note: (message) => this.note(message),
      signal: this.signal
    })
    const typed = await this.#typedAction(source)
    if (!typed && (this.flags['wait-for'] || this.flags.all))
      throw new UsageError('--wait-for and --all take one action, from the command line')
    if (this.flags['dry-run']) {
      for await (const fields of typed ? [typed] : source.from(process.stdin)) await this.out.write(encodeBlock(fields))
      return
    }
    const { AmiClient } = await import('../../lib/ami-client/client.js')
    const client = await AmiClient.open(await this.amiOptions(this.flags['wait-for'] ? 'on' : 'off'))
    this.signal.addEventListener('abort', () => {
      client.close(this.signal.reason)
      process.stdin.destroy()
    })
    try {
      if (typed) await this.#sendOne(client, typed)
      else await this.#sendAll(client, source.from(process.stdin))
    } finally {
      client.close()
    }
  }

  /** The action of the command line, asked for on a terminal; undefined when stdin has the actions. */
  async #typedAction(source: ActionSource): Promise<Field[] | undefined> {
    const fields = (this.flags.field ?? []).map(parseField)
    const typed = this.args.action === '-' ? undefined : this.args.action
    if (typed === undefined && (this.args.action === '-' || !process.stdin.isTTY)) {
      if (fields.length > 0)
        throw new UsageError('-F goes with an action on the command line; actions on stdin have their own fields')
      if (this.flags['secret-file'] === '-') throw new UsageError('stdin cannot hold both the secret and the actions')
      return undefined
    }
    const name = await this.required(typed, { flag: 'The action', question: 'Action:' })
    return source.typed(name, this.mayAsk ? await source.askForMissing(name, fields) : fields)
  }

  async #sendOne(client: AmiClient, fields: Field[]): Promise<void> {
    const printer = await this.#printer(false)
    const options = { timeoutMs: this.flags.timeout }
    if (this.flags.all) return this.#sendToServers(client, fields, printer)
    const wanted = this.flags['wait-for']
    const event = wanted && client.waitForOwn(fields, compileSelection(wanted), { ...options, what: wanted.join(' or ') })
    const answer = await client.send(event?.fields ?? fields, options)
    const refused = isRefusal(answer)
    await this.#show(printer, answer, { event: refused ? undefined : await event?.event })
  }

  async #sendAll(client: AmiClient, actions: AsyncGenerator<Field[]>): Promise<void> {
    const { pipeline } = await import('../../lib/ami-client/pipeline.js')
    const printer = await this.#printer(true)
    const send = (fields: Field[]) => client.sendAny(fields, { timeoutMs: this.flags.timeout })
    for await (const answer of pipeline(actions, { concurrency: this.flags.concurrency, send })) await this.#show(printer, answer)
  }

  async #printer(compact: boolean): Promise<AnswerPrinter> {
    const { columns, json, format = json ? 'json' : 'blocks' } = this.flags
    const colors = await blockColors(this.out.isTerminal)
    return new AnswerPrinter(this.out, { format, columns, colors, compact })
  }

  async #sendToServers(client: AmiClient, fields: readonly Field[], printer: AnswerPrinter): Promise<void> {
    const { sendToAll } = await import('../../lib/ami-client/proxy-servers.js')
    const { answers, failures } = await sendToAll(client, fields, { timeoutMs: this.flags.timeout })
    if (answers.some(({ answer }) => isRefusal(answer))) process.exitCode = ExitStatus.no
    await printer.printAll(answers)
    for (const { server, error } of failures) {
      process.exitCode = error.exit
      this.note(`server ${server}: ${error.message}`)
    }
  }

  async #show(printer: AnswerPrinter, ...[answer, context]: Parameters<AnswerPrinter['print']>): Promise<void> {
    if (isRefusal(answer)) process.exitCode = ExitStatus.no
    await printer.print(answer, context)
  }
}
