import type { Fields } from './fields.js'
import { absolutePath, integer, ipAddress, oneOf, yesNo } from './rule.js'
import type { Listen, RtpSettings, TlsListen, TransportSettings } from './site.js'

/** Upstream's places. */
const defaultCert = '/etc/ssl/asterisk/cert.pem'
const defaultKey = '/etc/ssl/asterisk/priv_key.pem'

/** Ten years; keygen has the same for authorities, which last longer than servers. */
const maxDays = 3_650

export function checkTransport(fields: Fields): TransportSettings {
  const udp = listen(fields, 'udp', 5060)
  const tcp = listen(fields, 'tcp', 5060)
  const tls = tlsListen(fields)
  if (!udp && !tcp && !tls)
    fields.refuse('udp.enabled', 'conflict', 'and the others are no: there is no way for a phone to come in')
  if (tcp && tls && tcp.port === tls.port && (tcp.bind === tls.bind || isAny(tcp.bind) || isAny(tls.bind)))
    fields.refuse('tls.port', 'conflict', `is the port of tcp, ${tcp.port}`)
  return { udp, tcp, tls }
}

/** SIP and media cannot have one port. */
export function checkPorts(fields: Fields, { udp }: TransportSettings, { isRendered, start, end }: RtpSettings): void {
  if (isRendered && udp && udp.port >= start && udp.port <= end)
    fields.refuse('start', 'conflict', `and end have the port of udp, ${udp.port}, between them`)
}

function listen(fields: Fields, name: 'udp' | 'tcp' | 'tls', defaultPort: number): Listen | undefined {
  const bind = fields.one(`${name}.bind`, ipAddress) ?? '0.0.0.0'
  const port = fields.one(`${name}.port`, integer(1, 65_535)) ?? defaultPort
  return fields.one(`${name}.enabled`, yesNo) === false ? undefined : { bind, port }
}

function tlsListen(fields: Fields): TlsListen | undefined {
  const place = listen(fields, 'tls', 5061)
  const cert = fields.one('tls.cert', absolutePath) ?? defaultCert
  const key = fields.one('tls.key', absolutePath) ?? defaultKey
  const method = fields.one('tls.method', oneOf('tlsv1_2', 'tlsv1_3')) ?? 'tlsv1_2'
  const acme = fields.one('tls.acme', absolutePath)
  const days = fields.one('tls.days', integer(1, maxDays)) ?? 365
  const renewDays = fields.one('tls.renew_days', integer(1, maxDays)) ?? Math.min(30, Math.ceil(days / 2))
  if (renewDays >= days && fields.has('tls.renew_days'))
    fields.refuse('tls.renew_days', 'conflict', `is not less than the ${days} days of tls.days`)
  return place && { ...place, cert, key, method, acme, days, renewDays }
}

function isAny(bind: string): boolean {
  return bind === '0.0.0.0' || bind === '::'
}
