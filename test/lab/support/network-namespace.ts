import { execFileSync, spawnSync } from 'node:child_process'
import { onTestFinished } from 'vitest'

const ip = (...words: string[]) => execFileSync('ip', words, { stdio: ['ignore', 'pipe', 'pipe'] })

/** May we make one? It takes root and a kernel that has them. */
export function hasNamespaces(): boolean {
  const name = `pbxkit-probe-${process.pid}`
  if (spawnSync('ip', ['netns', 'add', name]).status !== 0) return false
  return spawnSync('ip', ['netns', 'del', name]).status === 0
}

/** A network of its own behind one cable, which can be pulled. */
export interface NetworkNamespace {
  /** First words of a command that is to run inside. */
  readonly exec: readonly string[]
  /** Our end of the cable: what is inside reaches us there. */
  readonly address: string
  setCable(isIn: boolean): void
}

export function networkNamespace(): NetworkNamespace {
  const name = `pbxkit-${process.pid}`
  // A name of an interface has 15 characters.
  const [outside, inside] = [`pk${process.pid}o`, `pk${process.pid}i`]
  // RFC 2544's own network: nobody routes it.
  const net = `198.18.${process.pid % 250}`
  ip('netns', 'add', name)
  onTestFinished(() => void spawnSync('ip', ['netns', 'del', name]))
  ip('link', 'add', outside, 'type', 'veth', 'peer', 'name', inside, 'netns', name)
  onTestFinished(() => void spawnSync('ip', ['link', 'del', outside]))
  ip('addr', 'add', `${net}.1/24`, 'dev', outside)
  ip('link', 'set', outside, 'up')
  ip('-n', name, 'addr', 'add', `${net}.2/24`, 'dev', inside)
  ip('-n', name, 'link', 'set', inside, 'up')
  ip('-n', name, 'link', 'set', 'lo', 'up')
  return {
    exec: ['ip', 'netns', 'exec', name],
    address: `${net}.1`,
    setCable: (isIn) => void ip('link', 'set', outside, isIn ? 'up' : 'down')
  }
}
