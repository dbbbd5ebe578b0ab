import { unsafeInDialplan } from './characters.js'
import { codec } from './codecs.js'
import type { Fields } from './fields.js'
import {
  absolutePath,
  addressOrHost,
  Fault,
  freeText,
  hostName,
  integer,
  matching,
  network,
  oneOf,
  type Rule,
  yesNo
} from './rule.js'
import type {
  DialSettings,
  IvrAction,
  IvrSettings,
  MediaSettings,
  NatSettings,
  OutputSettings,
  RtpSettings,
  SiteSettings,
  SmsSettings
} from './site.js'

/** RFC 3261 sets no bound; longer ones are noise in every message. */
const maxUserAgentBytes = 64
/** Fewer cannot carry ten calls: each takes one port for media and one for RTCP. */
const minRtpPorts = 20

const defaultCodecs = ['opus', 'g722', 'ulaw', 'alaw', 'h264', 'vp8'] as const

const prefix = matching(/^\d{1,4}$/, 'prefix of one to four digits')
const countryCode = matching(/^[1-9]\d{0,2}$/, 'country code', 'It has one to three digits, without + and zeros.')

export function checkSiteSettings(fields: Fields): Omit<SiteSettings, 'domain' | 'countryCode'> & Partial<SiteSettings> {
  const domain = fields.required('domain', hostName, 'Write domain = pbx.example.com in section site.')
  // Upstream's spelling: whoever comes from there has it.
  const upstream = fields.one('contry_code', countryCode)
  const own = fields.has('country_code') || upstream === undefined
  const country = own ? fields.required('country_code', countryCode, 'Write country_code = 46 for Sweden.') : upstream
  if (upstream !== undefined && country !== undefined && upstream !== country)
    fields.refuse('contry_code', 'conflict', 'is another one than country_code')
  const nationalPrefix = fields.one('national_prefix', prefix) ?? '0'
  const internationalPrefix = fields.one('international_prefix', prefix) ?? '00'
  if (nationalPrefix === internationalPrefix) fields.refuse('national_prefix', 'conflict', 'is the same as international_prefix')
  return {
    ...(domain !== undefined && { domain }),
    ...(country !== undefined && { countryCode: country }),
    nationalPrefix,
    internationalPrefix,
    userAgent: fields.one('user_agent', userAgent) ?? 'PrivateDial',
    emergency: fields.list('emergency', matching(/^\d{2,6}$/, 'emergency number of two to six digits')) ?? ['112']
  }
}

const userAgent: Rule<string> = (text) =>
  /^[\x20-\x7e]+$/.test(text) ? freeText(maxUserAgentBytes)(text) : new Fault('has a character that is not ASCII')

export function checkDial(fields: Fields): DialSettings {
  return {
    timeoutS: fields.one('timeout', integer(5, 300, 'seconds')) ?? 30,
    minDigits: fields.one('min_digits', integer(2, 15)) ?? 8
  }
}

export function checkNat(fields: Fields): NatSettings {
  const externalAddress = fields.one('external_address', addressOrHost)
  const localNet = fields.list('local_net', network) ?? []
  if (fields.has('external_address') && !fields.has('local_net'))
    fields.refuse(
      'external_address',
      'missing',
      'needs a local_net',
      'Without it, phones at home are told the outside address. Write local_net = 192.168.0.0/16.'
    )
  return { externalAddress, localNet }
}

export function checkMedia(fields: Fields): MediaSettings {
  return {
    codecs: fields.list('codecs', codec) ?? defaultCodecs,
    encryption: fields.one('encryption', oneOf('none', 'sdes', 'sdes-optional', 'dtls')) ?? 'sdes-optional'
  }
}

export function checkRtp(fields: Fields): RtpSettings {
  const port = integer(1024, 65_535)
  const start = fields.one('start', port) ?? 10_000
  const end = fields.one('end', port) ?? Math.min(start + 99, 65_535)
  if (start % 2 !== 0) fields.refuse('start', 'value', 'is odd: RTP has even ports, RTCP the next one')
  if (end - start + 1 < minRtpPorts) fields.refuse('end', 'value', `leaves fewer than ${minRtpPorts} ports`)
  const isRendered = fields.one('enabled', yesNo) ?? (fields.has('start') || fields.has('end'))
  return { isRendered, start, end }
}

const profile: Rule<string> = (text) => {
  const why = unsafeInDialplan(text)
  if (why) return new Fault(why)
  return /^(yes|no)$/i.test(text) || !/^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$/.test(text) ? new Fault('is no name of a profile') : text
}

export function checkSms(fields: Fields): SmsSettings {
  const app = fields.one('app', absolutePath)
  const profiles = fields.list('profiles', profile) ?? []
  if (fields.has('profiles') && !fields.has('app')) fields.refuse('profiles', 'missing', 'needs app, the program that sends')
  const given = fields.list('arguments', matching(/^[A-Za-z0-9_./:=+-]{1,80}$/, 'argument of letters, digits and _ . / : = + -'))
  if (given && !fields.has('app')) fields.refuse('arguments', 'missing', 'needs app, the program that sends')
  // A text that begins with - is no flag behind the two of them.
  const own = app !== undefined && /\/pbxkit$/.test(app) ? ['dialplan', 'websms', 'send', '--'] : undefined
  const words = given ?? own
  return { app, ...(words && { arguments: words }), profiles }
}

const actions = ['record-temp', 'record-unavail', 'record-busy', 'record-name', 'play', 'erase', 'moh', 'echo', 'none'] as const

/** Upstream's menu. */
const defaultKeys: readonly (readonly [string, IvrAction])[] = [
  ['1', 'record-temp'],
  ['2', 'record-unavail'],
  ['3', 'record-busy'],
  ['4', 'record-name'],
  ['5', 'moh'],
  ['6', 'echo']
]

export function checkIvr(fields: Fields, isEnabledByDefault: boolean): IvrSettings {
  const keys = new Map<string, IvrAction>(defaultKeys)
  for (const key of fields.namesUnder('key.')) {
    const action = fields.one(`key.${key}`, oneOf(...actions))
    if (!/^[0-9*#]$/.test(key)) fields.refuse(`key.${key}`, 'value', 'is no key of a telephone', 'There are 0 to 9, * and #.')
    else if (action !== undefined) keys.set(key, action)
  }
  return {
    isEnabled: fields.one('enabled', yesNo) ?? isEnabledByDefault,
    keys: new Map([...keys].sort(([a], [b]) => (a < b ? -1 : 1))),
    maxRounds: fields.one('max_rounds', integer(1, 20)) ?? 3,
    allowDial: fields.one('allow_dial', yesNo) ?? false
  }
}

export function checkOutput(fields: Fields): OutputSettings {
  return { form: fields.one('form', oneOf('plain', 'wizard')) ?? 'plain' }
}
