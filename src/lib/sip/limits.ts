/** What one message may be. Over a limit it is refused, whoever sent it. */
export interface SipLimits {
  /** Head and body together, in bytes. */
  maxMessageBytes: number
  /** Lines before the empty one, folded lines counted as one. */
  maxHeaders: number
  /** One header with its folds, in bytes. */
  maxLineBytes: number
}

export const defaultLimits: SipLimits = {
  // No UDP datagram is larger, and what has to fit there has no reason to be larger elsewhere.
  maxMessageBytes: 65_535,
  // RFC 4475's longest has 41; a request that went through Max-Forwards' 70 hops has a Via and a Record-Route of each, with room.
  maxHeaders: 256,
  // An Identity with its certificate chain takes 2 to 4 KiB, a challenge 300 bytes; more is no header that we know.
  maxLineBytes: 8192
}

/** Values in one comma-separated header, or parameters of one value: a registrar with this many bindings for one account is broken or hostile. */
export const maxValues = 256

/** CSeq, and every delta-seconds that we store: RFC 3261 8.1.1.5 and 20.19 bound both. */
export const maxCseq = 2 ** 31 - 1
export const maxSeconds = 2 ** 32 - 1
