import { alone } from '../proxy/rows.js'
import type { Product } from '../support/product.js'
import { type BenchOptions, compare, type Limit, type Measurement, type Pair } from '../support/suite.js'
import { type PathName, Paths, pathNames } from './paths.js'

/** Fewer rounds say little about microseconds on a shared machine. */
const leastRounds = 7
const parallel = 16
/**
 * A tunnel runs for weeks: what is measured is code that is warm, on every path. V8 compiles on for some ten thousand commands, and at the first thousand one costs
 * three times as much.
 */
const warmUp = { commands: 12_000, calls: 6_000 }
const againstName = 'ssh -R'
const ways = ['plain', 'tls'] as const
type Way = (typeof ways)[number]
const wayNames: Readonly<Record<Way, string>> = { plain: 'in clear', tls: 'in TLS' }

/** Runs all paths one after the other, again and again, each time beginning with another. */
async function rounds<T>(
  { pairs, quick, progress }: BenchOptions,
  what: string,
  names: readonly PathName[],
  run: (name: PathName) => Promise<T>
): Promise<Record<PathName, T>[]> {
  const count = quick ? pairs : Math.max(pairs, leastRounds)
  const done: Record<PathName, T>[] = []
  for (let round = 0; round < count; round++) {
    progress(`${what}: round ${round + 1} of ${count}`)
    const results: Partial<Record<PathName, T>> = {}
    for (let at = 0; at < names.length; at++) {
      const name = names[(round + at) % names.length]!
      results[name] = await run(name)
    }
    done.push(results as Record<PathName, T>)
  }
  return done
}

function pairsOf<T>(done: readonly Record<PathName, T>[], way: Way): Pair<T>[] {
  return done.map((results) => ({ ours: results[way], against: results.ssh }))
}

/** What a command takes longer than without anything in between. */
export async function measureCommands(options: BenchOptions, product: Product): Promise<Measurement[]> {
  const commands = options.quick ? 300 : 2_000
  const paths = await Paths.start(product)
  try {
    if (!options.quick) for (const name of pathNames) await paths.measure(name, `ask-${warmUp.commands}`)
    const done = await rounds(
      options,
      'one command after the other',
      pathNames,
      async (name) => (await paths.measure<{ meanUs: number }>(name, `ask-${commands}`)).meanUs
    )
    const added = done.map(({ direct, ...others }) => {
      const entries = Object.entries(others).map(([name, us]) => [name, us - direct])
      return { direct, ...Object.fromEntries(entries) } as Record<PathName, number>
    })
    const limits: Readonly<Record<Way, Limit>> = { plain: { atMost: 1.1 }, tls: { atMost: 1.6 } }
    return [
      alone(
        'a command, directly',
        done.map(({ direct }) => direct),
        { format: microseconds, limit: undefined }
      ),
      ...ways.map((way) =>
        compare({
          what: `a command, added mean, ${wayNames[way]}`,
          pairs: pairsOf(added, way),
          ...{ value: (us: number) => us, format: microseconds, againstName, limit: limits[way] }
        })
      )
    ]
  } finally {
    await paths.stop()
  }
}

/** Short calls, so many at a time: the calls in a second, and what one costs on both ends together. */
export async function measureCalls(options: BenchOptions, product: Product): Promise<Measurement[]> {
  const calls = options.quick ? 500 : 3_000
  const paths = await Paths.start(product)
  try {
    const order = { calls, parallel, act: 'short' }
    for (const name of pathNames) await paths.call(name, { ...order, calls: options.quick ? 500 : warmUp.calls })
    const done = await rounds(options, `calls, ${parallel} at a time`, ['ssh', 'plain', 'tls'], (name) => paths.call(name, order))
    const limits: Readonly<Record<Way, Limit>> = { plain: { atLeast: 2.5 }, tls: { atLeast: 2 } }
    return ways.flatMap((way) => {
      const pairs = pairsOf(done, way)
      return [
        compare({
          what: `calls/s, ${parallel} at a time, ${wayNames[way]}`,
          pairs,
          value: ({ seconds }) => calls / seconds,
          format: (count) => count.toFixed(0),
          againstName,
          limit: limits[way]
        }),
        compare({
          what: `CPU of a call, both ends, ${wayNames[way]}`,
          pairs,
          value: ({ cpuS }) => (cpuS / calls) * 1e6,
          format: microseconds,
          againstName,
          limit: { atMost: 1.3 }
        })
      ]
    })
  } finally {
    await paths.stop()
  }
}

/** Long streams. To the application Asterisk says as much as it likes; from it the guard lets one command through at a time, which is not judged. */
export async function measureBytes(options: BenchOptions, product: Product): Promise<Measurement[]> {
  const paths = await Paths.start(product)
  const directions = [
    { act: 'down', bytes: options.quick ? 6e6 : 60e6, what: 'bytes/s to the application', limit: { atLeast: 0.9 } },
    { act: 'up', bytes: options.quick ? 0.6e6 : 6e6, what: 'bytes/s of commands, each answered', limit: undefined }
  ]
  const rows: Measurement[] = []
  try {
    for (const { act, bytes, what, limit } of directions) {
      const done = await rounds(options, what, ['ssh', 'plain', 'tls'], (name) =>
        paths.measure<{ bytesPerS: number }>(name, `${act}-${bytes}`)
      )
      for (const way of ways) {
        const named = { what: `${what}, ${wayNames[way]}`, pairs: pairsOf(done, way), againstName }
        rows.push(
          compare({ ...named, value: (one) => one.bytesPerS, format: (number) => `${(number / 1e6).toFixed(1)} MB/s`, limit })
        )
      }
    }
    return rows
  } finally {
    await paths.stop()
  }
}

function microseconds(us: number): string {
  return `${us.toFixed(0)} us`
}
