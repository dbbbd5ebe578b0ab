import fs from 'node:fs'
import path from 'node:path'
import tls from 'node:tls'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { makeSite } from '../unit/support/sites.js'
import { describeLab } from './support/lab.js'
import { Phone } from './support/phone.js'
import { providerHost, type RenderedPbx, startRendered } from './support/rendered-pbx.js'

for (const form of ['plain', 'wizard'] as const) {
  await describeLab(`what dialplan render makes (${form}) in Asterisk 22`, () => {
    let pbx: RenderedPbx
    let alice: Phone
    let bob: Phone
    let provider: Phone
    const open: Phone[] = []

    const secretOf = (name: string) => pbx.site.users.find((user) => user.name === name)!.secret
    const phone = (name: string, options?: ConstructorParameters<typeof Phone>[2]) => {
      const one = new Phone(name, pbx.asterisk.sipPort, options)
      open.push(one)
      return one
    }
    const user = (name: string) => phone(name, { password: secretOf(name) })
    const log = () => fs.readFileSync(path.join(pbx.asterisk.dir, 'log/messages.log'), 'utf8')

    beforeAll(async () => {
      pbx = await startRendered(form, ({ dir }) => ({
        voicemail: { ...makeSite().voicemail, mailCommand: `/usr/bin/tee ${dir}/spool/mail.txt` },
        // The menu's announcement is long.
        ivr: { ...makeSite().ivr, maxRounds: 1 },
        sms: { app: `${dir}/data/agi-bin/sms`, profiles: ['main'] },
        users: makeSite().users.map((one) => (one.name === 'bob' ? { ...one, sms: 'main' } : one))
      }))
    })
    afterAll(() => pbx?.asterisk.stop())

    beforeEach(async () => {
      alice = user('alice')
      bob = user('bob')
      provider = phone('provider', { bind: { host: providerHost, port: pbx.providerPort } })
      await provider.listen()
      expect(await alice.register()).toBe(200)
      expect(await bob.register()).toBe(200)
    })
    afterEach(async () => {
      await Promise.all([alice.register(0), bob.register(0)])
      for (const one of open.splice(0)) one.close()
    })

    it('is loaded without a word against it', () => {
      const complaints = log()
        .split('\n')
        .filter((line) => /WARNING|ERROR/.test(line) && /pbx_config|res_pjsip|minivm|sorcery|config\.c|pbx\.c/.test(line))
      expect(complaints.filter((line) => !/users\.conf is deprecated|sending OPTIONS|stir_shaken/.test(line))).toEqual([])
    })

    it('lets users call one another by number, in each of its forms', async () => {
      for (const number of ['+46812340002', '0812340002', '46812340002', '0046812340002']) {
        expect({ number, status: await alice.dial(number) }).toEqual({ number, status: 200 })
      }
      expect(bob.invites).toHaveLength(4)
      expect(bob.invites[0]!.from.uriText).toContain('sip:+46812340001@')
    })

    it('answers an unknown number with 404 to a trunk, 603 to a user who may not dial out, and 401 to a stranger', async () => {
      expect(await provider.dial('+46899999999')).toBe(404)
      expect(await provider.dial('nobody')).toBe(404)
      const carol = user('carol.in')
      expect(await carol.dial('+46899999999')).toBe(603)
      expect(await phone('mallory').dial('+46812340002')).toBe(401)
      expect(await phone('alice', { password: 'wrong-password' }).dial('+46812340002')).toBe(401)
      expect(bob.invites).toEqual([])
    })

    it('dials out through the trunk, emergency numbers as they are, and passes on why a call failed', async () => {
      for (const [number, dialled] of [
        ['+1202555016', '+1202555016'],
        ['0899999999', '+46899999999'],
        ['004612345678', '+4612345678'],
        ['112', '112'],
        ['12345', '12345']
      ] as const) {
        expect({ number, status: await alice.dial(number) }).toEqual({ number, status: 200 })
        expect(provider.invites.at(-1)!.start.uri).toContain(`sip:${dialled}@`)
      }
      provider.onInvite = 486
      expect(await alice.dial('+1202555016')).toBe(486)
      expect(await user('carol.in').dial('112')).toBe(404)
    })

    it('takes calls of the trunk by its address, from whichever port', async () => {
      expect(await provider.dial('+46812340002')).toBe(200)
      expect(await phone('other', { bind: { host: providerHost } }).dial('46812340002')).toBe(200)
      expect(bob.invites).toHaveLength(2)
    })

    it('refuses a number with more than a number in it, before anything is dialled', async () => {
      const numbers = [
        '+4612345%26Local%2F6%40dp_ivr_recgreet%26PJSIP%2F%2B4691',
        '+4612345%2Cfoo%2C1',
        '0812345678%26Local%2F6%40dp_ivr_recgreet',
        '12345678%22%20%3D%20%2212345678%22%20%7C%20%221',
        '4612345678%7D%24%7BEXTEN',
        '+4612345678%29%28'
      ]
      for (const number of numbers) expect({ number, status: await alice.dial(number) }).toEqual({ number, status: 484 })
      expect(provider.invites).toEqual([])
    })

    it('rings all phones of a user', async () => {
      const second = user('bob')
      expect(await second.register()).toBe(200)
      bob.onInvite = 486
      expect(await alice.dial('+46812340002')).toBe(200)
      expect([bob.invites.length, second.invites.length]).toEqual([1, 1])
      await second.register(0)
    })

    it('rings nobody by a contact that names another channel, or would be more arguments', async () => {
      const carol = user('carol.in')
      expect(await carol.register()).toBe(200)
      await bob.register(0)
      const evil = user('bob')
      evil.onInvite = 486
      // Both are valid contacts (RFC 3261 25.1): & in a parameter, a comma in the user.
      expect(await evil.register(60, '<sip:bob@127.0.0.1:9;x=&PJSIP/carol.in>')).toBe(200)
      expect(await evil.register(60, '<sip:x,1,m@127.0.0.1:9>')).toBe(200)
      expect(await alice.dial('+46812340002')).toBe(486)
      expect(carol.invites).toEqual([])
      expect(await alice.text('+46812340002', 'hello')).toBe(202)
      await evil.until((one) => one.messages.length === 1, 'the message')
      expect(carol.messages).toEqual([])
      await evil.register(0, '*')
      await carol.register(0)
    })

    it('says why nobody answers, where there is no mailbox', async () => {
      bob.onInvite = 486
      expect(await alice.dial('+46812340002')).toBe(486)
      await bob.register(0)
      expect(await alice.dial('+46812340002')).toBe(480)
    })

    it('passes on messages as they are, with the number of the sender', async () => {
      const body = `Hej "du", så; bra\n\${EXTEN} ✓`
      expect(await alice.text('+46812340002', body)).toBe(202)
      const message = await bob.until((one) => one.messages[0], 'a message')
      expect(message.body.toString()).toBe(body)
      expect(message.from.uriText).toContain('sip:+46812340001@')
    })

    it('takes the sender from the address, not from the name that the phone gives', async () => {
      expect(await alice.text('+46812340002', 'hello', '"x:bob@y" ')).toBe(202)
      const message = await bob.until((one) => one.messages[0], 'a message')
      expect(message.from.uriText).toContain('sip:+46812340001@')
    })

    it('keeps messages for who is offline, and delivers them in their order when a phone registers', async () => {
      await bob.register(0)
      for (const body of ['one, "1"', 'two | 2', 'three']) expect(await alice.text('+46812340002', body)).toBe(202)
      await kept(3)
      const again = user('bob')
      expect(await again.register()).toBe(200)
      await again.until((one) => one.messages.length === 3, 'three messages', 20_000)
      expect(again.messages.map((one) => one.body.toString())).toEqual(['one, "1"', 'two | 2', 'three'])
      expect(again.messages[0]!.from.uriText).toContain('sip:+46812340001@')
      await kept(0)
    }, 40_000)

    /** Asterisk answers 202 before its dialplan has looked at the message. */
    async function kept(messages: number): Promise<void> {
      await vi.waitFor(
        async () => expect(await pbx.asterisk.rx('database show pd_text')).toContain(`${messages} results found`),
        10_000
      )
    }

    it('gives messages to other numbers to the program, each argument as one', async () => {
      const said = path.join(pbx.asterisk.dir, 'spool/sms.txt')
      const inside = pbx.configFolder.replace(/etc$/, 'spool/sms.txt')
      const app = path.join(pbx.asterisk.dir, 'data/agi-bin/sms')
      fs.writeFileSync(app, `#!/bin/sh\nprintf '<%s>\\n' "$@" > ${inside}.new && mv ${inside}.new ${inside}\n`, { mode: 0o755 })
      const body = `a "quoted", text; $(id) \`id\` \${EXTEN}\nand a line`
      expect(await bob.text('0899999999', body)).toBe(202)
      const text = await vi.waitFor(() => fs.readFileSync(said, 'utf8'), 5_000)
      expect(text).toBe(`<+46899999999>\n<+46812340002>\n<${body}>\n<main>\n`)
    })

    it('takes a message of a call file, percent-encoded', async () => {
      const call = `Channel: Local/+46812340002@dp_entry_answer
Context: dp_entry_text_in
Extension: +46812340002
Priority: 1
Setvar: MESSAGE(from)=+1202555016
Setvar: MESSAGE_ENCODE=rfc3986
Setvar: MESSAGE(body)=caf%C3%A9%2C%20%22yes%22%0A2
`
      const spool = path.join(pbx.asterisk.dir, 'spool')
      fs.writeFileSync(path.join(spool, 'tmp/one.call'), call)
      fs.renameSync(path.join(spool, 'tmp/one.call'), path.join(spool, 'outgoing/one.call'))
      const message = await bob.until((one) => one.messages[0], 'a message')
      expect(message.body.toString()).toBe('café, "yes"\n2')
    })

    it('speaks TLS 1.2 and 1.3, and nothing older', async () => {
      const versionOf = (version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3') =>
        new Promise<string>((resolve) => {
          const socket = tls.connect({
            ...{ host: '127.0.0.1', port: pbx.tlsPort, rejectUnauthorized: false, minVersion: version, maxVersion: version },
            // The client at least is willing to speak the old one.
            ciphers: 'DEFAULT@SECLEVEL=0'
          })
          socket.once('secureConnect', () => resolve(socket.getProtocol()!)).once('error', () => resolve('refused'))
          socket.once('secureConnect', () => socket.destroy())
        })
      expect(await Promise.all([versionOf('TLSv1.1'), versionOf('TLSv1.2'), versionOf('TLSv1.3')])).toEqual([
        'refused',
        'TLSv1.2',
        'TLSv1.3'
      ])
    })

    it('tells the sender of a message that nobody takes', async () => {
      expect(await alice.text('+1202555016', 'hello')).toBe(202)
      const message = await alice.until((one) => one.messages[0], 'a report')
      expect(message.body.toString()).toBe('Not delivered to +1202555016: hello')
    })

    it('takes a voice mail when the phone is busy, and mails it with its sound', async () => {
      alice.onInvite = 486
      const mail = path.join(pbx.asterisk.dir, 'spool/mail.txt')
      expect((await bob.speak('+46812340001', 15_000)).answer.reply.start.status).toBe(200)
      const text = await vi.waitFor(() => read(mail), { timeout: 10_000 })
      expect(text).toContain('To: "" <alice@example.org>')
      expect(text).toContain('"Bob Al" <+46812340002> left a message of 0:0')
      expect(text).toMatch(/filename="?[^"]*\.WAV/i)
      fs.rmSync(mail)
      alice.onInvite = 'answer'
      await alice.register(0)
      expect((await bob.speak('+46812340001', 1_000)).answer.reply.start.status).toBe(200)
      // Nothing was said in that one: the next mail is not its.
      expect((await bob.speak('+46812340001', 15_000)).answer.reply.start.status).toBe(200)
      expect(await vi.waitFor(() => read(mail), { timeout: 10_000 })).toMatch(/message of 0:0[2-8]/)
    }, 60_000)

    it('has a menu that ends by itself when nobody chooses, and that does not fall over a digit without a meaning', async () => {
      const call = alice.speak('7', 100_000)
      const channel = await vi.waitFor(async () => {
        const [, name] = /^(PJSIP\/alice-\S+?)!dp_ivr_menu!/m.exec(await pbx.asterisk.rx('core show channels concise'))!
        return name!
      }, 10_000)
      expect(channel).toMatch(/^PJSIP/)
      const { answer, endedBy } = await call
      expect({ status: answer.reply.start.status, endedBy }).toEqual({ status: 200, endedBy: 'peer' })
    }, 120_000)

    it('has nothing to complain of in all of these', () => {
      const complaints = log()
        .split('\n')
        .filter(
          (line) =>
            /WARNING|ERROR/.test(line) && !/stir_shaken|users\.conf|res_musiconhold|sending OPTIONS|SSL_ERROR_SSL/.test(line)
        )
      expect(complaints).toEqual([])
    })
  })
}

function read(file: string): string {
  const text = fs.readFileSync(file, 'utf8')
  expect(text).toMatch(/^--.*--$/m)
  return text
}
