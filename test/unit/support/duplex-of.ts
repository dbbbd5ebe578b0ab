import { Duplex } from 'node:stream'
import type { ByteChannel } from '../../../src/lib/net/byte-channel.js'

/** A stream of the tunnel for what reads a Duplex. */
export function duplexOf(channel: ByteChannel): Duplex {
  const duplex = new Duplex({
    allowHalfOpen: true,
    read: () => void channel.resume(),
    write(chunk: Buffer, _encoding, done) {
      if (channel.write(chunk)) done()
      else channel.on('drain', () => done())
    },
    final(done) {
      channel.end()
      done()
    }
  })
  channel.on('data', (bytes) => {
    if (!duplex.push(bytes)) channel.pause()
  })
  channel.on('end', () => void duplex.push(null))
  channel.on('close', () => void duplex.destroy(channel.errored ?? undefined))
  return duplex
}
