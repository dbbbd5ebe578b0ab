import { readOr } from '../sip/fault.js'
import type { SipReply } from '../sip/message.js'
import { formatUri, isSipUri } from '../sip/uri.js'
import { bindingsOf } from './own-binding.js'

// Every one may cost a time-out; a registrar with more places than this names itself in DNS.
const maxRedirects = 8

/**
 * The URIs of a redirect, best `q` first. Headers in them are left out: nobody puts headers into our requests. From `sips:` nothing leads to `sip:`
 * (RFC 3261 8.1.3.4).
 */
export function readRedirect(reply: SipReply, { secure }: { secure: boolean }): string[] {
  return bindingsOf(reply)
    .map(({ uri, parameters }) => ({ uri, q: Number(parameters.get('q') ?? 1) }))
    .sort((a, b) => (b.q || 0) - (a.q || 0))
    .flatMap(({ uri }) => {
      if (!isSipUri(uri) || (secure && uri.scheme !== 'sips')) return []
      return [formatUri({ ...uri, user: undefined, password: undefined, headers: [] })]
    })
    .slice(0, maxRedirects)
}

/** Seconds; undefined without a Retry-After that can be read. */
export function retryAfterOf(reply: SipReply): number | undefined {
  return readOr(() => reply.retryAfter, undefined)
}

/** The option tags that a 420 does not know, in small letters. */
export function unsupportedTags(reply: SipReply): string[] {
  return readOr(() => reply.values('Unsupported'), []).map((tag) => tag.toLowerCase())
}
