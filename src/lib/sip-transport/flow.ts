import type { Address } from '../net/address.js'
import type { TlsFacts } from '../net/tls-facts.js'
import type { SipSyntaxError } from '../sip/fault.js'
import type { SipMessage } from '../sip/message.js'
import type { SipFlow } from '../sip/transport.js'
import type { SipTarget } from './target.js'

/** A way to one peer: a TCP, TLS or WebSocket connection, or UDP between two ports. */
export interface TransportFlow extends SipFlow {
  readonly target: SipTarget
  /** Our side, for Via and Contact: `192.0.2.7:5060`, or a name under `.invalid` where nobody can reach us but here (RFC 7118 5). */
  readonly sentBy: string
  readonly isOpen: boolean
  readonly tls?: TlsFacts | undefined
  /** Sends a keep-alive (RFC 5626 3.5.1): two CRLF. Over TCP and TLS a silent peer is given up after 10 s. */
  ping(): void
  close(): void
}

/** What comes in, and what is told about flows. */
export interface FlowHandlers {
  /** @param source where a datagram came from; the peer of a connection */
  onMessage: (message: SipMessage, flow: TransportFlow, source: Address) => void
  /** Something came that is no message, or a wrong one. */
  onRefused?: ((error: SipSyntaxError, bytes: Buffer, flow: TransportFlow | undefined) => void) | undefined
  /** It is closed, or its peer is not there. Never called for one that we closed, and never from within `send`. */
  onLost: (flow: TransportFlow, cause: unknown) => void
  /** Bytes as they go out, for traces. */
  onSent?: ((bytes: Buffer, flow: TransportFlow) => void) | undefined
}

export const keepAlive = Buffer.from('\r\n\r\n')
