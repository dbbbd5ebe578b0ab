import { DataError } from '../errors.js'
import type { SmtpSettings, VoicemailSettings } from '../site/site.js'

/**
 * The settings of msmtp(1) for voice mail: one account. The password stays in its file, which msmtp has read for each mail (`passwordeval` is a shell command).
 * @returns undefined when another command sends the mail, or nothing can
 * @throws DataError for a value that would be more than one word there
 */
export function msmtprc({ isEnabled, mailCommand, from }: VoicemailSettings, smtp: SmtpSettings): string | undefined {
  const { host, port, security, user, passwordFile, tlsCa, logFile } = smtp
  if (!isEnabled || mailCommand !== undefined || host === undefined) return undefined
  const lines = [
    'defaults',
    'auto_from off',
    '',
    'account default',
    `host ${word(host, 'smtp.host')}`,
    `port ${port}`,
    `from ${word(from, 'voicemail.from')}`,
    `tls ${security === 'none' ? 'off' : 'on'}`,
    `tls_starttls ${security === 'starttls' ? 'on' : 'off'}`,
    'timeout 30',
    // What msmtp says on stderr nobody sees: Asterisk runs it in the background.
    logFile === undefined ? 'syslog LOG_MAIL' : `logfile ${path(logFile, 'smtp.log_file')}`,
    ...(tlsCa === undefined || security === 'none' ? [] : [`tls_trust_file ${path(tlsCa, 'smtp.tls_ca')}`])
  ]
  if (user !== undefined) {
    lines.push('auth on', `user ${word(user, 'smtp.user')}`)
    if (passwordFile !== undefined) lines.push(`passwordeval head -n 1 -- ${path(passwordFile, 'smtp.password_file')}`)
  } else lines.push('auth off')
  return `${lines.join('\n')}\n`
}

/** msmtp takes the rest of the line, and a text between double quotes without them. */
function word(value: string, field: string): string {
  if (/[\s"\p{Cc}]/u.test(value)) throw new DataError(`${field} has a blank, a quote or a control character in it`)
  return value
}

function path(value: string, field: string): string {
  if (!/^\/[A-Za-z0-9/._+@~-]*$/.test(value))
    throw new DataError(`${field} is no absolute path of letters, digits and / . _ + @ ~ -`)
  return value
}
