import { Duplex } from 'node:stream'

class Side extends Duplex {
  peer: Side | undefined

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    if (this.peer && !this.peer.destroyed) this.peer.push(chunk)
    done()
  }

  override _final(done: () => void): void {
    if (this.peer && !this.peer.destroyed) this.peer.push(null)
    done()
  }
}

/** Two ends of a line inside the process, without waiting and without limits. */
export function duplexPair(): [Duplex, Duplex] {
  const [one, other] = [new Side(), new Side()]
  one.peer = other
  other.peer = one
  return [one, other]
}
