import { setTimeout as wait } from 'node:timers/promises'
import { BaseCommand } from '../../../lib/cli/base-command.js'
import { askService, controlFlag } from '../../../lib/cli/control-flag.js'
import { parseDurationMs } from '../../../lib/cli/duration.js'
import { Args, Flags } from '../../../lib/cli/oclif.js'
import { redraw } from '../../../lib/cli/proxy-status-text.js'
import { rowFormats } from '../../../lib/cli/rows.js'
import { type TunnelStatusStyle, tunnelLists, tunnelStatusText } from '../../../lib/cli/tunnel-status-text.js'
import { PbxkitError, UsageError } from '../../../lib/errors.js'
import { readTunnelStatus, type TunnelServerStatus } from '../../../lib/tunnel-server/status.js'

/** Often enough to see a call come and go. */
const defaultWatchMs = 2_000
/** A server with ten thousand tunnels has better things to do than to describe them all. */
const shortestWatchMs = 100

export default class AgiTunnelStatus extends BaseCommand<typeof AgiTunnelStatus> {
  static override summary = 'Show users, tunnels, calls and rates of a running tunnel server.'

  static override description =
    `Asks a running \`agi tunnel serve\` through its control socket, which only its owner and root may use. The original had its log for that.

Prints tables, or one document with --json. --watch looks again every two seconds, or as often as you say: it redraws a terminal, and writes a
line of JSON each time into a pipe.

Exit status: 0, or 69 when the server is not running.`

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --watch 5',
    '<%= config.bin %> <%= command.id %> --what users --format csv',
    '<%= config.bin %> <%= command.id %> --json | jq .counters.logins'
  ]

  static override args = {
    seconds: Args.string({ description: 'with --watch: the time between two looks', ignoreStdin: true })
  }

  static override flags = {
    ...controlFlag,
    what: Flags.option({ options: tunnelLists, description: 'only the rows of this list' })(),
    format: Flags.option({ options: rowFormats, description: 'default: table, with --json json' })(),
    watch: Flags.boolean({ description: 'look again and again' })
  }

  protected override async execute(): Promise<void> {
    const { what, format, watch, json } = this.flags
    if (format === 'csv' && !what)
      throw new UsageError('--format csv needs --what', {
        hint: `CSV holds one list: --what ${tunnelLists.join(', or --what ')}.`
      })
    if (watch) return this.#watch()
    if (this.args.seconds !== undefined)
      throw new UsageError(`"${this.args.seconds}" has no meaning without --watch`, {
        hint: 'Write --watch 5 to look again every 5 seconds.'
      })
    await this.out.write(await tunnelStatusText(await this.#ask(), this.#style(format ?? (json ? 'json' : 'table'))))
  }

  async #watch(): Promise<void> {
    const everyMs = Math.max(shortestWatchMs, parseDurationMs(this.args.seconds ?? String(defaultWatchMs / 1000)))
    const { format: wanted, json } = this.flags
    if (wanted === 'csv') throw new UsageError('--watch writes tables or NDJSON, no CSV')
    const isTable = wanted === 'table' || (wanted === undefined && !json && this.out.isTerminal)
    // The first look must succeed; later ones wait for a server that is being started again.
    let status: TunnelServerStatus | undefined = await this.#ask()
    while (!this.signal.aborted) {
      if (status) {
        const text = await tunnelStatusText(status, this.#style(isTable ? 'table' : 'ndjson'))
        await this.out.write(isTable && this.out.isTerminal ? redraw(text, process.stdout.rows ?? 24) : text)
      }
      await wait(everyMs, undefined, { signal: this.signal })
      status = await this.#askAgain()
    }
  }

  async #askAgain(): Promise<TunnelServerStatus | undefined> {
    try {
      return await this.#ask()
    } catch (error) {
      if (this.signal.aborted || !(error instanceof PbxkitError)) throw error
      this.note(error.message)
      return undefined
    }
  }

  async #ask(): Promise<TunnelServerStatus> {
    const options = { timeoutMs: this.flags.timeout, signal: this.signal }
    return readTunnelStatus(
      await askService({ command: 'agi tunnel', control: this.flags.control }, { method: 'status' }, options)
    )
  }

  #style(format: TunnelStatusStyle['format']): TunnelStatusStyle {
    return { format, what: this.flags.what, width: this.out.width, forTerminal: this.out.isTerminal }
  }
}
