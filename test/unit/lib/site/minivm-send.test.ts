import { describe, expect, it } from 'vitest'
import { importMinivmConf } from '../../../../src/lib/site/import-minivm.js'
import { isMinivmSend, readMinivmSend } from '../../../../src/lib/site/minivm-send.js'
import { Fault } from '../../../../src/lib/site/rule.js'
import { scratchFile } from '../../support/scratch.js'
import { errorsOf, read } from './support/site-sources.js'

const line = 'minivm-send -H mx.example.com:587 -P starttls -u username -p password -f voicemail-noreply@example.com'
const site = (text: string) => ({ file: scratchFile('x.ini', `[site]\ndomain = a.example\ncountry_code = 46\n${text}`) })

describe("upstream's mail command", () => {
  it('is read as its script reads it', () => {
    const said = {
      host: 'mx.example.com',
      port: 587,
      security: 'starttls',
      user: 'username',
      password: 'password',
      from: 'voicemail-noreply@example.com'
    }
    expect(readMinivmSend(line)).toEqual(said)
    expect(readMinivmSend(`/usr/local/bin/${line} -e`)).toEqual(said)
    expect(readMinivmSend(line.replaceAll(/-([HPupf]) /g, '-$1'))).toEqual(said)
    expect(readMinivmSend(`minivm-send -p 'it is "x"' -H "mx"`)).toMatchObject({
      host: 'mx',
      port: 25,
      security: 'none',
      password: 'it is "x"'
    })
    expect(readMinivmSend('minivm-send -H [2001:db8::1]:465 -P smtps')).toMatchObject({
      host: '2001:db8::1',
      port: 465,
      security: 'tls'
    })
  })

  it.each([
    'minivm-send',
    'minivm-send -H',
    'minivm-send -H mx -P ssl',
    'minivm-send -H mx -x',
    'minivm-send -H mx; id',
    'minivm-send -H $(id)',
    'minivm-send -H mx -f x',
    'minivm-send -H mx -p "$x"'
  ])('%j is refused', (text) => {
    expect(isMinivmSend(text)).toBe(true)
    expect(readMinivmSend(text)).toBeInstanceOf(Fault)
  })

  it.each(['[smtp]\nmailcmd', '[voicemail]\nmail_command'])('as %j fills the settings of the mail server', async (field) => {
    const { smtp, voicemail } = (await read(site(`${field} = ${line.replace(' -u username -p password', '')}\n`))).site
    expect(smtp).toEqual({ host: 'mx.example.com', port: 587, security: 'starttls', user: undefined, passwordFile: undefined })
    expect(voicemail).toMatchObject({ isEnabled: true, from: 'voicemail-noreply@example.com', mailCommand: undefined })
  })

  it('with a password needs a file for it, and no message has it', async () => {
    const refused = await errorsOf(site(`[smtp]\nmailcmd = ${line.replace('password', 'geheim')}\n`))
    expect(refused).toMatchObject([{ line: 5, code: 'secret', hint: expect.stringContaining('--minivm-conf') }])
    expect(JSON.stringify(refused)).not.toContain('geheim')
    const { smtp } = (await read(site(`[smtp]\nmailcmd = ${line}\npassword_file = /etc/smtp\nport = 2525\n`))).site
    expect(smtp).toEqual({
      host: 'mx.example.com',
      port: 2525,
      security: 'starttls',
      user: 'username',
      passwordFile: '/etc/smtp'
    })
  })

  it("is taken from upstream's minivm.conf", () => {
    const file = scratchFile('minivm.conf', `;mailcmd = x\n[general]\nmailcmd = ${line}\n\n[template-x]\nmailcmd = no\n`)
    expect(importMinivmConf(file)).toMatchObject({ host: 'mx.example.com', password: 'password' })
    const other = scratchFile('minivm.conf', '[general]\nmailcmd = /usr/sbin/sendmail -t\n')
    expect(() => importMinivmConf(other)).toThrow(/minivm.conf:2: there is no mailcmd of minivm-send/)
  })
})
