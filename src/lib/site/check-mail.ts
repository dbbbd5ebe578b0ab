import type { Fields } from './fields.js'
import { charset, locale, mailCommand, mailText } from './mail-rules.js'
import { isMinivmSend, type MinivmSend, readMinivmSend, smtpPorts } from './minivm-send.js'
import { absolutePath, addressOrHost, Fault, integer, mailAddress, matching, oneOf, type Rule, yesNo } from './rule.js'
import type { SmtpSettings, VoicemailSettings } from './site.js'

/** app_minivm.c: `fromaddress[100]`, `subject[100]`, `serveremail[80]`, each with its end. */
const buffers = { fromName: 99, subject: 99, from: 79 }
/** Not a bound of Asterisk but of the line that it stands in. */
const maxBodyBytes = 4_000

const smtpUser = matching(/^[A-Za-z0-9._+@%=~!#/-]{1,128}$/, 'user of a mail server')
const from: Rule<string> = (text) =>
  text.length > buffers.from ? new Fault(`has more than ${buffers.from} bytes`) : mailAddress(text)

interface Mail {
  readonly voicemail: VoicemailSettings
  readonly smtp: SmtpSettings
}

/** Both sections: a `minivm-send` line of one, or of upstream's minivm.conf, fills what the other does not say. */
export function checkMail(voicemail: Fields, smtp: Fields, domain: string | undefined): Mail {
  const command = voicemail.one('mail_command', anyMailCommand, { isSecret: true })
  const upstream = smtp.one('mailcmd', minivmSend, { isSecret: true })
  const imported = upstream ?? (typeof command === 'object' ? command : undefined)
  const settings = checkSmtp(smtp, imported, upstream ? smtp : voicemail)
  const plainCommand = typeof command === 'string' ? command : undefined
  const canSend = settings.host !== undefined || plainCommand !== undefined
  const isEnabled = voicemail.one('enabled', yesNo) ?? canSend
  if (isEnabled && !canSend && !voicemail.has('mail_command') && !smtp.has('host') && !smtp.has('mailcmd'))
    voicemail.refuse('enabled', 'missing', 'needs a way for mail', 'Give host in section smtp, or mail_command here.')
  return {
    smtp: settings,
    voicemail: {
      isEnabled,
      from: voicemail.one('from', from) ?? imported?.from ?? `voicemail-noreply@${domain ?? 'localhost'}`,
      fromName: voicemail.one('from_name', fromName) ?? 'Voice mail',
      subject: voicemail.one('subject', mailText(buffers.subject)) ?? `Voice mail from \${MVM_CALLERID}`,
      body:
        voicemail.one('body', mailText(maxBodyBytes)) ??
        `\${MVM_CALLERID} left a message of \${MVM_DUR} on \${MVM_DATE}. It is attached.`,
      charset: voicemail.one('charset', charset) ?? 'utf-8',
      format: voicemail.one('format', oneOf('wav49', 'wav', 'gsm', 'ulaw', 'alaw', 'g722')) ?? 'wav49',
      gainDb: voicemail.one('gain_db', integer(0, 30, 'dB')) ?? 12,
      locale: voicemail.one('locale', locale) ?? 'C',
      mailCommand: plainCommand,
      unsentFolder: voicemail.one('unsent_folder', absolutePath) ?? '/var/spool/asterisk/unsent-mail'
    }
  }
}

function checkSmtp(fields: Fields, imported: MinivmSend | undefined, importer: Fields): SmtpSettings {
  const security = fields.one('security', oneOf('none', 'starttls', 'tls')) ?? imported?.security ?? 'starttls'
  const host = fields.one('host', addressOrHost) ?? imported?.host
  const user = fields.one('user', smtpUser) ?? imported?.user
  const passwordFile = fields.one('password_file', absolutePath)
  const port = fields.one('port', integer(1, 65_535)) ?? imported?.port ?? smtpPorts[security]
  if (imported?.password !== undefined && !fields.has('password_file'))
    importer.refuse(
      importer === fields ? 'mailcmd' : 'mail_command',
      'secret',
      'has a password',
      'Put it into a file and name that with password_file in section smtp; `pbxkit dialplan init --minivm-conf FILE` does so.'
    )
  if (user !== undefined && !fields.has('password_file') && imported?.password === undefined)
    fields.refuse('user', 'missing', 'needs password_file, a file whose first line is the password')
  if (fields.has('password_file') && user === undefined && !fields.has('user'))
    fields.refuse('password_file', 'missing', 'needs user')
  if (user !== undefined && security === 'none')
    fields.warn('user', 'conflict', 'logs in without encryption', 'Set security = starttls or tls.')
  const [tlsCa, logFile] = [fields.one('tls_ca', absolutePath), fields.one('log_file', absolutePath)]
  return {
    host,
    port,
    security,
    user,
    passwordFile,
    ...(tlsCa !== undefined && { tlsCa }),
    ...(logFile !== undefined && { logFile })
  }
}

/** An RFC 5322 display name without quotes, written so by Asterisk. */
const fromName: Rule<string> = (text) =>
  /["\\<>@,:()[\]]/.test(text) ? new Fault('has a sign that means something in a mail header') : mailText(buffers.fromName)(text)

const minivmSend: Rule<MinivmSend> = (text) =>
  isMinivmSend(text)
    ? readMinivmSend(text)
    : new Fault('is no line of minivm-send', 'Another command goes into mail_command of section voicemail.')

const anyMailCommand: Rule<string | MinivmSend> = (text) => (isMinivmSend(text) ? readMinivmSend(text) : mailCommand(text))
