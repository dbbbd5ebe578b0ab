import type { Field } from './fields.js'
import type { ProfileSection } from './profile-section.js'
import { checkTemplate, escapeFor } from './template.js'

/** How messages go to a provider: `[websms:NAME]`, or `[websms]` for who names none. Settings have upstream's names where it has them. */
export interface Outgoing {
  readonly name: string
  /** With placeholders. */
  readonly url: string
  readonly method: 'POST' | 'GET' | 'PUT'
  readonly format: 'form' | 'json' | 'query'
  /** The whole body, with placeholders, instead of `format`. */
  readonly template: string | undefined
  readonly contentType: string
  readonly headers: Readonly<Record<string, string>>
  readonly keys: {
    readonly to: string
    readonly from: string
    readonly body: string
    readonly user: string
    readonly secret: string
  }
  /** Further fields, always the same. */
  readonly fixed: readonly (readonly [string, string])[]
  readonly login:
    | { readonly method: 'basic' | 'plain' | 'bearer' | 'zadarma'; readonly user: string; readonly secret: string }
    | undefined
  readonly omitsPlus: boolean
  /** For providers that know the basic plane of Unicode only (`ucs-2`: anything else becomes U+FFFD), or that want a further field for the rest. */
  readonly unicode: 'ucs-2' | Field | undefined
  /** A field of the reply, wherever it is in there, and its value when the provider has taken the message. */
  readonly check: { readonly name: string; readonly value: string } | undefined
  readonly timeoutMs: number
  readonly retries: number
  readonly caFile: string | undefined
}

/** A message is sent by the one thread that Asterisk has for messages: all others wait for it. */
const defaultTimeoutS = 8

export function readOutgoing(name: string, settings: ProfileSection): Outgoing {
  const url = readUrl(settings)
  const method = settings.word('method', ['POST', 'GET', 'PUT']) ?? 'POST'
  const format = settings.word('format', ['form', 'json', 'query']) ?? (method === 'GET' ? 'query' : 'form')
  const template = settings.text('template')
  const contentType = settings.text('content_type') ?? 'application/json'
  if (method === 'GET' && (template !== undefined || format !== 'query'))
    throw settings.fail('method', 'GET has no body: leave out template, and format = query')
  if (template !== undefined) {
    checkTemplate(template, settings.where('template'))
    escapeFor(contentType, settings.where('content_type'))
  }
  const login = readLogin(settings)
  if (login?.method === 'zadarma' && (template !== undefined || format !== 'form'))
    throw settings.fail('auth_method', 'signs a form: leave out template and format')
  const check = settings.text('resp_check')
  const [, checkName, checkValue] = /^([^=]+)=(.*)$/.exec(check ?? '') ?? []
  if (check !== undefined && checkName === undefined) throw settings.fail('resp_check', 'is not of the form name=value')
  return {
    ...{ name, url, method, format, template, contentType },
    headers: readHeaders(settings),
    keys: {
      to: settings.text('key_to') ?? 'To',
      from: settings.text('key_from') ?? 'From',
      body: settings.text('key_body') ?? 'Body',
      user: settings.text('key_user') ?? 'user',
      secret: settings.text('key_secret') ?? 'secret'
    },
    fixed: readFixed(settings),
    login,
    omitsPlus: settings.word('val_numform', ['E164', 'plus']) === 'E164',
    unicode: readUnicode(settings),
    check: checkName === undefined ? undefined : { name: checkName.trim(), value: checkValue!.trim() },
    timeoutMs: (settings.integer('timeout', 1, 60) ?? defaultTimeoutS) * 1000,
    retries: settings.integer('retries', 0, 5) ?? 2,
    caFile: settings.absolute('tls_ca')
  }
}

function readUrl(settings: ProfileSection): string {
  const [whole, host, path] = [settings.text('url'), settings.text('url_host'), settings.text('url_path')]
  const isPlainWanted = settings.isYes('plain_http')
  if (whole !== undefined && (host !== undefined || path !== undefined))
    throw settings.fail('url', 'stands for url_host and url_path')
  const name = whole === undefined ? 'url_host' : 'url'
  const text = whole ?? (host === undefined ? undefined : `${/^https?:\/\//.test(host) ? '' : 'https://'}${host}${path ?? '/'}`)
  if (text === undefined) throw settings.fail(undefined, 'has no url')
  checkTemplate(text, settings.where(name))
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) throw settings.fail(name, 'is no URL of https')
  if (url.username !== '' || url.password !== '')
    throw settings.fail(name, 'has a login in it', 'Write auth_user and auth_secret.')
  // A placeholder there would let who writes a message choose the server.
  if (/\$/.test(/^https?:\/\/[^/?#]*/.exec(text)![0])) throw settings.fail(name, 'has a placeholder in its host')
  if (url.protocol === 'http:' && !isPlainWanted && !/^(127\.\d+\.\d+\.\d+|\[::1\]|localhost)$/.test(url.hostname))
    throw settings.fail(name, 'is not encrypted', 'Write https, or plain_http = yes if the network is yours.')
  return text
}

function readHeaders(settings: ProfileSection): Record<string, string> {
  return Object.fromEntries(
    settings.all('header').map((text) => {
      // RFC 9110 5.1 and 5.5.
      const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)$/.exec(text) ?? []
      if (name === undefined || /^(host|content-length|content-type|transfer-encoding|connection|expect)$/i.test(name))
        throw settings.fail('header', 'is no header that can be chosen', 'Write header = X-Api-Key: value.')
      return [name, value!]
    })
  )
}

function readFixed(settings: ProfileSection): [string, string][] {
  const text = settings.text('val_static')
  if (text === undefined) return []
  return text.split(',').map((part) => {
    const [, name, value] = /^\s*([^=]+?)\s*=\s*(.*?)\s*$/.exec(part) ?? []
    if (name === undefined) throw settings.fail('val_static', 'is not of the form name=value,name=value')
    return [name, value!]
  })
}

function readUnicode(settings: ProfileSection): Outgoing['unicode'] {
  const text = settings.text('val_unicode')
  if (text === undefined || /^utf-?8$/i.test(text)) return undefined
  if (/^ucs-?2$/i.test(text)) return 'ucs-2'
  const [, name, value] = /^([^=]+)=(.*)$/.exec(text) ?? []
  if (name === undefined) throw settings.fail('val_unicode', 'is neither UCS-2 nor of the form name=value')
  return [name.trim(), value!.trim()]
}

function readLogin(settings: ProfileSection): Outgoing['login'] {
  const [user, secret] = [settings.text('auth_user'), settings.secret('auth_secret')]
  const method =
    settings.word('auth_method', ['none', 'basic', 'plain', 'bearer', 'zadarma']) ?? (secret === undefined ? 'none' : 'basic')
  if (method === 'none') return undefined
  if (secret === undefined) throw settings.fail('auth_method', 'needs auth_secret or auth_secret_file')
  if (method !== 'bearer' && user === undefined) throw settings.fail('auth_method', 'needs auth_user')
  if (method === 'bearer' && !/^[\x21-\x7e]+$/.test(secret))
    throw settings.fail('auth_secret', 'has a character that no token has')
  return { method, user: user ?? '', secret }
}
