import { UsageError } from '../errors.js'
import type { Address } from '../net/address.js'

/** Of FastAGI, as Asterisk has it. */
const defaultPort = 4573

/** Where `agi://HOST[:PORT][/PATH]` is. hagi:, which asks the DNS for several, is not for one call. @throws UsageError */
export function agiAddress(url: string): Address {
  const [, bracketed, plain, digits] = /^agi:\/\/(?:\[([^\]/]+)\]|([^:/[\]]+))(?::(\d{1,5}))?(?:\/.*)?$/i.exec(url) ?? []
  const host = bracketed ?? plain
  const port = digits === undefined ? defaultPort : Number(digits)
  if (host === undefined || port < 1 || port > 65_535)
    throw new UsageError(`"${url}" is no URL of an AGI application`, { hint: 'Write agi://HOST[:PORT][/PATH].' })
  return { host, port }
}
