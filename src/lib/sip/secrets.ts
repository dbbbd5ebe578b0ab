import { headerKey } from './header-names.js'

const proofs = new Set(['authorization', 'proxy-authorization'])
// The server's proof is made of the same password as ours.
const answers = new Set(['authentication-info', 'proxy-authentication-info'])

/** Lines of a message without what somebody could log in, or listen, with. Folded lines go with their header. @param text with CRLF or LF */
export function maskSecrets(text: string): string {
  return (
    text
      // Only what begins a line begins a header; a fold belongs to the one above.
      .split(/\n(?![ \t])/)
      .map((line) => {
        const name = headerKey(/^([^\s:]+)[ \t]*:/.exec(line)?.[1] ?? '')
        return maskKeys(proofs.has(name) ? maskProof(line) : answers.has(name) ? maskDigest(line) : line)
      })
      .join('\n')
  )
}

/** A digest's response is enough to guess the password at home, cnonce or not; what another scheme has is the password itself. */
function maskProof(line: string): string {
  const scheme = /^[^:]*:\s*(\S+)/.exec(line)?.[1]
  if (scheme?.toLowerCase() === 'digest') return maskDigest(line)
  return maskDigest(line.replace(/^([^:]*:\s*\S+)\s[\s\S]*?(\r?)$/, '$1 ***$2'))
}

function maskDigest(line: string): string {
  return line.replace(/\b(response|rspauth)\s*=\s*(?:"[^"]*"?|[^\s,]+)/gi, '$1="***"')
}

/** `sip:user:password@host`, and keys in SDP: of SRTP, several in one line too (RFC 4568), and of `k=` (RFC 4566 5.12). */
function maskKeys(line: string): string {
  const shown = maskPasswords(line).replace(/^(k=(?:clear|base64):)[^\r]+/i, '$1***')
  return /^a=crypto:/i.test(shown) ? shown.replace(/\binline:[^\s|;]+/gi, 'inline:***') : shown
}

/** The password of every `sip:user:password@host` in a text. */
export function maskPasswords(text: string): string {
  // Bounded: a peer's body of nothing but `sip:a:` would be gone through from each of them to its end.
  return text.replace(/\b(sips?:[^\s:@<>"]{1,512}):[^\s@<>"]{1,512}@/gi, '$1:***@')
}
