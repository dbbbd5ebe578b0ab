import fs from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import type { SipRequest } from '../../src/lib/sip/message.js'
import { makeSite, makeTrunk } from '../unit/support/sites.js'
import { describeLab } from './support/lab.js'
import { Phone } from './support/phone.js'
import { isReachable, providerHost, type RenderedPbx, startRendered } from './support/rendered-pbx.js'

/** With what means something in Asterisk's files. */
const asks = { username: 'doe', password: '>pa;ss=#[w]ord' }

for (const form of ['plain', 'wizard'] as const) {
  await describeLab(`a provider that asks for a login, and several phones (${form}), in Asterisk 22`, () => {
    let pbx: RenderedPbx
    let alice: Phone
    let provider: Phone
    const open: Phone[] = []

    const phone = (name: string, options?: ConstructorParameters<typeof Phone>[2]) => {
      const one = new Phone(name, pbx.asterisk.sipPort, options)
      open.push(one)
      return one
    }
    const secretOf = (name: string) => pbx.site.users.find((one) => one.name === name)!.secret
    const user = (name: string) => phone(name, { password: secretOf(name) })

    beforeAll(async () => {
      pbx = await startRendered(
        form,
        ({ dir }) => ({ voicemail: { ...makeSite().voicemail, mailCommand: `/usr/bin/tee ${dir}/spool/mail.txt` } }),
        ({ trunks: [trunk] }) => ({
          trunks: [
            makeTrunk('itsp', {
              ...{ hosts: trunk!.hosts, match: trunk!.match, contactUser: '+46812340001' },
              ...{ username: asks.username, secret: asks.password, register: true }
            })
          ]
        })
      )
    })
    afterAll(() => pbx?.asterisk.stop())
    beforeEach(async () => {
      alice = user('alice')
      provider = phone('provider', { asks, bind: { host: providerHost, port: pbx.providerPort } })
      await provider.listen()
      expect(await alice.register()).toBe(200)
    })
    afterEach(async () => {
      await alice.register(0)
      for (const one of open.splice(0)) one.close()
    })

    it('is registered with, by the contact that it shall call', async () => {
      // When Asterisk started there was no provider.
      await pbx.asterisk.rx(`pjsip send register ${form === 'plain' ? 'itsp' : 'itsp-reg-0'}`)
      const isLasting = (one: SipRequest) => one.get('Expires') !== '0'
      const register = await provider.until((one) => one.registers.find(isLasting), 'a registration', 20_000)
      expect(register.to.uriText).toMatch(/^sip:doe@/)
      const { uriText } = register.contacts[0]!
      expect(uriText).toMatch(/^sip:\+46812340001@127\.0\.0\.1:/)
      await vi.waitFor(async () => expect(await pbx.asterisk.rx('pjsip show registrations')).toContain('Registered'), 15_000)
      expect(await provider.dial(/^sip:([^@]+)@/.exec(uriText)![1]!)).toBe(200)
      expect(alice.invites).toHaveLength(1)
    }, 40_000)

    it('is logged in to for each call', async () => {
      await isReachable(pbx, 'itsp')
      for (const number of ['+1202555016', '0899999999', '112'])
        expect({ number, status: await alice.dial(number) }).toEqual({ number, status: 200 })
      const called = provider.invites.map(({ start }) => /^sip:([^@]+)@/.exec(start.uri)![1])
      expect(called).toEqual(['+1202555016', '+46899999999', '112'])
    })

    it('lets nobody call under the name of another user', async () => {
      const liar = phone('alice', { password: secretOf('bob'), login: 'bob' })
      expect(await liar.dial('+46812340003')).toBe(401)
      expect(await liar.text('+46812340003', 'hello')).toBe(401)
    })

    // Where the one answers before the other's 180 has come, Asterisk cancels without a reason: both are under way at the same time.
    it('tells the other phones of a user that one has answered', { retry: 3 }, async () => {
      const [first, second] = [user('bob'), user('bob')]
      first.onInvite = 180
      expect([await first.register(), await second.register()]).toEqual([200, 200])
      expect(await alice.dial('+46812340002')).toBe(200)
      expect([first.invites.length, second.invites.length]).toEqual([1, 1])
      const cancel = await first.until((one) => one.cancels[0], 'a CANCEL')
      expect(cancel.get('Reason')).toContain('Call completed elsewhere')
      await Promise.all([first.register(0), second.register(0)])
    })

    it('takes a voice mail for who is offline, and mails it with its sound', async () => {
      const bob = user('bob')
      expect(await bob.register()).toBe(200)
      await alice.register(0)
      const mail = path.join(pbx.asterisk.dir, 'spool/mail.txt')
      expect((await bob.speak('+46812340001', 15_000)).answer.reply.start.status).toBe(200)
      await vi.waitFor(() => expect(fs.readFileSync(mail, 'utf8')).toMatch(/To: .*alice@example\.org[\s\S]*\.WAV"?/i), 10_000)
      await bob.register(0)
    }, 60_000)
  })
}
