import type { Documentation } from '../ami/catalog/documentation.js'
import { documentBundled } from '../ami/catalog/documentation.js'
import { exampleFields } from '../ami/catalog/example.js'
import type { ServerCatalog } from '../ami-shell/server-catalog.js'
import { sendLine } from './documentation-text.js'
import type { Row } from './rows.js'
import type { Selection } from './selection.js'

/** The actions, or the events, of a server or of the bundled catalogue as rows, those that are selected. */
export async function listRows(catalog: ServerCatalog, kind: 'action' | 'event', selection: Selection): Promise<Row[]> {
  const names = kind === 'event' ? await catalog.eventNames() : catalog.actionNames
  const rows = names.map((name) => {
    const bundled = documentBundled(catalog.bundled, kind, name)
    const listed = kind === 'action' ? catalog.listed?.get(name.toLowerCase()) : undefined
    if (kind === 'event')
      return { name, class: bundled?.class ?? null, module: bundled?.module ?? null, fields: namesOf(bundled) }
    return {
      name,
      ...(catalog.listed && { privilege: listed?.privilege ?? null, synopsis: listed?.synopsis ?? null }),
      required: bundled ? namesOf(bundled, true) : null,
      optional: bundled ? namesOf(bundled, false) : null,
      module: bundled?.module ?? null
    }
  })
  return rows.filter((row) => selection((name) => valuesOf(row, name)))
}

function namesOf(documentation: Documentation | undefined, required?: boolean): string[] | null {
  if (!documentation) return null
  const { fields } = documentation
  return fields.filter((field) => required === undefined || field.required === required).map(({ name }) => name)
}

function valuesOf(row: Row, name: string): string[] {
  const key = Object.keys(row).find((one) => one.toLowerCase() === name.toLowerCase())
  const value = key === undefined ? undefined : row[key]
  return [value].flat().flatMap((one) => (one === undefined || one === null ? [] : [String(one)]))
}

/** The columns of a table: what fits, the most wanted first. */
export function listColumns(rows: readonly Row[]): string[] | undefined {
  const first = rows[0]
  if (!first) return undefined
  if ('class' in first) return ['name', 'class', 'fields']
  return 'synopsis' in first ? ['name', 'synopsis', 'privilege', 'required'] : ['name', 'required', 'optional']
}

/** One action or event as a JSON document; `syntax` is how `ami shell` takes it, `example` a line for `ami send`. */
export function documentationRow(documentation: Documentation): Row {
  const { kind, source, ...others } = documentation
  const lines = kind === 'action' && { syntax: syntaxOf(documentation), example: exampleLine(documentation) }
  return { kind, ...others, ...lines, source }
}

/** `Hangup Channel=VALUE [Cause=VALUE]` */
export function syntaxOf({ name, fields }: Documentation): string {
  const shown = fields.filter((field) => field.name.toLowerCase() !== 'actionid')
  return [name, ...shown.map((field) => (field.required ? `${field.name}=VALUE` : `[${field.name}=VALUE]`))].join(' ')
}

/** A line for `ami send`; none for an event. */
export function exampleLine(documentation: Documentation): string | undefined {
  return documentation.kind === 'action' ? sendLine(documentation.name, exampleFields(documentation)) : undefined
}

/** The fields as rows, for CSV. */
export function fieldRows({ fields }: Documentation): Row[] {
  return fields.map(({ name, required, text, values, default: fallback }) => ({
    field: name,
    required,
    text: text ?? null,
    values: values ?? null,
    default: fallback ?? null
  }))
}
