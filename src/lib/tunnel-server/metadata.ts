import { type Address, parseAddress } from '../net/address.js'
import type { HttpPage } from './http-desk.js'

/** What a client asks before it connects: is this version still served, and where? */
export interface MetadataOptions {
  /** Where clients connect; undefined: where they have asked, which is the same port. */
  publicAddress?: Address | undefined
  /** For people. */
  message?: string | undefined
}

export interface MetadataQuestion {
  /** `1.0` of the original (SANDBOX_VERSION), `2.0` of ours. */
  version: string
  /** As the client wrote it; undefined in HTTP/1.0. */
  hostHeader: string | undefined
  /** Where its connection has come in. */
  local: Address
  protocols: readonly (1 | 2)[]
  /** Are tunnels taken with TLS, and what is the certificate's pin? */
  tls: { pin: string } | undefined
}

export interface MetadataAnswer {
  /** 200, 404 for a version that there never was, 410 for one that is not served any more. */
  status: 200 | 404 | 410
  /** Rendered as YAML. */
  document: Record<string, unknown>
}

/** Which protocol a version of the component speaks. */
const protocolOf: Readonly<Record<string, 1 | 2 | undefined>> = { '1.0': 1, '2.0': 2 }

const upgradeText = 'This version is not served any more: use pbxkit agi tunnel, protocol 2.'

/**
 * Adhearsion's sandbox.rb asks `/component/1.0`, wants a map with `connect_to` and ignores what else is in it; at any HTTP error it stays off, which
 * is how a version is retired. Ours reads `protocols`, `tls`, `pin`, `message` as well.
 */
export function metadataFor(question: MetadataQuestion, { publicAddress, message }: MetadataOptions): MetadataAnswer {
  const { version, protocols, tls } = question
  const protocol = protocolOf[version]
  if (protocol === undefined) return { status: 404, document: { error: 'unknown version', versions: Object.keys(protocolOf) } }
  const known = { protocols: [...protocols], tls: tls !== undefined, ...(tls && { pin: tls.pin }) }
  if (!protocols.includes(protocol))
    return { status: 410, document: { error: 'upgrade required', message: message ?? upgradeText, ...known } }
  const { host, port } = publicAddress ?? addressOf(question)
  return { status: 200, document: { connect_to: { host, port }, ...known, ...(message !== undefined && { message }) } }
}

/** Clients may keep what they are told for so long (they also have what they were told last). */
const maxAgeS = 3_600

/** The page at `/component/VERSION`, as YAML; undefined for another path. */
export async function metadataPage(
  path: string,
  question: Omit<MetadataQuestion, 'version'>,
  options: MetadataOptions
): Promise<HttpPage | undefined> {
  const version = /^\/component\/([\w.-]+)$/.exec(path)?.[1]
  if (version === undefined) return undefined
  const { status, document } = metadataFor({ version, ...question }, options)
  const { stringify } = await import('yaml')
  return { status, contentType: 'text/yaml', body: stringify(document), ...(status === 200 && { maxAgeS }) }
}

/** The client's own word for this server, when it can be one: whoever lies about it leads only himself astray. */
function addressOf({ hostHeader, local }: MetadataQuestion): Address {
  if (hostHeader === undefined || hostHeader.length > 260 || !/^([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/i.test(hostHeader))
    return local
  const hasPort = /:\d+$/.test(hostHeader.replace(/^\[.*\]/, ''))
  try {
    return parseAddress(hasPort ? hostHeader : `${hostHeader}:${local.port}`)
  } catch {
    return local
  }
}
