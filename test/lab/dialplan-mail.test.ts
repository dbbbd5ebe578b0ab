import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { generateTls } from '../../src/lib/keygen/tls/generate-tls.js'
import { renderInto } from '../../src/lib/privatedial/render-into.js'
import { makeSite } from '../unit/support/sites.js'
import { choosePort } from './servers/ports.js'
import { installInChroot } from './support/chroot-packages.js'
import { describeLabWith } from './support/debian-clients.js'
import { Phone } from './support/phone.js'
import { Program, scratchFile } from './support/program.js'
import { type RenderedPbx, startRendered } from './support/rendered-pbx.js'

const password = 'Sm tp;"pass'

await describeLabWith(['python3-aiosmtpd'], 'voice mail by e-mail: Asterisk 22, msmtp and an SMTP server', () => {
  let pbx: RenderedPbx
  let smtp: Program
  let alice: Phone
  let bob: Phone
  let inside: string

  beforeAll(async () => {
    await installInChroot('asterisk22', ['msmtp'])
    const port = await choosePort(undefined, new Set())
    const pair = await generateTls({ names: ['127.0.0.1'], keyType: 'ec-p256', usage: 'server', days: 1, now: new Date() })
    const [cert, key] = [scratchFile('smtp.crt', pair.certificate), scratchFile('smtp.key', pair.key)]
    const script = fileURLToPath(new URL('support/smtp-server.py', import.meta.url))
    smtp = new Program([script, cert, key, 'pbx', password, String(port)], { command: ['/usr/bin/python3'] })
    await smtp.prints((text) => text.includes('"ready"'), 'the server')
    const settings = ({ dir }: { dir: string }) => ({
      voicemail: { ...makeSite().voicemail, mailCommand: undefined, unsentFolder: `${dir}/spool/unsent` },
      smtp: {
        ...{ host: '127.0.0.1', port, security: 'starttls' as const, user: 'pbx', passwordFile: `${dir}/etc/password` },
        ...{ tlsCa: `${dir}/etc/smtp.crt`, logFile: `${dir}/log/msmtp.log` }
      }
    })
    pbx = await startRendered('plain', settings)
    inside = path.dirname(pbx.configFolder)
    const folder = path.join(pbx.asterisk.dir, 'etc')
    await renderInto(pbx.site, { folder, configFolder: pbx.configFolder, force: true, dryRun: false, acceptsSlowStart: false })
    fs.writeFileSync(path.join(folder, 'smtp.crt'), pair.certificate)
    fs.writeFileSync(path.join(folder, 'password'), `${password}\n`, { mode: 0o600 })
    const secretOf = (name: string) => pbx.site.users.find((user) => user.name === name)!.secret
    alice = new Phone('alice', pbx.asterisk.sipPort, { password: secretOf('alice') })
    bob = new Phone('bob', pbx.asterisk.sipPort, { password: secretOf('bob') })
    alice.onInvite = 486
    for (const phone of [alice, bob]) expect(await phone.register()).toBe(200)
  })
  afterAll(async () => {
    for (const phone of [alice, bob]) phone?.close()
    smtp?.kill('SIGTERM')
    await pbx?.asterisk.stop()
  })

  const events = (kind: string) => smtp.documents.filter(({ event }) => event === kind)
  const leaveMessage = async () => expect((await bob.speak('+46812340001', 14_000)).answer.reply.start.status).toBe(200)
  const unsent = () => fs.readdirSync(path.join(pbx.asterisk.dir, 'spool/unsent'))
  const log = () => fs.readFileSync(path.join(pbx.asterisk.dir, 'log/msmtp.log'), 'utf8')

  it('arrives with its WAV, over TLS and with a login, and the password is in no argument of a process', async () => {
    expect(fs.statSync(path.join(pbx.asterisk.dir, 'etc/msmtprc')).mode & 0o777).toBe(0o600)
    const seen: string[] = []
    const look = setInterval(() => seen.push(...argumentsOfMsmtp(inside)), 20)
    await leaveMessage()
    const mail = await smtp.prints(() => events('mail')[0], 'a mail')
    clearInterval(look)
    expect(seen.length).toBeGreaterThan(0)
    expect(seen.every((one) => !one.includes('Sm tp'))).toBe(true)
    expect(await pbx.asterisk.rx('minivm show settings')).not.toContain('Sm tp')
    expect(mail).toMatchObject({ recipients: ['alice@example.org'], sender: 'voicemail@example.org', tls: true, login: 'pbx' })
    const text = Buffer.from(mail.content as string, 'base64').toString('latin1')
    expect(text).toContain('"Bob Al" <+46812340002> left a message of 0:')
    const encoded = /filename="[^"]*\.WAV"\r?\n\r?\n([A-Za-z0-9+/=\r\n]+)/.exec(text)![1]!
    const sound = Buffer.from(encoded, 'base64')
    // WAVE with format 0x31, GSM 6.10.
    expect([sound.toString('latin1', 0, 4), sound.toString('latin1', 8, 12), sound.readUInt16LE(20)]).toEqual([
      'RIFF',
      'WAVE',
      0x31
    ])
    // GSM has 1650 bytes a second: more than the heading and a moment of speech, also where a busy machine loses some of it.
    expect(sound.length).toBeGreaterThan(1_650)
    expect(unsent()).toEqual([])
  }, 60_000)

  it('is kept when the password is wrong, which the log of msmtp says, and goes with the next one', async () => {
    const file = path.join(pbx.asterisk.dir, 'etc/password')
    fs.writeFileSync(file, 'wrong\n')
    await leaveMessage()
    await smtp.prints(() => events('login').some(({ good }) => good === false), 'a wrong login')
    await vi.waitFor(() => expect(log()).toMatch(/authentication failed.*exitcode=EX_NOPERM/), 10_000)
    await vi.waitFor(() => expect(unsent()).toEqual([expect.stringMatching(/^\w{10}\.mail$/)]), 10_000)
    expect(log()).not.toContain('wrong')
    expect(events('mail')).toHaveLength(1)
    fs.writeFileSync(file, `${password}\n`)
    await leaveMessage()
    await smtp.prints(() => events('mail').length === 3, 'both mails')
    await vi.waitFor(() => expect(unsent()).toEqual([]), 5_000)
  }, 90_000)
})

/** The command lines of the processes that send mail for this Asterisk. */
function argumentsOfMsmtp(inside: string): string[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const words = fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ')
        return /msmtp|head -n 1/.test(words) && words.includes(inside) ? [words] : []
      } catch {
        // It has ended meanwhile.
        return []
      }
    })
}
