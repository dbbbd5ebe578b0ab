import type { HttpRequest } from '../net/http-request.js'
import type { Field } from './fields.js'
import type { TextMessage } from './message.js'
import type { Outgoing } from './outgoing.js'
import { escapeFor, escapePercent, fillTemplate } from './template.js'
import { zadarmaAuthorization, zadarmaForm } from './zadarma.js'

const formType = 'application/x-www-form-urlencoded; charset=utf-8'

/** What UCS-2 has not: most emoji. */
const beyondBasicPlane = /[\u{10000}-\u{10ffff}]/gu

/**
 * The request that hands a message to a provider. What the message has is escaped for where it stands: percent-encoded in the URL and in a form, as JSON or XML in a template.
 * @param id the same for each attempt, so that a provider can tell that it has the message already
 */
export function providerRequest(profile: Outgoing, message: TextMessage, id: string): Omit<HttpRequest, 'signal'> {
  const number = (text: string) => (profile.omitsPlus ? text.replace(/^\+/, '') : text)
  const body = profile.unicode === 'ucs-2' ? message.body.replace(beyondBasicPlane, '\ufffd') : message.body
  const values = { to: number(message.to), from: number(message.from), body, id }
  const url = new URL(fillTemplate(profile.url, values, escapePercent))
  const headers: Record<string, string> = { 'User-Agent': 'pbxkit', Accept: '*/*', ...profile.headers, ...authorization(profile) }
  const common = { method: profile.method, timeoutMs: profile.timeoutMs, caFile: profile.caFile }
  if (profile.template !== undefined) {
    const text = fillTemplate(profile.template, values, escapeFor(profile.contentType, ''))
    return { ...common, url, headers: { ...headers, 'Content-Type': profile.contentType }, body: Buffer.from(text) }
  }
  const { keys, login } = profile
  const fields: Field[] = [
    [keys.to, values.to],
    [keys.from, values.from],
    [keys.body, values.body],
    ...profile.fixed,
    ...(Array.isArray(profile.unicode) && body.search(beyondBasicPlane) >= 0 ? [profile.unicode as Field] : []),
    ...(login?.method === 'plain'
      ? ([
          [keys.user, login.user],
          [keys.secret, login.secret]
        ] as const)
      : [])
  ]
  if (profile.format === 'query') {
    for (const [name, value] of fields) url.searchParams.append(name, value)
    return { ...common, url, headers }
  }
  if (login?.method === 'zadarma') {
    const form = zadarmaForm(fields)
    const signed = { ...headers, 'Content-Type': formType, Authorization: zadarmaAuthorization(login, url.pathname, form) }
    return { ...common, url, headers: signed, body: Buffer.from(form) }
  }
  const isJson = profile.format === 'json'
  const text = isJson
    ? JSON.stringify(Object.fromEntries(fields))
    : new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value])).toString()
  const type = isJson ? 'application/json' : formType
  return { ...common, url, headers: { ...headers, 'Content-Type': type }, body: Buffer.from(text) }
}

function authorization({ login }: Outgoing): Record<string, string> {
  switch (login?.method) {
    case 'basic':
      return { Authorization: `Basic ${Buffer.from(`${login.user}:${login.secret}`).toString('base64')}` }
    case 'bearer':
      return { Authorization: `Bearer ${login.secret}` }
    default:
      return {}
  }
}
