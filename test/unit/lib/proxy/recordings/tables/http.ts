import { expect } from 'vitest'
import type { ProxyOptions } from '../../../../../../src/lib/proxy/options.js'
import { certificate } from '../../../../support/scripted-server.js'
import { blocksOf } from '../blocks.js'
import type { HttpOutcome } from '../http-replay.js'
import type { Kind } from '../verdict.js'

export interface HttpVerdict {
  kind: Kind
  what: string
  why: string
  check: (outcome: HttpOutcome, version: 'v122' | 'v130') => void
}

export interface HttpScenario {
  name: string
  variant?: string
  options: Partial<ProxyOptions>
  verdicts: readonly HttpVerdict[]
}

/** The body as 1.22 had it, which always gave the whole answer when it gave one. */
function keep(what: string, contentType: string, isEqual: 'bytes' | 'headers' = 'bytes'): HttpVerdict {
  const same = isEqual === 'bytes' ? 'the same body' : 'the same headers, and long ones have their names'
  return {
    kind: 'keep',
    what,
    why: `${same}, with Content-Length and at once`,
    check: ({ recorded, ours }, version) => {
      expect(recorded!.status).toBe('HTTP/1.1 200 OK')
      expect(ours!.status).toBe('HTTP/1.1 200 OK')
      expect(ours!.headers.get('content-type')).toMatch(new RegExp(`^${recorded!.headers.get('content-type')}`))
      expect(recorded!.headers.get('content-type')).toBe(contentType)
      expect(Number(ours!.headers.get('content-length'))).toBe(ours!.body.length)
      // 1.30 stopped after what had come together with the first block.
      const isCut = version === 'v130' && ours!.body.length > recorded!.body.length
      if (isCut) expect(what).toContain('list')
      else if (isEqual === 'bytes') expect(ours!.body).toBe(recorded!.body)
      else expect(blocksOf(unwrapped(ours!.body))).toEqual(blocksOf(recorded!.body))
    }
  }
}

/** Several blocks have one root. */
const unwrapped = (body: string) =>
  body.replace(/^<AsteriskManagerOutputs>\r\n/, '').replace(/<\/AsteriskManagerOutputs>\r\n$/, '')

interface Difference {
  /** Start of the recorded status line; empty: no answer came. */
  was: string | Record<'v122' | 'v130', string>
  is: string
  body?: RegExp
  /** How many actions Asterisk gets. */
  asked?: number
}

function fixed(what: string, why: string, { was, is, body = /^/, asked }: Difference): HttpVerdict {
  return {
    kind: 'fixed',
    what,
    why,
    check: (outcome, version) => {
      expect(outcome.recorded?.status ?? '').toBe(typeof was === 'string' ? was : was[version])
      expect(outcome.ours?.status ?? '').toBe(is)
      expect(outcome.ours!.body).toMatch(body)
      if (asked !== undefined) expect(outcome.asked).toHaveLength(asked)
    }
  }
}

const ok = 'HTTP/1.1 200 OK'
const { file } = certificate('server')
const withTls = { tls: { certFile: file, keyFile: file.replace(/crt$/, 'key') } }

const ofXml = (isEqual: 'bytes' | 'headers'): HttpVerdict[] => [
  keep('Ping', 'text/xml', 'bytes'),
  keep('PJSIPShowEndpoints, a whole list', 'text/xml', isEqual),
  keep('Command', 'text/xml', isEqual),
  keep('Ping over TLS', 'text/xml', 'bytes')
]

export const httpScenarios: readonly HttpScenario[] = [
  {
    name: '08-http-standard-autofilter-on',
    options: { autoFilter: 'on' },
    verdicts: [
      keep('Ping', 'text/plain'),
      keep('Command, with percent and plus in the query', 'text/plain'),
      keep('PJSIPShowEndpoints, a whole list', 'text/plain'),
      keep('QueueStatus, a whole list, with X-Until-Event and X-Maxtime', 'text/plain'),
      fixed('POST in one segment', 'it is answered; the old program waited for ever', {
        was: '',
        is: ok,
        body: /^Response: Success\r\nActionID: Post1\r\nPing: Pong\r\n/,
        asked: 1
      }),
      keep('POST with its body in a second segment', 'text/plain'),
      fixed('a ProxyAction', 'the answer ends, and has the state', {
        was: ok,
        is: ok,
        body: /^ProxyResponse: Success\r\nProxyListServer I: 127\.0\.0\.1 H: 127\.0\.0\.1 U: proxy P: \d+ E: on \r\nProxyServerName: .*\r\nProxyServerState: up\r\n\r\n$/,
        asked: 0
      }),
      fixed('GET without an action', 'the request is bad, and the answer says how it is done', {
        was: 'HTTP/1.1 501 Not Implemented',
        is: 'HTTP/1.1 400 Bad Request',
        body: /Action=Ping/
      }),
      fixed('HEAD', 'it is answered; the old program waited for ever', { was: '', is: 'HTTP/1.1 400 Bad Request', body: /^$/ }),
      fixed('Login', 'the answer ends', {
        was: ok,
        is: ok,
        body: /^Response: Success\r\nMessage: Authentication accepted\r\n\r\n$/,
        asked: 0
      }),
      fixed('get in lower case', 'it is refused; the old program waited for ever', {
        was: '',
        is: 'HTTP/1.1 400 Bad Request'
      }),
      fixed('%26 and %0D%0A in a value', 'they make no headers: a line break is refused', {
        was: ok,
        is: 'HTTP/1.1 400 Bad Request',
        asked: 0
      })
    ]
  },
  { name: '09-http-xml', options: { ...withTls, autoFilter: 'on', outputFormat: 'xml' }, verdicts: ofXml('headers') },
  {
    name: '09-http-xml',
    variant: 'xmlcompat=1.22',
    options: { ...withTls, autoFilter: 'on', outputFormat: 'xml', xmlCompat: '1.22' },
    verdicts: ofXml('bytes')
  },
  {
    name: '10-http-authrequired',
    options: { authRequired: true },
    verdicts: [
      fixed('Ping without a login', 'the status says so, and the answer ends', {
        was: ok,
        is: 'HTTP/1.1 401 Unauthorized',
        body: /^Response: Error\r\nActionID: Foo\r\nMessage: /,
        asked: 0
      }),
      fixed('Login', 'the answer ends', {
        was: ok,
        is: ok,
        body: /^Response: Success\r\nActionID: Foo\r\nMessage: Authentication accepted\r\n\r\n$/,
        asked: 0
      })
    ]
  }
]
