import { UsageError } from '../errors.js'
import { suggestion } from '../nearest.js'
import type { MetricDefinition, MetricValues } from '../voipmonitor-client/list-metrics.js'

/** A bound on one metric. */
export interface Threshold {
  readonly metric: MetricDefinition
  readonly compare: '<' | '<=' | '>' | '>='
  readonly value: number
}

/** What a plugin of Nagios ends with (Monitoring Plugins Development Guidelines, "Plugin Return Codes"). */
export const PluginStatus = { ok: 0, warning: 1, critical: 2, unknown: 3 } as const
export type PluginStatus = (typeof PluginStatus)[keyof typeof PluginStatus]

/**
 * Reads `calls=200`, `mos<3.5`, `loss>=1`, several with commas between. With `=` the value itself is the first bad one: of what gets worse as it grows
 * `calls=200` is at least 200, of MOS `mos=3.5` is at most 3.5.
 * @throws UsageError
 */
export function parseThresholds(texts: readonly string[], metrics: readonly MetricDefinition[]): Threshold[] {
  return texts
    .flatMap((text) => text.split(','))
    .map((text) => {
      const match = /^\s*([a-z]+)\s*(<=|>=|<|>|=)\s*(\d+(?:\.\d+)?)\s*$/i.exec(text)
      const names = metrics.map(({ name }) => name)
      if (!match) {
        throw new UsageError(`"${text}" is not a threshold`, {
          hint: `Write METRIC=NUMBER, METRIC<NUMBER or METRIC>NUMBER, with ${names.join(', ')}.`
        })
      }
      const [, name, sign, value] = match as unknown as [string, string, Threshold['compare'] | '=', string]
      const metric = metrics.find((one) => one.name === name.toLowerCase())
      if (!metric) {
        throw new UsageError(`There is no metric "${name}"`, {
          hint: suggestion(name, names) ?? `There are ${names.join(', ')}.`
        })
      }
      return { metric, compare: sign === '=' ? (metric.worse === 'more' ? '>=' : '<=') : sign, value: Number(value) }
    })
}

/** Is it crossed? A metric without a value (the MOS of no calls) crosses nothing. */
export function isCrossed({ metric, compare, value }: Threshold, values: MetricValues): boolean {
  const have = values[metric.name]
  if (have === null || have === undefined) return false
  if (compare === '<') return have < value
  if (compare === '<=') return have <= value
  return compare === '>' ? have > value : have >= value
}

export interface PluginReport {
  /** The first word of the line. */
  readonly title: string
  readonly metrics: readonly MetricDefinition[]
  readonly values: MetricValues
  readonly warn: readonly Threshold[]
  readonly critical: readonly Threshold[]
  /** What could not be asked: critical by itself. */
  readonly failures: readonly string[]
}

/** The line of a Nagios plugin with its performance data, and the status to end with. */
export function pluginResult(report: PluginReport): { status: PluginStatus; line: string } {
  const { title, metrics, values, warn, critical, failures } = report
  const reasons = (thresholds: readonly Threshold[]) =>
    thresholds
      .filter((one) => isCrossed(one, values))
      .map((one) => `${one.metric.name} is ${number(values[one.metric.name]!)} (${one.compare} ${one.value})`)
  const bad = [...failures, ...reasons(critical)]
  const worrying = reasons(warn)
  const status = bad.length > 0 ? PluginStatus.critical : worrying.length > 0 ? PluginStatus.warning : PluginStatus.ok
  const word = ['OK', 'WARNING', 'CRITICAL'][status]
  const first = metrics[0]!
  const said = [...bad, ...worrying]
  const text = said.length > 0 ? said.join(', ') : `${values[first.name]} ${first.name}`
  const data = metrics.map((metric) => performanceData(metric, values[metric.name] ?? null, report)).join(' ')
  return { status, line: `${title} ${word} - ${pluginText(text)} | ${data}` }
}

/** Text for a plugin's line: a bar would begin the performance data, a line end the long output, and an escape sequence obeys nobody here. */
export function pluginText(text: string): string {
  return text.replaceAll('|', '/').replace(/[\s\0-\x1f\x7f-\x9f]+/g, ' ')
}

const number = (value: number) => String(Math.round(value * 1000) / 1000)

/** `'label'=value[UOM];warn;crit`: a range is where all is well; `U` is no value. */
function performanceData(metric: MetricDefinition, value: number | null, { warn, critical }: PluginReport): string {
  const range = (thresholds: readonly Threshold[]) => {
    const one = thresholds.find((threshold) => threshold.metric === metric)
    if (!one) return ''
    return one.compare.startsWith('<') ? `${one.value}:` : String(one.value)
  }
  const have = value === null ? 'U' : `${number(value)}${metric.unit ?? ''}`
  return `${metric.name}=${have};${range(warn)};${range(critical)}`.replace(/;*$/, '')
}

/** What is known of one sensor: without values it did not answer. */
export interface SensorValues {
  readonly sensor: string
  readonly values?: MetricValues | undefined
}

/**
 * The text format of Prometheus: one gauge for each metric, one series for each sensor. The first metric is the count, and has the prefix for its name.
 */
export function prometheusText(prefix: string, metrics: readonly MetricDefinition[], sensors: readonly SensorValues[]): string {
  const label = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
  const gauge = (name: string, help: string, read: (one: SensorValues) => number | null | undefined) => {
    const series = sensors.flatMap((one) => {
      const value = read(one)
      return value === null || value === undefined ? [] : [`${name}{sensor="${label(one.sensor)}"} ${value}\n`]
    })
    return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${series.join('')}`
  }
  return [
    gauge(`${prefix}_sniffer_up`, 'Did the sniffer answer?', ({ values }) => (values ? 1 : 0)),
    ...metrics.map(({ name, help, unit }, at) =>
      gauge(
        `${prefix}${at === 0 ? '' : `_${name}`}${unitSuffix(unit)}`,
        `${help[0]!.toUpperCase()}${help.slice(1)}.`,
        ({ values }) => values?.[name]
      )
    )
  ].join('')
}

function unitSuffix(unit: MetricDefinition['unit']): string {
  return unit === undefined ? '' : { '%': '_percent', ms: '_milliseconds', s: '_seconds' }[unit]
}
