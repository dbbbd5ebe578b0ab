import type { Counter, Gauge, Metric } from 'prom-client'
import type { HistogramCounts } from './histogram-counts.js'

/** What an HTTP answer with these metrics says it is. */
export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8'

export interface MetricValue {
  labels?: Record<string, string>
  value: number
}

/** A counter or gauge whose values are read where they are when somebody scrapes. */
export interface MetricDefinition<Source> {
  type: 'counter' | 'gauge'
  name: string
  help: string
  labels?: readonly string[]
  read: (source: Source) => Iterable<MetricValue>
}

export interface HistogramDefinition<Source> {
  name: string
  help: string
  read: (source: Source) => Iterable<{ labels?: Record<string, string>; counts: HistogramCounts }>
}

/** What every service tells of its process. */
export const processMetrics: readonly MetricDefinition<unknown>[] = [
  {
    type: 'gauge',
    name: 'resident_memory_bytes',
    help: 'Memory of the process.',
    read: () => [{ value: process.memoryUsage.rss() }]
  },
  {
    type: 'counter',
    name: 'cpu_seconds_total',
    help: 'CPU time of the process, user and system.',
    read: () => {
      const { user, system } = process.cpuUsage()
      return [{ value: (user + system) / 1_000_000 }]
    }
  }
]

/**
 * Makes the metrics in a registry of their own: prom-client's global one belongs to whoever embeds us. prom-client is loaded here, so this is
 * for the first scrape.
 * @param prefix of every name, as in `pbxkit_tunnel_`
 * @returns gives the text that Prometheus reads, of the source as it is then
 */
export async function createMetricsRenderer<Source>(
  prefix: string,
  metrics: readonly MetricDefinition<Source>[],
  histograms: readonly HistogramDefinition<Source>[] = []
): Promise<(source: Source) => Promise<string>> {
  const { Counter, Gauge, Registry } = await import('prom-client')
  const registry = new Registry()
  let scraped: Source | undefined
  for (const { type, name, help, labels = [], read } of metrics) {
    const configuration = {
      name: `${prefix}${name}`,
      help,
      labelNames: [...labels],
      registers: [registry],
      collect(this: Counter | Gauge) {
        this.reset()
        // Without labels a reset leaves a zero: of what is not known there is no value.
        if (labels.length === 0) this.remove()
        for (const { labels, value } of read(scraped!))
          if (labels) this.inc(labels, value)
          else this.inc(value)
      }
    }
    if (type === 'counter') new Counter(configuration)
    else new Gauge(configuration)
  }
  for (const { name, help, read } of histograms)
    registry.registerMetric(histogramMetric(`${prefix}${name}`, help, () => read(scraped!)) as unknown as Metric)
  return (source) => {
    scraped = source
    // The collectors run before this returns: a second scrape at the same time does not mix with this one.
    return registry.metrics()
  }
}

/** prom-client's own histogram cannot be set from counts, only be fed value by value: this gives the registry what that one would. */
function histogramMetric(name: string, help: string, read: () => ReturnType<HistogramDefinition<never>['read']>): object {
  const get = async () => {
    const values: object[] = []
    for (const { labels = {}, counts } of read()) {
      let below = 0
      for (const [at, le] of counts.ends.entries()) {
        below += counts.buckets[at]!
        values.push({ metricName: `${name}_bucket`, labels: { ...labels, le }, value: below })
      }
      values.push({ metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: counts.count })
      values.push({ metricName: `${name}_sum`, labels, value: counts.sum })
      values.push({ metricName: `${name}_count`, labels, value: counts.count })
    }
    return { name, help, type: 'histogram', values, aggregator: 'sum' }
  }
  return { name, help, type: 'histogram', get }
}
