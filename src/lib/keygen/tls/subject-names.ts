import { domainToASCII } from 'node:url'
import ipaddr from 'ipaddr.js'
import { UsageError } from '../../errors.js'

/** A subjectAltName (RFC 5280 section 4.2.1.6): a host's name, or the 4 or 16 bytes of an address. */
export type SubjectName =
  | { readonly kind: 'dns'; readonly name: string }
  | { readonly kind: 'ip'; readonly name: string; readonly bytes: Uint8Array }

/** Names of DNS: labels of 63, 253 in all; an underscore is not by the book, and is in use. */
const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i

/** `pbx.example.org`, `*.example.org`, `10.0.0.1`, `::1`; `DNS:` and `IP:` before them, as openssl writes them. @throws UsageError */
export function parseSubjectName(text: string): SubjectName {
  const [, prefix, value] = /^(?:(dns|ip):)?(.*)$/is.exec(text.trim()) as unknown as [string, string | undefined, string]
  // Not as lenient as `parse`, which takes 010.1 for 8.0.0.1. The zone of a link-local address is no part of a certificate.
  const isAddress = ipaddr.IPv4.isValidFourPartDecimal(value) || (ipaddr.IPv6.isValid(value) && !value.includes('%'))
  if (isAddress && prefix?.toLowerCase() !== 'dns') {
    const address = ipaddr.parse(value)
    return { kind: 'ip', name: address.toString(), bytes: Uint8Array.from(address.toByteArray()) }
  }
  // What domainToASCII does not take becomes empty. It would read "1.2" as an address.
  const wildcard = value.startsWith('*.') ? '*.' : ''
  const rest = value.slice(wildcard.length)
  const name = /^[\x20-\x7e]*$/.test(rest) ? rest.toLowerCase() : domainToASCII(rest)
  const labels = name.split('.')
  const isName = name.length <= 253 && labels.every((one) => label.test(one)) && !/^\d+$/.test(labels.at(-1)!)
  if (!isName || isAddress || prefix?.toLowerCase() === 'ip') {
    throw new UsageError(`${JSON.stringify(text)} is neither a host's name nor an address`, {
      hint: 'Write pbx.example.org, *.example.org, 10.0.0.1 or 2001:db8::1.'
    })
  }
  return { kind: 'dns', name: wildcard + name }
}
