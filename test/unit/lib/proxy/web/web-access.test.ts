import { describe, expect, it } from 'vitest'
import { usersFromSections } from '../../../../../src/lib/proxy/config.js'
import { shownStatus } from '../../../../../src/lib/proxy/web/shown-status.js'
import { WebAccess } from '../../../../../src/lib/proxy/web/web-access.js'
import { clientStatus, proxyStatus } from '../support/status.js'

describe('who may open the web page', () => {
  it('is nobody without an entry, and with none', () => {
    for (const access of [new WebAccess(), new WebAccess([]), new WebAccess([' None '])]) {
      expect(access.isOn).toBe(false)
      expect(access.permits('127.0.0.1')).toBe(false)
    }
  })

  it('is who comes from the networks that are named', () => {
    const access = new WebAccess(['10.1.0.0/16', '::1'])
    expect(['10.1.2.3', '::ffff:10.1.2.3', '::1', '10.2.0.1', '127.0.0.1', ''].map((one) => access.permits(one))).toEqual([
      true,
      true,
      true,
      false,
      false,
      false
    ])
  })

  it('is named in a way that can be read', () => {
    expect(() => new WebAccess(['10.0.0.0/99'])).toThrow(/--web-allow.*10\.0\.0\.0\/99/)
    expect(() => new WebAccess(['none', '::1'])).toThrow(/--web-allow.*none/)
  })

  it('is a user whose section says web = yes', () => {
    const users = (web: object) => usersFromSections({ 'user a': { secret: 's', ...web } }, 'f', () => '')![0]!.web ?? false
    expect([users({ web: 'yes' }), users({ web: 'no' }), users({})]).toEqual([true, false, false])
    expect(() => users({ web: 'maybe' })).toThrow(/web must be yes or no/)
  })
})

describe('the status for a page', () => {
  it('is bounded however many clients there are, and has the asking one first', () => {
    const shown = shownStatus(proxyStatus({ clients: Array.from({ length: 1_000 }, (_, at) => clientStatus({ id: at + 1 })) }), {
      id: 1,
      isAdmin: true
    })
    expect(shown.clients).toHaveLength(200)
    expect(shown.clients.slice(0, 3).map(({ id }) => id)).toEqual([1, 1_000, 999])
    expect(shown.clientCount).toBe(1_000)
  })
})
