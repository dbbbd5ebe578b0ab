import type { LoadedSetting } from '../../asterisk-config/section.js'
import type { Report } from '../report.js'
import { lastOf, listOf, type PjsipModel, valueSpot } from './pjsip-objects.js'

/** Transports: what phones on the LAN are told, and which TLS they may speak. */
export function checkTransports(model: PjsipModel, report: Report): void {
  for (const { name, options, section } of model.of('transport')) {
    const external = lastOf(options, 'external_media_address') ?? lastOf(options, 'external_signaling_address')
    if (external && !lastOf(options, 'local_net')) {
      const { file, line } = section
      report.add('local-net-missing', { file, line }, `Transport ${name} has ${external.name}, and no local_net`)
    }
    const method = lastOf(options, 'method')
    const fault = method && methodFault(method.value)
    if (method && fault && lastOf(options, 'protocol')?.value !== 'udp')
      report.add('tls-method', valueSpot(method), `${method.value} ${fault}`)
  }
}

/** OpenSSL's methods of one version take that version only. */
function methodFault(method: string): string | undefined {
  if (/^(sslv2|sslv3|tlsv1|tlsv1_1|sslv23)$/i.test(method))
    return method.toLowerCase() === 'sslv23' ? undefined : 'is a version that is broken, and the only one that is taken'
  return /^tlsv1_2$/i.test(method) ? 'refuses TLS 1.3' : undefined
}

/** Trunks that are told by what may change. */
export function checkIdentify({ objects, wizards }: PjsipModel, report: Report): void {
  for (const { type, options, isOfWizard } of objects) {
    if (type !== 'identify' || isOfWizard) continue
    for (const setting of options.get('match') ?? []) checkHosts(setting, 'match', report)
  }
  for (const { options } of wizards) {
    const matches = options.get('identify/match')
    for (const setting of matches ?? []) checkHosts(setting, 'identify/match', report)
    const hosts = lastOf(options, 'remote_hosts')
    if (hosts && !matches) checkHosts(hosts, 'remote_hosts', report)
  }
}

function checkHosts(setting: LoadedSetting, name: string, report: Report): void {
  for (const { value, offset } of listOf(setting)) {
    const { host, port } = splitHost(value.replace(/^!/, ''))
    if (!isAddress(host)) report.add('identify-by-name', valueSpot(setting, offset), `${name} has the host name ${host}`)
    else if (port !== undefined) report.add('match-with-port', valueSpot(setting, offset), `${name} has port ${port} of ${host}`)
  }
}

function splitHost(text: string): { host: string; port: string | undefined } {
  const [, host, port] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(text) ?? []
  return host === undefined ? { host: text, port: undefined } : { host, port }
}

/** An address, with its mask. */
function isAddress(host: string): boolean {
  const address = host.replace(/^\[(.*)\]/, '$1').replace(/\/[\d.]+$/, '')
  return /^\d+\.\d+\.\d+\.\d+$/.test(address) || address.includes(':')
}
