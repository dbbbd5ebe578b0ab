import type { Block } from '../../lib/ami/block.js'
import { EventMask } from '../../lib/ami/event-mask.js'
import { blockToJson } from '../../lib/ami/json.js'
import type { AmiClient } from '../../lib/ami-client/client.js'
import { EventQueue } from '../../lib/ami-client/event-queue.js'
import { AmiCommand } from '../../lib/cli/ami-command.js'
import { durationFlag } from '../../lib/cli/base-command.js'
import { blockColors, blockText } from '../../lib/cli/block-text.js'
import { Flags } from '../../lib/cli/oclif.js'
import { compileSelection } from '../../lib/cli/selection.js'

export default class AmiEvents extends AmiCommand<typeof AmiEvents> {
  static override summary = 'Follow events as NDJSON or as coloured blocks.'

  static override description =
    `Takes the place of a telnet session that nobody can read and of a script around a client library. Prints each event as it comes: blocks on a terminal,
NDJSON in a pipe. Comes back by itself when the connection is lost, and says so on stderr.

A filter is Name=glob,Name!=glob: all its terms must hold, and of several filters any.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> --username admin --secret-file ~/.ami-secret',
    "<%= config.bin %> <%= command.id %> --filter 'Event=Hangup,Channel=PJSIP/10*' --json",
    '<%= config.bin %> <%= command.id %> --filter Event=DialEnd --count 1 --duration 30',
    '<%= config.bin %> <%= command.id %> --events call,cdr --format ndjson | jq -r .Event'
  ]

  static override flags = {
    filter: Flags.string({ description: 'only events of this form; repeatable', helpValue: 'FILTER', multiple: true }),
    count: Flags.integer({ description: 'end after so many events', min: 1 }),
    duration: durationFlag({ description: 'end after this time' }),
    events: Flags.string({
      description: 'event classes to ask the server for (call,cdr,…)',
      default: 'on',
      helpValue: 'CLASSES'
    }),
    format: Flags.option({ options: ['blocks', 'ndjson'] as const, description: 'default: blocks on a terminal, else ndjson' })(),
    reconnect: Flags.boolean({ description: 'come back when the connection is lost', default: true, allowNo: true })
  }

  protected override async execute(): Promise<void> {
    const selection = compileSelection(this.flags.filter ?? [])
    const unknown = EventMask.unknownClasses(this.flags.events)
    // A server newer than we are may have it; one that has not says nothing.
    if (unknown.length > 0)
      this.note(`no class of events that we know: ${unknown.join(', ')}. Known are ${EventMask.classNames.join(', ')}`)
    const { AmiClient: Client } = await import('../../lib/ami-client/client.js')
    let client: AmiClient | undefined
    const queue = new EventQueue<Block>((paused) => client?.setPaused(paused))
    client = await Client.open({
      ...(await this.amiOptions(this.flags.events)),
      onEvent: (event) => {
        if (selection((name) => event.getAll(name))) queue.push(event)
      },
      keepAliveMs: 30_000,
      ...(this.flags.reconnect && { reconnect: { initialMs: 500, maxMs: 30_000 } }),
      onDown: ({ message }, retryInMs) =>
        this.note(`${message}${retryInMs === undefined ? '' : `; next try in ${(retryInMs / 1000).toFixed(1)} s`}`),
      onUp: () => this.note('connected again')
    })
    client.closed.then(
      () => queue.end(),
      (error: Error) => queue.end(error)
    )
    const timer = this.flags.duration === undefined ? undefined : setTimeout(() => queue.end(), this.flags.duration)
    this.signal.addEventListener('abort', () => queue.end(this.signal.reason))
    try {
      await this.#print(queue)
    } finally {
      clearTimeout(timer)
      client.close()
    }
  }

  async #print(events: AsyncIterable<Block>): Promise<void> {
    const format = this.flags.format ?? (this.out.isTerminal && !this.flags.json ? 'blocks' : 'ndjson')
    const colors = await blockColors(this.out.isTerminal)
    let printed = 0
    for await (const event of events) {
      if (format === 'ndjson') await this.out.ndjson(blockToJson(event))
      else await this.out.write(blockText(event.headers, colors))
      if (++printed === this.flags.count) return
    }
  }
}
