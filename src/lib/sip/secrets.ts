import { headerKey } from './header-names.js'

const proofs = new Set(['authorization', 'proxy-authorization'])

/** Lines of a message without what somebody could log in, or listen, with. Folded lines go with their header. @param text with CRLF or LF */
export function maskSecrets(text: string): string {
  let isProof = false
  return text
    .split('\n')
    .map((line) => {
      // Only what begins a line begins a header; a fold belongs to the one above.
      if (!/^[ \t]/.test(line)) isProof = proofs.has(headerKey(/^([^\s:]+)[ \t]*:/.exec(line)?.[1] ?? ''))
      return maskKeys(isProof ? maskProof(line) : line)
    })
    .join('\n')
}

/** A digest's response is enough to guess the password at home, cnonce or not; what another scheme has is the password itself. */
function maskProof(line: string): string {
  if (/\b(basic|bearer)\b/i.test(line)) return line.replace(/(basic|bearer)\s+[^\r]*/i, '$1 ***')
  return line.replace(/\bresponse\s*=\s*(?:"[^"]*"?|[^\s,]+)/gi, 'response="***"')
}

/** `sip:user:password@host`, and keys of SRTP in SDP (RFC 4568). */
function maskKeys(line: string): string {
  return line.replace(/\b(sips?:[^\s:@<>"]+):[^\s@<>"]+@/gi, '$1:***@').replace(/^(a=crypto:.*?\binline:)[^\s|]+/i, '$1***')
}
