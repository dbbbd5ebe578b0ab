import { describe, expect, it } from 'vitest'
import { parseAstmanproxyConf } from '../../../../../src/lib/proxy/legacy/astmanproxy-conf.js'
import { flagsOfLegacy } from '../../../../../src/lib/proxy/legacy/legacy-flags.js'

const flags = (text: string) =>
  flagsOfLegacy(parseAstmanproxyConf(`host = 10.0.0.1, 5038, u, s, on, off\n${text}`, '/c').settings)

describe('the flags that an astmanproxy.conf stands for', () => {
  it('take TLS only where it is accepted, as the old program did', () => {
    expect(flags('certfile = /c.pem\nacceptencryptedconnection = yes\n')['tls-cert']).toBe('/c.pem')
    expect(
      flags('certfile = /c.pem\nacceptencryptedconnection = no\nacceptunencryptedconnection = yes\n')['tls-cert']
    ).toBeUndefined()
  })

  it('keep the waits of the old program, but never try without a pause', () => {
    expect(flags('retryinterval = 7\n')['retry-interval']).toBe('7')
    expect(flags('retryinterval = 0\n')['retry-interval']).toBeUndefined()
  })
})
