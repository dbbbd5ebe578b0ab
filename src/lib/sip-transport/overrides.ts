import { UsageError } from '../errors.js'
import { isIpAddress } from '../net/ip-address.js'

/** Where a host and port really are: `--resolve`, as curl has it. */
export type Overrides = ReadonlyMap<string, string>

const form = /^(\[[0-9A-Fa-f:.]+\]|[^:[\]]+):(\d{1,5}|\*):(?:\[([^\]]+)\]|(.+))$/

/**
 * Reads `HOST:PORT:ADDRESS`; the port `*` stands for all. No name server is asked for such a host and port.
 * @throws UsageError
 */
export function parseOverrides(texts: readonly string[]): Overrides {
  return new Map(
    texts.map((text) => {
      const [, host, port, bracketed, bare] = form.exec(text) ?? []
      const address = bracketed ?? bare
      if (!host || !port || !address || !isIpAddress(address) || Number(port) > 65_535) {
        throw new UsageError(`"${text}" is not HOST:PORT:ADDRESS`, { hint: 'For example pbx.example.org:5060:192.0.2.1' })
      }
      return [key(host, port), address]
    })
  )
}

/** The address that a host and port were given, if any. */
export function overrideOf(overrides: Overrides, host: string, port: number | undefined): string | undefined {
  return (port === undefined ? undefined : overrides.get(key(host, String(port)))) ?? overrides.get(key(host, '*'))
}

function key(host: string, port: string): string {
  return `${host.toLowerCase()}:${port}`
}
