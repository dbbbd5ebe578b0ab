import { type NewSection, writeConfig } from '../asterisk-config/write.js'
import { DataError } from '../errors.js'
import type { Site } from '../site/site.js'
import type { RenderOptions } from './options.js'

/** app_minivm keeps it in 160 bytes, one of which ends the string (app_minivm.c, `global_mailcmd`). */
const maxCommandLength = 159

/**
 * Voice mail. `minmessage` is never written: a call that is shorter kills Asterisk 22 (the dialplan throws such records away). The password of the mail server is
 * in msmtprc, since Asterisk shows the command to everybody who may ask, and a process its arguments.
 */
export function minivmConf(site: Site, { configFolder }: RenderOptions): string {
  const { voicemail, smtp } = site
  const command = voicemail.mailCommand ?? (smtp.host === undefined ? undefined : `/bin/sh ${configFolder}/minivm-mail`)
  if (command !== undefined && command.length > maxCommandLength)
    throw new DataError(`The mail command has more than ${maxCommandLength} characters: ${command}`)
  const general: NewSection = {
    name: 'general',
    settings: [
      ...(command === undefined ? [] : [{ name: 'mailcmd', value: command }]),
      { name: 'format', value: voicemail.format }
    ]
  }
  const template: NewSection = {
    name: 'template-en_US_email',
    settings: [
      { name: 'fromemail', value: voicemail.from },
      { name: 'fromaddress', value: voicemail.fromName },
      { name: 'subject', value: voicemail.subject },
      { name: 'messagebody', value: voicemail.body },
      { name: 'charset', value: voicemail.charset },
      { name: 'attachmedia', value: 'yes' },
      { name: 'dateformat', value: '%A, %d %B %Y at %H:%M:%S' },
      { name: 'locale', value: voicemail.locale }
    ]
  }
  return writeConfig(voicemail.isEnabled ? [general, template] : [general], 'Voice mail by e-mail.').toString()
}
