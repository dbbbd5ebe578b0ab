import { port, type Reader, yesOrNo } from './astmanproxy-values.js'
import { type Findings, shown } from './finding.js'
import { type LegacyField, type LegacyLine, warnOfBlank, warnOfCut } from './legacy-line.js'

/** One `host` line: an Asterisk to log in to. */
export interface LegacyHost {
  /** What clients write in `Server:`; no two are equal, whatever their case. */
  name: string
  /** IPv6 without brackets. */
  host: string
  port: number
  username: string
  secret: string
  events: boolean
  tls: boolean
  line: number
}

const columns = ['name', 'port', 'user', 'secret', 'events', 'ssl'] as const
const howToWrite = 'Write host = name, port, user, secret, events, ssl.'
const quoteHint = `${howToWrite} A field that holds a comma stands in quotes.`

/**
 * Reads the `host` lines. The old program ended at once when one of the six fields was missing.
 * @param useSsl `usessl`: what holds for a line without its sixth field
 */
export function readHosts(lines: readonly LegacyLine[], useSsl: boolean | undefined, findings: Findings): LegacyHost[] {
  const hosts: LegacyHost[] = []
  for (const line of lines) {
    const host = line.isBroken ? undefined : readHost(line, useSsl, findings)
    if (host) addDistinct(host, hosts, findings)
  }
  return hosts
}

function readHost(line: LegacyLine, useSsl: boolean | undefined, findings: Findings): LegacyHost | undefined {
  const field = (at: number): LegacyField => line.fields[at] ?? { ...line.key, text: '', quoted: false }
  const needed = useSsl === undefined ? columns : columns.slice(0, 5)
  const missing = needed.filter((_, at) => field(at).text === '')
  if (missing.length > 0) {
    warnOfCut(line, findings)
    findings.add('error', 'incomplete-host', line.key, `The host line has no ${missing.join(', ')}`, howToWrite)
    return undefined
  }
  if (line.fields.length > columns.length)
    findings.add('warning', 'extra-field', field(6), 'What follows the sixth field of a host line is ignored', howToWrite)
  warnOfBlank(field(2), 'user', findings)
  warnOfBlank(field(3), 'secret', findings)
  const address = readAddress(field(0), findings)
  const portNumber = readWith(field(1), 'port', tcpPort, findings)
  const events = readWith(field(4), 'events', yesOrNo(), findings)
  const tls = field(5).text === '' ? useSsl : readWith(field(5), 'ssl', yesOrNo('on'), findings)
  if (!address || portNumber === undefined || events === undefined || tls === undefined) return undefined
  return { ...address, port: portNumber, username: field(2).text, secret: field(3).text, events, tls, line: line.line }
}

const tcpPort: Reader<number> = (text) => {
  const reading = port(text)
  return 'value' in reading && reading.value > 0 ? reading : { expected: 'a port from 1 to 65535' }
}

function readWith<T>(field: LegacyField, what: string, read: Reader<T>, findings: Findings): T | undefined {
  const reading = read(field.text)
  if ('expected' in reading) {
    // The value is not shown: behind a secret with a comma it is the rest of the secret.
    findings.add('error', 'bad-value', field, `${what} of the host line is not ${reading.expected}`, quoteHint)
    return undefined
  }
  if (reading.oldMeaning !== undefined) {
    const message = `${what} of the host line: ${shown(field.text)} is yes; the old program took it for ${reading.oldMeaning}`
    findings.add('warning', 'other-meaning', field, message, 'Write on or off.')
  }
  return reading.value
}

/** `address`, or `name=address`; IPv6 with or without brackets. */
function readAddress(field: LegacyField, findings: Findings): { name: string; host: string } | undefined {
  const match = /^(?:([^=]*[^=\s])\s*=\s*)?(?:\[([0-9a-fA-F:.]+(?:%[^\]\s]+)?)\]|([^\s=[\]/@"]+))$/.exec(field.text)
  const host = match?.[2] ?? match?.[3]
  if (host !== undefined) return { name: match?.[1] ?? host, host }
  const hint = 'Write a name, an address, [IPv6], or label=address.'
  findings.add('error', 'bad-value', field, `${shown(field.text)} is not the name of a host`, hint)
  return undefined
}

/** The old program could not tell two servers of one name apart; here each gets a name of its own. */
function addDistinct(host: LegacyHost, hosts: LegacyHost[], findings: Findings): void {
  const isTaken = (name: string) => hosts.find((other) => other.name.toLowerCase() === name.toLowerCase())
  const first = isTaken(host.name)
  if (!first) {
    hosts.push(host)
    return
  }
  const place = { line: host.line, column: 1 }
  const same = hosts.find(
    (one) => one.host === host.host && one.port === host.port && one.username === host.username && one.secret === host.secret
  )
  if (same) {
    findings.add('warning', 'same-server', place, `This is the server of line ${same.line} again; it is left out`)
    return
  }
  const withPort = `${host.name.includes(':') ? `[${host.name}]` : host.name}:${host.port}`
  let name = withPort
  for (let count = 2; isTaken(name); count++) name = `${withPort}-${count}`
  const message = `${shown(host.name)} is the name of the server of line ${first.line}, too; this one is called ${shown(name)}`
  findings.add('warning', 'same-name', place, message, 'Give it a name: host = label=address, …')
  hosts.push({ ...host, name })
}
