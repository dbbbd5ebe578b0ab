import { DataError } from '../errors.js'
import { UpgradeRequiredError } from '../tunnel/errors.js'

/** The metadata of the original have 44 bytes; a page that stands there by mistake is not read to its end. */
export const maxMetadataBytes = 64 * 1024

/** Where tunnels go to, as the server of the original says it (`GET /component/1.0`), and what the settings of its component may say. */
export interface TunnelMetadata {
  /** `connect_to`. */
  readonly place?: { readonly host: string; readonly port: number } | undefined
  /** Certificate of that place; the original has none. */
  readonly pin?: string | undefined
  /** Something that people are to read: a version that will go. */
  readonly message?: string | undefined
  readonly username?: string | undefined
  readonly password?: string | undefined
}

/**
 * Reads the YAML of the original: a map with `connect_to: {host, port}`, or the settings of its component (`username`, `password`). Other keys are ignored,
 * as by the original.
 * @param source for messages
 * @throws DataError, UpgradeRequiredError (`error: upgrade required`)
 */
export async function parseMetadata(text: string, source: string): Promise<TunnelMetadata> {
  const { parse } = await import('yaml')
  let value: unknown
  try {
    // Aliases have no use here, and a few lines of them expand to gigabytes.
    value = parse(text, { maxAliasCount: 0, logLevel: 'error' })
  } catch (cause) {
    throw new DataError(`${source} is no YAML: ${(cause as Error).message.split('\n')[0]}`, { cause })
  }
  if (!isMap(value)) throw new DataError(`${source} is no map of settings`)
  const { error, message, pin, username, password, connect_to: connectTo } = value
  const text_ = textOf(message)
  if (error !== undefined) {
    throw new UpgradeRequiredError(`${source}: ${textOf(error) ?? 'this version is not served any more'}`, {
      ...(text_ !== undefined && { hint: text_ })
    })
  }
  return {
    place: connectTo === undefined ? undefined : readPlace(connectTo, source),
    pin: textOf(pin),
    message: text_,
    username: textOf(username),
    password: textOf(password)
  }
}

function readPlace(value: unknown, source: string): { host: string; port: number } {
  const { host, port } = isMap(value) ? value : {}
  const name = textOf(host)
  if (name === undefined || !/^[^\s/@\p{Cc}]{1,255}$/u.test(name)) throw new DataError(`${source}: connect_to has no host`)
  const number = Number(port)
  if (!Number.isInteger(number) || number < 1 || number > 65_535) throw new DataError(`${source}: connect_to has no port`)
  return { host: name, port: number }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A password of digits is a number in YAML. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string' && value !== '') return value
  return typeof value === 'number' ? String(value) : undefined
}
