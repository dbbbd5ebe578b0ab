import { AddressList } from '../access/address-list.js'
import { ConfigError, ConnectError, DataError, PbxkitError } from '../errors.js'
import type { TlsOptions } from '../net/connect.js'
import { httpGet } from '../net/http-get.js'
import { UpgradeRequiredError } from '../tunnel/errors.js'
import { maxMetadataBytes, parseMetadata, type TunnelMetadata } from './metadata.js'

/** Where to connect to, asked before every try. */
export type Locate = (signal: AbortSignal) => Promise<{ host: string; port: number; tls?: TlsOptions | undefined }>

/** Who retries in a row does not ask for the same again; after this the server may have moved. */
const freshMs = 60_000

export interface MetadataLocatorOptions {
  url: URL
  /** Of the tunnel; undefined: without TLS. The certificate of who serves the metadata is trusted in the same way. */
  tls: TlsOptions | undefined
  timeoutMs: number
  /** Told what people are to read, and of a copy that is used because the server of the metadata is away. */
  onMessage: (message: string) => void
  /** Milliseconds. */
  clock?: () => number
  get?: typeof httpGet
}

/**
 * May metadata come from there? Whoever changes them on the way sends the tunnel elsewhere, and the login of protocol 1 with it.
 * @throws ConfigError
 */
export function metadataUrl(text: string, { isPinned = false } = {}): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') throw new ConfigError(`"${text}" is no URL of metadata`)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const isHere = host === 'localhost' || new AddressList(['127.0.0.0/8', '::1'], 'loopback').permits(host)
  if (url.protocol === 'http:' && !isHere && !isPinned) {
    throw new ConfigError(`Metadata of ${url.origin} could be changed by anybody on the way`, {
      hint: 'Use https:, or name the certificate of the tunnel with --tls-pin.'
    })
  }
  return url
}

/** Asks for the metadata, and goes on with what it was told last when nobody answers. */
export function metadataLocator({
  url,
  tls,
  timeoutMs,
  onMessage,
  clock = () => performance.now(),
  get = httpGet
}: MetadataLocatorOptions): Locate {
  let known: { metadata: TunnelMetadata; atMs: number } | undefined
  const fetch = async (signal: AbortSignal) => {
    // With a pin it is not the word of this server that the tunnel is trusted by.
    const secured = tls?.pin === undefined ? tls : { ...tls, pin: undefined, insecure: true }
    const { status, body } = await get(url, { tls: secured, timeoutMs, maxBytes: maxMetadataBytes, signal })
    if (status !== 200 && status !== 410) throw new ConnectError(`${url.href} answers ${status}`, { details: { status } })
    const metadata = await parseMetadata(body, url.href)
    if (status === 410)
      throw new UpgradeRequiredError(`${url.href} is gone`, { ...(metadata.message && { hint: metadata.message }) })
    if (!metadata.place) throw new DataError(`${url.href} has no connect_to`)
    if (metadata.message !== undefined && metadata.message !== known?.metadata.message) onMessage(metadata.message)
    return metadata
  }
  return async (signal) => {
    if (!known || clock() - known.atMs > freshMs) {
      try {
        known = { metadata: await fetch(signal), atMs: clock() }
      } catch (error) {
        if (!known || error instanceof UpgradeRequiredError || !(error instanceof PbxkitError)) throw error
        onMessage(`the metadata are those of the last time: ${error.message}`)
      }
    }
    const { place, pin } = known.metadata
    // What the command line pins wins; a pin of metadata that came over https is as good as they are.
    const useful = pin !== undefined && tls?.pin === undefined && url.protocol === 'https:'
    return { ...place!, tls: tls && useful ? { ...tls, pin } : tls }
  }
}
