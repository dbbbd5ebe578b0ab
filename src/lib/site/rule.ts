import ipaddr from 'ipaddr.js'
import { isIpAddress } from '../net/ip-address.js'
import { unsafeText } from './characters.js'
import { nearest } from './tree.js'

/** A value is refused, and why: what follows `site.domain "x" `. */
export class Fault {
  readonly why: string
  readonly hint: string | undefined

  constructor(why: string, hint?: string) {
    this.why = why
    this.hint = hint
  }
}

/** Reads the text of one value. What no value may have (`unwritable`) was refused before. */
export type Rule<T> = (text: string) => T | Fault

export function integer(minimum: number, maximum: number, unit = ''): Rule<number> {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
    return value >= minimum && value <= maximum
      ? value
      : new Fault(`is no whole number from ${minimum} to ${maximum}${unit && ` ${unit}`}`)
  }
}

/** The words that Asterisk and YAML know. */
export const yesNo: Rule<boolean> = (text) => {
  if (/^(yes|true|on|1)$/i.test(text)) return true
  return /^(no|false|off|0)$/i.test(text) ? false : new Fault('is neither yes nor no')
}

export function oneOf<const T extends string>(...words: readonly T[]): Rule<T> {
  return (text) => words.find((word) => word === text.toLowerCase()) ?? new Fault('is none of the choices', nearest(text, words))
}

/** @param what says what is wanted: `is no …` */
export function matching(pattern: RegExp, what: string, hint?: string): Rule<string> {
  return (text) => (pattern.test(text) ? text : new Fault(`is no ${what}`, hint))
}

/** Free text for people. @param maxBytes the buffer of Asterisk that it goes into */
export function freeText(maxBytes: number): Rule<string> {
  return (text) => {
    const why = unsafeText(text)
    if (why) return new Fault(why)
    return Buffer.byteLength(text) > maxBytes ? new Fault(`has more than ${maxBytes} bytes`) : text
  }
}

/** RFC 1123: labels of letters, digits and hyphens, 253 characters. An IPv4 address passes as well. */
export const hostName: Rule<string> = (text) =>
  text.length <= 253 && /^(?=.)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(text)
    ? isAlmostIpv4(text)
      ? new Fault('is neither a host name nor an address')
      : text.toLowerCase()
    : new Fault('is no host name')

/** An address in its plain form, IPv6 without brackets. */
export const ipAddress: Rule<string> = (text) => (isIpAddress(text) && !text.includes('%') ? text : new Fault('is no IP address'))

export const addressOrHost: Rule<string> = (text) => {
  const address = ipAddress(text.replace(/^\[([^\]]*:[^\]]*)\]$/, '$1'))
  if (!(address instanceof Fault)) return address
  const host = hostName(text)
  return host instanceof Fault ? new Fault('is neither an address nor a host name') : host
}

/** `192.0.2.0/24`, `2001:db8::/32`, also one address. */
export const network: Rule<string> = (text) => {
  const [, address = '', bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  if (!isIpAddress(address) || address.includes('%')) return new Fault('is no address and no network', 'Write 192.0.2.0/24.')
  const widest = ipaddr.parse(address).kind() === 'ipv4' ? 32 : 128
  if (bits !== undefined && Number(bits) > widest) return new Fault(`has more than ${widest} bits`)
  return text
}

/** `host`, `host:port`, `192.0.2.1:5060`, `[2001:db8::1]:5060`, `2001:db8::1`. As the type wants it: IPv6 in brackets. */
export const hostAndPort: Rule<string> = (text) => {
  if (isIpAddress(text) && text.includes(':')) return ipAddress(text) instanceof Fault ? new Fault('has a zone') : `[${text}]`
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(text) ?? []
  const host = addressOrHost(bracketed ?? plain ?? '')
  if (host instanceof Fault || (bracketed !== undefined && !host.includes(':')))
    return new Fault('is neither a host nor an address', 'Write sip.example.com, 192.0.2.1:5060 or [2001:db8::1]:5060.')
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) return new Fault('has a port that is none of 1 to 65535')
  return `${bracketed === undefined ? host : `[${host}]`}${port === undefined ? '' : `:${port}`}`
}

/** A path that stands in a line of Asterisk and, for programs, in the arguments of an application: no blanks, quotes or signs. */
export const absolutePath: Rule<string> = (text) => {
  if (!/^\/[\w./@+:=~-]*$/.test(text) || text.endsWith('/'))
    return new Fault('is no absolute path of letters, digits and . _ - + @ : = ~')
  return /(^|\/)\.\.?(\/|$)/.test(text) ? new Fault('has . or .. in its path') : text
}

/** Only what needs no quoting in a mail header, a shell, or the arguments of an application. */
export const mailAddress: Rule<string> = (text) => {
  const [, local = '', domain = ''] = /^([^@]*)@([^@]*)$/.exec(text) ?? []
  const isLocal = /^[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*$/.test(local) && !local.startsWith('-') && local.length <= 64
  // AST_MAX_CONTEXT is 80 bytes, one of which ends the string: app_minivm keeps the domain in one.
  if (!isLocal || domain.length > 79 || hostName(domain) instanceof Fault)
    return new Fault('is no mail address', 'Letters, digits and . _ + - may stand before the @.')
  return `${local}@${domain}`
}

/** `1.2.3` and `300.1.1.1` look like names and are looked up as such for ever. */
function isAlmostIpv4(text: string): boolean {
  return /^[\d.]+$/.test(text) && text.includes('.') && !isIpAddress(text)
}
