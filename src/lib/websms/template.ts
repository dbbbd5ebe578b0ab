import { ConfigError } from '../errors.js'

/** What stands for a part of the message in a template. */
export const placeholders = ['to', 'from', 'body', 'id'] as const
export type Placeholder = (typeof placeholders)[number]

/** How a value is written where it stands, so that it stays one value. */
export type Escape = (value: string) => string

export const escapePercent: Escape = encodeURIComponent

/** Inside of the quotes of a JSON string. */
export const escapeJson: Escape = (value) => JSON.stringify(value).slice(1, -1)

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }

/** XML 1.0, 2.2: what it cannot have at all is left out. */
export const escapeXml: Escape = (value) =>
  value.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '').replace(/[&<>"']/g, (sign) => entities[sign]!)

/** The one way of escaping that belongs to a type. @throws ConfigError for a type that has none: nothing is put in unescaped */
export function escapeFor(contentType: string, where: string): Escape {
  const type = contentType.split(';', 1)[0]!.trim().toLowerCase()
  if (type === 'application/x-www-form-urlencoded') return escapePercent
  if (type === 'application/json' || type.endsWith('+json')) return escapeJson
  if (type === 'application/xml' || type === 'text/xml' || type.endsWith('+xml')) return escapeXml
  throw new ConfigError(`${where}: there is no way to escape for ${type}`, { hint: 'It is a form, JSON or XML.' })
}

const variable = /\$\{([^}]*)\}/g

/** @throws ConfigError for a placeholder that does not exist */
export function checkTemplate(template: string, where: string): void {
  for (const [, name] of template.matchAll(variable))
    if (!placeholders.includes(name as Placeholder))
      throw new ConfigError(`${where} has \${${name}}`, {
        hint: `There are ${placeholders.map((one) => `\${${one}}`).join(', ')}.`
      })
}

/** Puts values in, once: what a value has is not looked at again. */
export function fillTemplate(template: string, values: Readonly<Record<Placeholder, string>>, escaped: Escape): string {
  return template.replace(variable, (_, name: Placeholder) => escaped(values[name]))
}
