import fs from 'node:fs'

interface Sample {
  rssKb: number
  descriptors: number
}

/** A heap that has settled still breathes: the garbage collector decides when. */
const allowedGrowthKb = 24 * 1024
const allowedShare = 0.15
/** A connection that is just ending. */
const allowedDescriptors = 5

/** Memory and descriptors of processes, over time. */
export class Samples {
  readonly #taken: ReadonlyMap<number, Sample[]>

  /** @param pids by the name of what runs there */
  constructor(private readonly pids: Readonly<Record<string, number>>) {
    this.#taken = new Map(Object.values(pids).map((pid) => [pid, []]))
  }

  take(): void {
    for (const [pid, samples] of this.#taken) {
      const rssKb = Number(/^VmRSS:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'latin1'))![1])
      samples.push({ rssKb, descriptors: fs.readdirSync(`/proc/${pid}/fd`).length })
    }
  }

  /** The last third against the middle one: the first is the warm-up. */
  verdict(): { text: string; isFlat: boolean } {
    let isFlat = true
    const lines = Object.entries(this.pids).map(([name, pid]) => {
      const samples = this.#taken.get(pid)!
      const third = Math.floor(samples.length / 3)
      if (third === 0) throw new Error('too few samples: give it more minutes')
      const [middle, last] = [samples.slice(third, 2 * third), samples.slice(2 * third)]
      const rss = [middle, last].map((part) => median(part.map(({ rssKb }) => rssKb))) as [number, number]
      const open = [middle, last].map((part) => median(part.map(({ descriptors }) => descriptors))) as [number, number]
      const grows = rss[1] - rss[0] > Math.max(allowedGrowthKb, allowedShare * rss[0]) || open[1] - open[0] > allowedDescriptors
      isFlat &&= !grows
      const mib = (kb: number) => (kb / 1024).toFixed(1)
      return `  ${name}: ${mib(rss[0])} MiB -> ${mib(rss[1])} MiB, ${open[0]} -> ${open[1]} descriptors (${samples.length} samples): ${grows ? 'GROWS' : 'flat'}`
    })
    return { text: lines.join('\n'), isFlat }
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
}
