/**
 * What the page may do, and be done with (Content Security Policy Level 3): nothing but its own files and its own WebSocket (`'self'` covers that of
 * the same host). No text becomes markup or a script, not even by a mistake of ours (`require-trusted-types-for`, where browsers know it).
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'"
].join('; ')

/** Of every answer that belongs to the page. `no-cache`: asked for anew after each update of the proxy, and answered with 304 when it is the same. */
export const securityHeaders = {
  'Cache-Control': 'no-cache',
  'Content-Security-Policy': contentSecurityPolicy,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  // For browsers that do not know frame-ancestors.
  'X-Frame-Options': 'DENY'
} as const
