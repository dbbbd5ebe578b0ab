import { DataError } from '../errors.js'
import type { ActionDefinition, Catalog } from './catalog/catalog.js'
import { freeFormActions, universalFields } from './catalog/overlay.js'
import type { Field } from './encode.js'

/** Asterisk reads a line of an action into a buffer of 1025 bytes, line end and closing NUL included; a longer one spoils the action. */
export const maxActionLineBytes = 1022
/** Asterisk takes so many headers of one action (AST_MAX_MANHEADERS) and refuses the rest. */
export const maxActionHeaders = 128

export interface Finding {
  message: string
  /** What was typed and what was expected: for a "did you mean". */
  typed?: string
  candidates?: readonly string[]
  /** A remark does not stop the action. */
  severity: 'error' | 'remark'
}

/**
 * Holds an action against the catalogue: an unknown action, a required field that is missing, a field that looks like a mistyped one, lines
 * and counts that Asterisk would not take.
 * @returns all that was found; the action may be sent when none is an error
 */
export function checkAction(fields: readonly Field[], catalog: Catalog): Finding[] {
  const name = fields.find(([field]) => field.toLowerCase() === 'action')?.[1] ?? ''
  const findings = checkSizes(fields)
  const definition = catalog.actions.get(name.toLowerCase())
  if (definition) return [...findings, ...checkFields(definition, fields)]
  if (catalog.olderActions.some((older) => older.toLowerCase() === name.toLowerCase())) return findings
  const candidates = [...[...catalog.actions.values()].map((action) => action.name), ...catalog.olderActions]
  return [...findings, { severity: 'error', message: `There is no action "${name}"`, typed: name, candidates }]
}

function checkSizes(fields: readonly Field[]): Finding[] {
  const tooLong = fields
    .filter(([name, value]) => Buffer.byteLength(name) + 2 + Buffer.byteLength(value) > maxActionLineBytes)
    .map(
      ([name]): Finding => ({
        severity: 'error',
        message: `The line of ${name} is longer than the ${maxActionLineBytes} bytes that Asterisk takes`
      })
    )
  if (fields.length <= maxActionHeaders) return tooLong
  return [
    ...tooLong,
    { severity: 'error', message: `${fields.length} headers are more than the ${maxActionHeaders} that Asterisk takes` }
  ]
}

function checkFields(definition: ActionDefinition, fields: readonly Field[]): Finding[] {
  const given = new Set(fields.map(([name]) => name.toLowerCase()))
  const missing = definition.params
    .filter((param) => param.required && !given.has(param.name.toLowerCase()))
    .map((param): Finding => ({ severity: 'error', message: `${definition.name} needs the field ${param.name}` }))
  if (freeFormActions.has(definition.name)) return missing
  const known = [...definition.params.map((param) => param.name), ...universalFields]
  const isKnown = (name: string) =>
    known.some((candidate) => candidate.toLowerCase() === name.toLowerCase() || fitsNumbered(name, candidate))
  const unknown = fields
    .filter(([name]) => !isKnown(name))
    .map(
      ([name]): Finding => ({
        severity: 'remark',
        message: `${definition.name} has no documented field ${name}`,
        typed: name,
        candidates: known
      })
    )
  return [...missing, ...unknown]
}

/** `Action-000007` fits the documented `Action-000000`. */
function fitsNumbered(name: string, documented: string): boolean {
  return /-0+$/.test(documented) && name.replace(/\d+$/, '').toLowerCase() === documented.replace(/\d+$/, '').toLowerCase()
}

/** @throws DataError when there is no Action header */
export function actionName(fields: readonly Field[]): string {
  const name = fields.find(([field]) => field.toLowerCase() === 'action')?.[1].trim()
  if (!name)
    throw new DataError('An action without an Action header', { hint: 'Every action begins with its name: Action: Ping' })
  return name
}
