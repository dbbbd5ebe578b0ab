import { setTimeout as wait } from 'node:timers/promises'
import { ExitStatus, PbxkitError, UsageError } from '../errors.js'
import { PluginStatus, parseThresholds, pluginResult, pluginText, prometheusText } from '../monitoring/threshold.js'
import { describeAddress, type Sensor } from '../sensors/sensor.js'
import type { Command as ManagerRequestCommand } from '../voipmonitor/command.js'
import type { ListRow } from '../voipmonitor/list-row.js'
import { Columns } from '../voipmonitor/list-row.js'
import type { MetricCounter, MetricDefinition } from '../voipmonitor-client/list-metrics.js'
import { ListQuery, type SensorRow } from '../voipmonitor-client/list-query.js'
import { allColumns, type ColumnSet, findColumns, type ListColumn } from './list-columns.js'
import type { ListFlagValues } from './list-flags.js'
import { changeObjects, ListWatch, watchTable } from './list-watch.js'
import { ManagerCommand } from './manager-command.js'
import type { Command } from './oclif.js'
import { redraw } from './proxy-status-text.js'
import { parseOrder, rowCondition } from './row-condition.js'
import { createRowWriter, type RowWriter } from './row-writer.js'
import { errorObject, reportSensorFailures } from './sensor-answers.js'

/** A kind of list, and what is to be known of it. */
export interface ListKind {
  /** The rows' name: in JSON documents, in sentences. */
  readonly name: 'calls' | 'registrations'
  readonly columns: ColumnSet
  readonly metrics: readonly MetricDefinition[]
  readonly counter: () => MetricCounter
  /** The order in which the sniffer sends unless it is asked for another. */
  readonly usualOrder: { readonly column: string; readonly direction: 'asc' | 'desc' }
  /** The limit that gives the total and as little else as can be. */
  readonly countLimit: 0 | 1
  /** What makes it the same one at two looks. */
  readonly keyOf: (row: SensorRow) => string
}

/** What the sniffer is to be asked, as far as all lists share it. */
export interface ListRequest {
  limit?: number | undefined
  sortField?: string | undefined
  sortDirection?: 'asc' | 'desc' | undefined
  zip?: boolean | undefined
  filter?: string | undefined
}

/** A sniffer walks through all of its calls for each look. */
const shortestWatchMs = 100

/** A command that shows rows of one or more sniffers. */
export abstract class ManagerListCommand<T extends typeof Command> extends ManagerCommand<T> {
  protected abstract readonly kind: ListKind
  /** The command to send. @throws CommandParametersError */
  protected abstract requestOf(request: ListRequest): ManagerRequestCommand
  /** Conditions that only we know. */
  protected where(): ((row: ListRow) => boolean) | undefined {
    return undefined
  }

  get #flags(): ListFlagValues {
    return this.flags as unknown as ListFlagValues
  }

  protected override async execute(): Promise<void> {
    const { watch, warn, crit, count, format, columns } = this.#flags
    // Faults of the command line come out before anybody is asked.
    if (columns) findColumns(this.kind.columns, columns)
    const thresholds = { warn: this.#thresholds(warn), critical: this.#thresholds(crit) }
    const isPlugin = thresholds.warn.length + thresholds.critical.length > 0
    if (isPlugin && format !== undefined) throw new UsageError('--warn and --crit print a line of their own: leave --format out')
    if (watch !== undefined && (format === 'csv' || format === 'prometheus'))
      throw new UsageError(`--watch writes tables or NDJSON, no ${format}`)
    const sensors = await this.sensors()
    const query = () => this.#query(sensors)
    query()
    if (watch !== undefined) return this.#watch(query, Math.max(shortestWatchMs, watch))
    if (isPlugin || format === 'prometheus') return this.#judge(query(), thresholds, isPlugin)
    return count ? this.#count(query()) : this.#print(query())
  }

  /** A plugin says everything in its own line, and with its own four statuses. */
  override async catch(error: Error): Promise<void> {
    const { warn, crit } = (this.flags ?? {}) as Partial<ListFlagValues>
    const typed = this.argv.some((word) => /^--(warn|crit)(=|$)/.test(word))
    if (this.signal.aborted || !(warn || crit || typed)) return super.catch(error)
    const isDown =
      error instanceof PbxkitError && ([ExitStatus.unreachable, ExitStatus.tryAgain] as number[]).includes(error.exit)
    process.exitCode = isDown ? PluginStatus.critical : PluginStatus.unknown
    await this.out.line(`${this.kind.name.toUpperCase()} ${isDown ? 'CRITICAL' : 'UNKNOWN'} - ${pluginText(error.message)}`)
  }

  #thresholds(texts: readonly string[] | undefined) {
    return parseThresholds(texts ?? [], this.kind.metrics)
  }

  #query(sensors: readonly Sensor[]): ListQuery {
    const { limit, sort, zip, filter = [], count } = this.#flags
    const order = sort === undefined ? undefined : parseOrder(sort)
    const json = filter.filter((text) => /^\s*[[{]/.test(text))
    const globs = filter.filter((text) => !/^\s*[[{]/.test(text))
    if (json.length > 1 || (json.length > 0 && globs.length > 0)) throw new UsageError('A filter in JSON stands alone')
    const where = rowCondition(globs, this.kind.columns, this.where())
    const command = this.requestOf({
      limit: count && !where ? this.kind.countLimit : where ? undefined : limit,
      sortField: order?.column,
      sortDirection: order?.direction,
      zip: zip === 'yes' || (zip === 'auto' && !count && (limit ?? 1000) > 20 && sensors.some(isFar)),
      filter: json[0]
    })
    return new ListQuery({
      sensors,
      command,
      order: mergeOrder(order ?? this.kind.usualOrder),
      where,
      limit,
      exchange: this.exchangeOptions()
    })
  }

  #columnsFor(isTable: boolean): (row: SensorRow | undefined) => readonly ListColumn[] {
    const { columns, wide } = this.#flags
    const set = this.kind.columns
    if (columns) return () => findColumns(set, columns)
    if (isTable) return () => findColumns(set, wide ? set.wide : set.usual)
    return (row) => allColumns((row?.row.columns ?? new Columns(set.wire)).names)
  }

  async #print(query: ListQuery): Promise<void> {
    const { format: wanted, json } = this.#flags
    const format = (wanted ?? (json ? 'json' : 'table')) as Exclude<typeof wanted, undefined | 'prometheus'>
    const writer = createRowWriter({
      format,
      columns: this.#columnsFor(format === 'table'),
      listName: this.kind.name,
      out: this.out
    })
    for await (const rows of query.rows()) await writer.write(rows)
    await this.#finish(query, writer)
  }

  async #finish(query: ListQuery, writer: RowWriter): Promise<void> {
    const { quiet } = this.#flags
    if (query.outcomes.length === 1 && !writer.hasBegun) reportSensorFailures(query.outcomes)
    await writer.end({ total: totalOf(query), sensors: summaryOf(query) })
    if (query.outcomes.length > 1 || this.out.isTerminal) {
      for (const { sensor, total, rows, error } of query.outcomes) {
        if (!error) this.note(`${sensor.name}: ${rows === total ? rows : `${rows} of ${total ?? 'more'}`} ${this.kind.name}`)
      }
    }
    reportSensorFailures(query.outcomes, { quiet, partly: true })
  }

  async #count(query: ListQuery): Promise<void> {
    const { json, format } = this.#flags
    for await (const _ of query.rows());
    if (query.outcomes.length === 1) reportSensorFailures(query.outcomes)
    if (json || format === 'json') await this.out.json({ total: totalOf(query), sensors: summaryOf(query) })
    else await this.out.line(String(totalOf(query)))
    if (query.outcomes.length > 1)
      for (const { sensor, total } of query.outcomes) if (total !== undefined) this.note(`${sensor.name}: ${total}`)
    reportSensorFailures(query.outcomes, { quiet: this.#flags.quiet })
  }

  async #judge(
    query: ListQuery,
    thresholds: Pick<Parameters<typeof pluginResult>[0], 'warn' | 'critical'>,
    isPlugin: boolean
  ): Promise<void> {
    const { metrics, counter, name } = this.kind
    const all = counter()
    const each = new Map(query.outcomes.map(({ sensor }) => [sensor, counter()]))
    for await (const rows of query.rows()) {
      for (const row of rows) {
        all.add(row)
        each.get(row.sensor)!.add(row)
      }
    }
    if (!isPlugin) {
      const sensors = query.outcomes.map(({ sensor, error }) => ({
        sensor: sensor.name,
        values: error ? undefined : each.get(sensor)!.values()
      }))
      await this.out.write(prometheusText(`voipmonitor_${name}`, metrics, sensors))
      return reportSensorFailures(query.outcomes, { quiet: this.#flags.quiet, partly: true })
    }
    if (query.outcomes.length === 1) reportSensorFailures(query.outcomes)
    const failures = query.failures.map(({ sensor, error }) => `${sensor.name}: ${error.message}`)
    const { status, line } = pluginResult({ title: name.toUpperCase(), metrics, values: all.values(), failures, ...thresholds })
    await this.out.line(line)
    process.exitCode = status
  }

  async #watch(query: () => ListQuery, everyMs: number): Promise<void> {
    const { format, json } = this.#flags
    const isTable = format === 'table' || (format === undefined && !json && this.out.isTerminal)
    const columns = this.#columnsFor(isTable)(undefined)
    const list = new ListWatch({ columns, keyOf: this.kind.keyOf, hasCells: isTable })
    for (let round = 0; !this.signal.aborted; round++) {
      const look = query()
      const changes = await list.look(look)
      // The first look must succeed somewhere; later ones wait for a sniffer that is being started again.
      if (round === 0 && look.failures.length === look.outcomes.length) throw look.failures[0]!.error
      if (isTable) {
        const failures = look.failures.map(({ sensor, error }) => `${sensor.name}: ${error.message}`)
        const text = watchTable(changes, { columns, width: this.out.width, what: this.kind.name, failures })
        await this.out.write(this.out.isTerminal ? redraw(text, process.stdout.rows || 24) : text)
      } else {
        for (const change of changeObjects(changes, new Date())) await this.out.ndjson(change)
      }
      await wait(everyMs, undefined, { signal: this.signal })
    }
  }
}

/** The text of a date is in the zone of its sniffer: between sniffers only the number beside it can be compared. */
function mergeOrder({ column, direction }: ListKind['usualOrder']): ListKind['usualOrder'] {
  return { column: column === 'calldate' ? 'calldate_num' : column, direction }
}

/** What crosses a network is worth compressing; on this machine it takes as long either way. */
function isFar({ address }: Sensor): boolean {
  if (address.kind === 'tcp') return !/^(127\.|localhost$|::1$)/.test(address.host)
  return address.kind === 'ssh'
}

function totalOf({ outcomes }: ListQuery): number {
  return outcomes.reduce((sum, { total }) => sum + (total ?? 0), 0)
}

function summaryOf({ outcomes }: ListQuery): Record<string, unknown>[] {
  return outcomes.map(({ sensor, total, rows, error }) => ({
    name: sensor.name,
    address: describeAddress(sensor.address),
    total: total ?? null,
    rows,
    ...(error && { error: errorObject(error) })
  }))
}
