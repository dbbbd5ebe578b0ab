import { type NewSection, writeConfig } from '../../asterisk-config/write.js'
import type { Listen, Site, TlsListen } from '../../site/site.js'

/** The transports. Asterisk does not change one that it has: bind, port, certificate and network settings count after a restart. */
export function pjsipTransportConf(site: Site): string {
  const { udp, tcp, tls } = site.transport
  const { externalAddress, localNet } = site.nat
  const template: NewSection = {
    name: 't_wan',
    isTemplate: true,
    settings: [
      { name: 'type', value: 'transport' },
      { name: 'domain', value: site.site.domain },
      ...(externalAddress === undefined
        ? []
        : [
            { name: 'external_signaling_address', value: externalAddress },
            { name: 'external_media_address', value: externalAddress }
          ]),
      // Phones on these networks are not told the outside address.
      ...localNet.map((value) => ({ name: 'local_net', value })),
      { name: 'tos', value: 'cs3' },
      { name: 'cos', value: '3' }
    ]
  }
  const transports = [
    ...(udp ? [section('udp', udp)] : []),
    ...(tcp ? [section('tcp', tcp)] : []),
    ...(tls ? [section('tls', tls, tlsSettings(tls))] : [])
  ]
  return writeConfig([template, ...transports], 'SIP transports. A change here counts after a restart of Asterisk.').toString()
}

function section(protocol: string, { bind, port }: Listen, more: NewSection['settings'] = []): NewSection {
  const address = bind.includes(':') ? `[${bind}]` : bind
  const settings = [{ name: 'protocol', value: protocol }, { name: 'bind', value: `${address}:${port}` }, ...more]
  return { name: protocol, inherits: ['t_wan'], settings }
}

function tlsSettings({ cert, key, method }: TlsListen): NewSection['settings'] {
  return [
    { name: 'cert_file', value: cert },
    { name: 'priv_key_file', value: key },
    // tlsv1_2 is that version alone, and the default is TLS 1.0 alone; sslv23 is all that OpenSSL permits: 1.2 and 1.3 on a system of today.
    { name: 'method', value: method === 'tlsv1_3' ? 'tlsv1_3' : 'sslv23' }
  ]
}
