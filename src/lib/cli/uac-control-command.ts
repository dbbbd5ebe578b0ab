import type { ControlParams } from '../control/control-protocol.js'
import { ExitStatus, ProtocolError } from '../errors.js'
import { searchAttributes } from '../registrations/registration-row.js'
import { BaseCommand } from './base-command.js'
import { askService, controlFlag } from './control-flag.js'
import { Args, type Command, Flags, type Interfaces } from './oclif.js'
import { type Row, type RowFormat, renderRows, rowFormats } from './rows.js'

/** Which accounts are meant. */
export const selectionArgs = {
  value: Args.string({ description: 'l_uuid of an account; * for any characters', ignoreStdin: true })
}

export const selectionFlags = {
  by: Flags.option({ options: searchAttributes, default: 'l_uuid', description: 'what the value is compared with' })()
}

export const rowFlags = {
  format: Flags.option({ options: rowFormats, description: 'default: table, with --json json' })(),
  columns: Flags.string({
    description: 'these columns, in this order',
    helpValue: 'NAMES',
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ','
  })
}

/** Columns of a table; all others are in JSON and CSV. */
const tableColumns = ['l_uuid', 'r_username', 'r_domain', 'state', 'code', 'reason', 'diff_expires', 'next', 'target', 'rttMs']

/** A command that asks a running `uac register`. */
export abstract class UacControlCommand<T extends typeof Command> extends BaseCommand<T> {
  static override baseFlags = { ...BaseCommand.baseFlags, ...controlFlag }

  /** @param method Kamailio's name without `uac.` */
  protected ask(method: string, params: ControlParams = {}): Promise<unknown> {
    const { control, timeout } = this.flags as { control?: string; timeout: number }
    const options = { timeoutMs: timeout, signal: this.signal }
    return askService({ command: 'uac', control }, { method: `uac.${method}`, params }, options)
  }

  /** The accounts that the command line names. @throws UsageError */
  protected async selection(): Promise<{ attribute: string; value: string }> {
    const { value: given } = this.args as Interfaces.InferredArgs<typeof selectionArgs>
    const { by } = this.flags as unknown as { by: string }
    return { attribute: by, value: await this.required(given, { flag: 'The account', question: `${by}:` }) }
  }

  /** Does something with the accounts that are named, and says with how many. Nobody of that name is the answer "no". */
  protected async act(method: string, done: string): Promise<void> {
    const { count } = (await this.ask(method, await this.selection())) as { count?: unknown }
    if (typeof count !== 'number') throw new ProtocolError('The service did not say how many accounts it found')
    if (this.flags.json) await this.out.json({ count })
    else this.note(`${count} ${count === 1 ? 'account' : 'accounts'} ${done}`)
    if (count === 0) process.exitCode = ExitStatus.no
  }

  protected async showRows(rows: readonly Row[]): Promise<void> {
    const { format, columns } = this.flags as unknown as { format?: RowFormat; columns?: string[] }
    const chosen = format ?? (this.flags.json ? 'json' : 'table')
    const shown = columns ?? (chosen === 'table' ? tableColumns : undefined)
    await this.out.write(
      await renderRows(rows, chosen, { columns: shown, width: this.out.width, forTerminal: this.out.isTerminal })
    )
  }

  /** Pages of `reg_dump` as they come: 100,000 accounts are no one answer. */
  protected async *dump(params: ControlParams = {}): AsyncGenerator<Row[]> {
    for (let offset = 0; ; ) {
      const page = (await this.ask('reg_dump', { ...params, offset })) as { total?: unknown; rows?: unknown }
      if (typeof page.total !== 'number' || !Array.isArray(page.rows)) throw new ProtocolError('The service gave no accounts')
      yield page.rows as Row[]
      offset += page.rows.length
      if (page.rows.length === 0 || offset >= page.total) return
    }
  }
}
