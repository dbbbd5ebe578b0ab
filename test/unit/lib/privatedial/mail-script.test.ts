import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { DataError } from '../../../../src/lib/errors.js'
import { mailScript } from '../../../../src/lib/privatedial/mail-script.js'
import { scratchFolder } from '../../support/scratch.js'
import { makeSite } from '../../support/sites.js'

/** The script, with a program in the place of msmtp that takes mails as `status` in its folder says. */
function scene() {
  const folder = scratchFolder()
  const { voicemail, smtp } = makeSite()
  const text = mailScript({ ...voicemail, unsentFolder: `${folder}/unsent` }, smtp, { configFolder: '/etc/asterisk' })!
  expect(text).toContain("/usr/bin/msmtp -C '/etc/asterisk/msmtprc' -t")
  const status = path.join(folder, 'status')
  fs.writeFileSync(
    `${folder}/msmtp`,
    `#!/bin/sh\nmail=$(cat)\n[ "$mail" != poison ] || exit 65\n[ "$(cat ${status})" = 0 ] && echo "$mail" >>${folder}/sent\nexit $(cat ${status})\n`,
    { mode: 0o755 }
  )
  fs.writeFileSync(`${folder}/minivm-mail`, text.replaceAll('/usr/bin/msmtp', `${folder}/msmtp`))
  fs.writeFileSync(`${folder}/sent`, '')
  const run = (input: string, will: number, ...words: string[]) => {
    fs.writeFileSync(status, String(will))
    try {
      execFileSync('/bin/sh', [`${folder}/minivm-mail`, ...words], { input })
      return 0
    } catch (error) {
      return (error as { status: number }).status
    }
  }
  return {
    run,
    folder,
    unsent: () => fs.readdirSync(`${folder}/unsent`),
    sent: () => fs.readFileSync(`${folder}/sent`, 'utf8').trim().split('\n').sort()
  }
}

it('hands a mail on, and leaves nothing behind', () => {
  const { run, unsent, sent } = scene()
  expect(run('one', 0)).toBe(0)
  expect([sent(), unsent()]).toEqual([['one'], []])
})

it('keeps what cannot be sent, for its owner alone, and sends it with the next one or when asked', () => {
  const { run, unsent, sent } = scene()
  expect(run('one', 77)).toBe(77)
  expect(run('two', 75)).toBe(75)
  expect(unsent()).toHaveLength(2)
  expect(run('three', 0)).toBe(0)
  expect([sent(), unsent()]).toEqual([['one', 'three', 'two'], []])
  run('four', 69)
  expect(run('', 0, 'retry')).toBe(0)
  expect(sent()).toContain('four')
  expect(run('', 0, 'retry')).toBe(0)
  expect(sent()).toHaveLength(4)
})

it('goes on behind a mail that nobody takes', () => {
  const { run, unsent, sent } = scene()
  for (const mail of ['poison', 'good', 'poison', 'fine']) run(mail, 0)
  expect(sent()).toEqual(['fine', 'good'])
  expect(unsent()).toHaveLength(2)
})

it.skipIf(!fs.existsSync('/proc/self'))('sends what a run had in its hands that was killed, and not what another one has', () => {
  const { run, unsent, sent, folder } = scene()
  expect(run('first', 75)).toBe(75)
  const [kept] = unsent()
  fs.renameSync(`${folder}/unsent/${kept}`, `${folder}/unsent/${kept}.${process.pid}`)
  // Above the largest number of a process (proc(5), pid_max).
  fs.writeFileSync(`${folder}/unsent/other.mail.4194305`, 'of a killed run\n')
  expect(run('', 0, 'retry')).toBe(0)
  expect([sent(), unsent()]).toEqual([['of a killed run'], [`${kept}.${process.pid}`]])
})

it('is there for msmtp only', () => {
  const { voicemail, smtp } = makeSite()
  const options = { configFolder: '/etc/asterisk' }
  expect(mailScript({ ...voicemail, mailCommand: '/usr/sbin/sendmail -t' }, smtp, options)).toBeUndefined()
  expect(mailScript(voicemail, { ...smtp, host: undefined }, options)).toBeUndefined()
  expect(mailScript({ ...voicemail, isEnabled: false }, smtp, options)).toBeUndefined()
})

it.each(['/etc/my asterisk', "/etc/it's", './etc', '/etc/$(id)'])(
  'refuses to name the folder %s in a command',
  (configFolder) => {
    const { voicemail, smtp } = makeSite()
    expect(() => mailScript(voicemail, { ...smtp, host: 'mail.example.com' }, { configFolder })).toThrow(DataError)
    expect(
      mailScript({ ...voicemail, isEnabled: false }, { ...smtp, host: 'mail.example.com' }, { configFolder })
    ).toBeUndefined()
  }
)
