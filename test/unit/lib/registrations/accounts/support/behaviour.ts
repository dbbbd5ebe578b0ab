import { beforeAll, describe, expect, it } from 'vitest'
import { readAccounts } from '../../../../../../src/lib/registrations/accounts/read-accounts.js'
import { makeUacreg, type UacregVersion, uacregRow } from './uacreg-table.js'

/** What every engine has to do alike. @param url asked once; its table `uacreg` is made anew */
export function describeAccountTable(url: () => Promise<string>): void {
  let address = ''
  beforeAll(async () => {
    address = await url()
  })
  const read = (table = 'uacreg') => readAccounts({ kind: 'db', url: address, table }, { timeoutMs: 5000, env: {} })

  describe('the table of Kamailio', () => {
    it.each<UacregVersion>(['4.0.3', '5', '6', 'more'])('of version %s is taken as it is', async (version) => {
      await makeUacreg(address, version, [uacregRow('u1'), uacregRow('u2', { expires: 0 })])
      const { accounts, problems } = await read()
      expect(problems).toEqual([])
      expect(accounts).toEqual([
        {
          uuid: 'u1',
          localUsername: 'local-u1',
          localDomain: 'pbx.example.org',
          username: 'u1',
          domain: 'registrar.example.org',
          realm: 'example.org',
          authUsername: 'u1',
          secret: { kind: 'password', password: 'pw-u1' },
          proxies: ['sip:10.0.0.1:5060;transport=tcp'],
          expiresS: 360,
          isDisabled: false,
          delayS: 0,
          contactAddress: undefined,
          contactUser: undefined,
          contactParameters: undefined,
          socket: undefined,
          transport: undefined,
          path: false,
          outbound: false,
          instanceId: undefined,
          regId: undefined,
          q: undefined,
          refreshRatio: undefined,
          extraHeaders: [],
          userAgent: undefined,
          algorithms: undefined,
          keepalive: undefined,
          tag: undefined,
          display: undefined,
          source: 'uacreg id 1'
        },
        expect.objectContaining({ uuid: 'u2', expiresS: 0 })
      ])
    })

    it('has what came with 5 and 6', async () => {
      const ha1 = 'AB'.repeat(16)
      const more = { flags: 5, reg_delay: 7, contact_addr: '192.0.2.1:5080', socket: 'tls:10.0.0.9:5061', contact_user: 'alice' }
      await makeUacreg(address, '6', [uacregRow('u1', { ...more, auth_password: '', auth_ha1: ha1 })])
      expect((await read()).accounts).toMatchObject([
        {
          isDisabled: true,
          delayS: 7,
          contactAddress: '192.0.2.1:5080',
          contactUser: 'alice',
          socket: 'tls:10.0.0.9:5061',
          transport: 'tls',
          secret: { kind: 'ha1', algorithm: 'MD5', ha1: ha1.toLowerCase() }
        }
      ])
    })

    it('may have the columns that go beyond it, and others of its operator', async () => {
      const more = {
        auth_proxy: '10.0.0.1, sips:edge.example.org',
        proxy2: '[2001:db8::1]:5070',
        transport: 'TLS',
        path: '1',
        outbound: 'yes',
        instance_id: '00000000-0000-4000-8000-0000000000AB',
        reg_id: '2',
        q: '0.7',
        refresh_ratio: '0.5',
        extra_headers: 'X-Trunk: one | P-Tariff: a|b',
        user_agent: 'lab 1',
        auth_algs: 'sha-256,MD5',
        keepalive: 'OPTIONS',
        tag: 'blue',
        contact_params: ';ob;+x="a,b"',
        display: 'Žofie "Z"',
        enabled: '1'
      }
      await makeUacreg(address, 'more', [uacregRow('u1', more)])
      const { accounts, problems } = await read()
      expect(problems).toEqual([])
      expect(accounts).toMatchObject([
        {
          proxies: ['sip:10.0.0.1', 'sips:edge.example.org', 'sip:[2001:db8::1]:5070'],
          transport: 'tls',
          path: true,
          outbound: true,
          instanceId: 'urn:uuid:00000000-0000-4000-8000-0000000000ab',
          regId: 2,
          q: 0.7,
          refreshRatio: 0.5,
          extraHeaders: [
            { name: 'X-Trunk', value: 'one' },
            { name: 'P-Tariff', value: 'a|b' }
          ],
          userAgent: 'lab 1',
          algorithms: ['SHA-256', 'MD5'],
          keepalive: 'options',
          tag: 'blue',
          contactParameters: 'ob;+x="a,b"',
          display: 'Žofie "Z"',
          isDisabled: false
        }
      ])
    })

    it('says of every wrong row what is wrong with it, and the others run', async () => {
      await makeUacreg(address, '6', [
        uacregRow('u1', { r_domain: '', expires: -5 }),
        uacregRow('u2', { auth_ha1: 'abc' }),
        uacregRow('u3'),
        uacregRow('u4', { r_username: 'a\r\nX-Evil: 1', auth_password: '' })
      ])
      const { accounts, problems } = await read()
      expect(accounts.map(({ uuid }) => uuid)).toEqual(['u3'])
      expect(problems).toEqual([
        {
          source: 'uacreg id 1',
          uuid: 'u1',
          message: 'r_domain: is missing; expires: "-5" is not a whole number from 0 to 4294967295'
        },
        { source: 'uacreg id 2', uuid: 'u2', message: 'auth_ha1: has 3 hex digits; MD5 has 32, SHA-256 has 64' },
        { source: 'uacreg id 4', uuid: 'u4', message: 'r_username: a line end; auth_password: is missing, and so is auth_ha1' }
      ])
    })

    it('of many rows comes whole', async () => {
      await makeUacreg(
        address,
        '5',
        Array.from({ length: 1203 }, (_, index) => uacregRow(`u${index}`))
      )
      const { accounts } = await read()
      expect(new Set(accounts.map(({ uuid }) => uuid)).size).toBe(1203)
    })

    it('that is missing, or is another, is an error of the whole', async () => {
      await makeUacreg(address, '5', [])
      expect(await read()).toEqual({ accounts: [], problems: [] })
      await expect(read('nowhere')).rejects.toMatchObject({ code: 'E_UNKNOWN_TABLE' })
      await expect(read('uacreg; drop')).rejects.toMatchObject({ exit: 64 })
    })
  })
}
