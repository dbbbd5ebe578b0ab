import type { Duplex } from 'node:stream'
import type { Block } from '../../ami/block.js'
import type { OutputFormat } from '../formats/format.js'
import type { ProxyLog } from '../options.js'
import type { WebAccess } from '../web/web-access.js'

/** Who speaks at the other end of a session that has no socket of its own. */
export interface SessionPeer {
  /** `address:port` of the HTTP client. */
  address: string
  /** Did it come over TLS? */
  isEncrypted: boolean
  input: 'standard' | 'json'
  output: 'standard' | 'json' | 'xml' | 'csv' | 'sse'
  /** The stream that the HTTP side was given for this client: once a session on it has logged in, it is no stranger's any more. */
  stream?: object
  /** Does it come from the web page? */
  isWeb?: boolean
}

export interface HttpOptions {
  /** A larger body is answered with 413. */
  maxBodyBytes: number
  /** How long a request waits for its answer unless `X-Maxtime` says otherwise. */
  defaultTimeoutMs: number
  /** The format of answers to requests that do not name one. */
  outputFormat: string
  /** With `X-Until-Event` only events of the own action, unless the request says otherwise. */
  autoFilter: boolean
  /** Several XML documents one after the other, as the old program sent them, instead of inside one root. */
  xmlCompat: boolean
  authRequired: boolean
  proxyKeyRequired: boolean
  /** Origins (`https://panel.example`) whose pages may use the proxy beside those of its own host. */
  allowedOrigins: readonly string[]
  /** Who may open the web page. */
  webAllow: WebAccess
}

export interface StatusPage {
  status: number
  contentType: string
  body: string
}

/** What the HTTP side needs of the proxy. */
export interface HttpContext {
  /**
   * Begins a session at the other end of `stream`: it speaks AMI as a TCP client of the proxy has it, without a banner, writes in `peer.output`, and
   * ends with the stream. It cuts nothing inside a block.
   */
  openSession(stream: Duplex, peer: SessionPeer): void
  /** @param from the address of who asks */
  status(path: '/metrics' | '/health', from: string): Promise<StatusPage>
  /** By its name in lower case. */
  format(name: string): OutputFormat | undefined
  /** @throws PbxkitError for what is no `<AsteriskManagerInput>` */
  parseXmlAction(body: Buffer): Block
  /** As they are now: they may be reloaded. */
  options(): HttpOptions
  log: ProxyLog
}
