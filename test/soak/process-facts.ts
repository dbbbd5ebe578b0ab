import fs from 'node:fs'

/** What Linux says of a process, from outside: the process itself is asked nothing. */
export interface ProcessFacts {
  atMs: number
  rssKb: number
  /** Open descriptors by kind: `socket`, `pipe`, `file`, `anon_inode:[eventpoll]` … */
  descriptors: Readonly<Record<string, number>>
  threads: number
  /** How often it has gone to sleep by itself since its start: a timer that is left over wakes it up for ever. */
  sleeps: number
}

/** @throws when the process has ended */
export function lookAt(pid: number): ProcessFacts {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'latin1')
  const number = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)![1])
  return {
    atMs: performance.now(),
    rssKb: number('VmRSS'),
    descriptors: descriptorsOf(pid),
    threads: number('Threads'),
    sleeps: number('voluntary_ctxt_switches')
  }
}

export const countOf = (descriptors: ProcessFacts['descriptors']): number =>
  Object.values(descriptors).reduce((sum, count) => sum + count, 0)

function descriptorsOf(pid: number): Record<string, number> {
  const kinds: Record<string, number> = {}
  const folder = `/proc/${pid}/fd`
  for (const name of fs.readdirSync(folder)) {
    const kind = kindOf(`${folder}/${name}`)
    if (kind !== undefined) kinds[kind] = (kinds[kind] ?? 0) + 1
  }
  return kinds
}

/** `socket:[123]` is a socket, a path is a file; undefined when it was closed meanwhile. */
function kindOf(link: string): string | undefined {
  try {
    const target = fs.readlinkSync(link)
    return target.startsWith('/') ? 'file' : (/^(socket|pipe):/.exec(target)?.[1] ?? target)
  } catch {
    return undefined
  }
}
