import { createHash } from 'node:crypto'
import { type ActionDefinition, loadCatalog } from '../../ami/catalog/catalog.js'
import { isSecretName } from '../../ami/secrets.js'
import style from './page/app.css?text'
import script from './page/app.ts?script'
import icon from './page/icon.svg?text'
import page from './page/index.html?text'
import type { FormAction, FormCatalog } from './page/model/catalog.js'

export interface WebAsset {
  contentType: string
  body: Buffer
  /** A strong validator (RFC 9110 section 8.8.3): it changes with the content. */
  etag: string
}

const sources: Readonly<Record<string, [contentType: string, text: () => string | Promise<string>] | undefined>> = {
  __proto__: null as never,
  '/': ['text/html; charset=utf-8', () => page],
  '/app.js': ['text/javascript; charset=utf-8', () => script],
  '/app.css': ['text/css; charset=utf-8', () => style],
  '/icon.svg': ['image/svg+xml', () => icon],
  '/actions.json': ['application/json', catalogText]
}

const made = new Map<string, WebAsset>()

/** @returns undefined for a path that is not the page's */
export async function webAsset(path: string): Promise<WebAsset | undefined> {
  const source = sources[path]
  if (!source) return undefined
  const known = made.get(path)
  if (known) return known
  const body = Buffer.from(await source[1]())
  const asset = { contentType: source[0], body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` }
  made.set(path, asset)
  return asset
}

export function isWebAsset(path: string): boolean {
  return sources[path] !== undefined
}

/** What Asterisk's documentation says of its actions, for the form. */
async function catalogText(): Promise<string> {
  const { source, actions } = await loadCatalog()
  const catalog: FormCatalog = { source, actions: [...actions.values()].map(formAction) }
  return JSON.stringify(catalog)
}

function formAction({ name, params }: ActionDefinition): FormAction {
  return {
    name,
    fields: params.map((field) => ({ ...field, ...(isSecretField(name, field.name) && { secret: true }) }))
  }
}

/** `Key` is a secret of Login, and the name of a record in the database. */
function isSecretField(action: string, field: string): boolean {
  return isSecretName(field) && !/^DB/i.test(action)
}
