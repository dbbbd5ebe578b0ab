import type tls from 'node:tls'
import type { ChannelBinding } from '../scram/messages.js'

/** RFC 9266 section 2. */
const exporterLabel = 'EXPORTER-Channel-Binding'
const exporterBytes = 32

/**
 * What a login is tied to on this TLS connection: keying material that both ends share and nobody between them (RFC 9266). A certificate that signs
 * itself does no harm then. Only with TLS 1.3: before it the material is unique only with an extension that Node does not tell of.
 */
export function channelBindingOf(socket: tls.TLSSocket): ChannelBinding | undefined {
  if (socket.getProtocol() !== 'TLSv1.3') return undefined
  return { name: 'tls-exporter', data: socket.exportKeyingMaterial(exporterBytes, exporterLabel, Buffer.alloc(0)) }
}
