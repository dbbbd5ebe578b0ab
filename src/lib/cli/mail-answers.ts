import { UsageError } from '../errors.js'
import type { MinivmSend } from '../site/minivm-send.js'
import { askSecret } from './prompt.js'
import type { SiteQuestions } from './site-questions.js'

type Settings = readonly (readonly [name: string, value: string])[]

/** Who takes voice mail, as a site file has it. */
export interface MailAnswers {
  readonly smtp: Settings
  readonly voicemail: Settings
  /** Goes into a file of its own. */
  readonly password: string | undefined
}

export interface MailInput {
  readonly flags: { readonly 'smtp-host'?: string | undefined; readonly 'smtp-user'?: string | undefined }
  readonly password: string | undefined
  /** Of upstream's minivm.conf. */
  readonly minivm: MinivmSend | undefined
  /** Undefined: nobody to ask. */
  readonly questions: SiteQuestions | undefined
  /** Where the password will be. */
  readonly passwordFile: string
  readonly signal: AbortSignal
}

/** The mail server of a new site: upstream's, that of the flags, or the one that is answered with; none is an answer as well. @throws UsageError, InterruptedError */
export async function mailOf({ flags, password, minivm, questions, passwordFile, signal }: MailInput): Promise<MailAnswers> {
  if (minivm) {
    const more: Settings = [
      ['port', String(minivm.port)],
      ['security', minivm.security]
    ]
    const smtp = settingsOf(minivm.host, more, minivm.user, minivm.password === undefined ? undefined : passwordFile)
    return { smtp, voicemail: minivm.from ? [['from', minivm.from]] : [], password: minivm.password }
  }
  const { addressOrHost, matching } = await import('../site/rule.js')
  const host =
    flags['smtp-host'] ??
    (await questions?.text('Mail server for voice mail, such as mx.example.com (or none):', addressOrHost, { isOptional: true }))
  if (host === undefined || host === '') {
    if (flags['smtp-user'] !== undefined) throw new UsageError('--smtp-host is missing')
    return { smtp: [], voicemail: [], password: undefined }
  }
  const anyWord = matching(/^\S+$/, 'user name')
  const user = flags['smtp-user'] ?? (await questions?.text('User name there (or none):', anyWord, { isOptional: true }))
  if (user === undefined || user === '')
    return { smtp: settingsOf(host, [], undefined, undefined), voicemail: [], password: undefined }
  const secret = password ?? (questions && (await askSecret(`Password of ${user} there:`, signal)))
  if (secret === undefined) throw new UsageError('--smtp-password-file is missing: there is no password')
  return { smtp: settingsOf(host, [], user, passwordFile), voicemail: [], password: secret }
}

function settingsOf(host: string, more: Settings, user: string | undefined, passwordFile: string | undefined): Settings {
  return [
    ['host', host],
    ...more,
    ...(user === undefined ? [] : [['user', user] as const]),
    ...(passwordFile === undefined ? [] : [['password_file', passwordFile] as const])
  ]
}
