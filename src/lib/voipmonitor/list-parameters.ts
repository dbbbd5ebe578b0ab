import { suggestion } from '../nearest.js'
import { callColumns, callFilterKeys, registerColumns, registerFilterKeys, registerStates } from './columns.js'
import { CommandParametersError } from './errors.js'

/** The commands whose argument is a JSON object. */
const listCommands = ['listcalls', 'listregisters', 'list_sip_msg', 'list_history_sip_msg'] as const
export type ListCommand = (typeof listCommands)[number]

export function isListCommand(name: string): name is ListCommand {
  return (listCommands as readonly string[]).includes(name)
}

interface Known {
  columns: readonly string[]
  filterKeys: readonly string[]
  parameters: Readonly<Record<string, (value: unknown, known: Known) => string | undefined>>
}

const yesOrNo = (value: unknown) =>
  /^(yes|no)$/i.test(String(value)) ? undefined : 'is "yes" or "no": the sniffer ignores anything else'
const wholeNumber = (value: unknown) => (/^-?\d{1,9}$/.test(String(value)) ? undefined : 'is a whole number')
const direction = (value: unknown) => (/^(asc|desc)$/i.test(String(value)) ? undefined : 'is "asc" or "desc"')
const column = (value: unknown, { columns }: Known) => unknownName('column', value, columns)

const common = { limit: wholeNumber, sort_field: column, sort_dir: direction, zip: yesOrNo }
const knownOf: Readonly<Record<'listcalls' | 'listregisters', Known>> = {
  listcalls: {
    columns: callColumns,
    filterKeys: callFilterKeys,
    parameters: { ...common, sensor_map: yesOrNo, ip_map: yesOrNo, filter: filters, form_filters: filters }
  },
  listregisters: {
    columns: registerColumns,
    filterKeys: registerFilterKeys,
    parameters: {
      ...{ ...common, states, filter: filters, state_from_le: wholeNumber, rrd_ge: wholeNumber },
      ...{ duplicity_only_by: column, duplicity_only_by2: column, duplicity_only_check: column }
    }
  }
}

/**
 * Checks the parameters of a list before they are sent: the sniffer ignores what it cannot parse or does not know, and then answers with ALL calls.
 * @param json what follows the command's name
 * @param options.force take parameters, columns and filter keys that we do not know
 * @throws CommandParametersError
 */
export function checkListParameters(command: ListCommand, json: string, { force = false }: { force?: boolean } = {}): void {
  const parameters = jsonObject(json, `The parameters of ${command}`)
  if (force || (command !== 'listcalls' && command !== 'listregisters')) {
    for (const key of ['filter', 'form_filters']) if (Object.hasOwn(parameters, key)) filterObjects(parameters[key], key)
    return
  }
  const known = knownOf[command]
  for (const [key, value] of Object.entries(parameters)) {
    const problem = Object.hasOwn(known.parameters, key)
      ? known.parameters[key]!(value, known)
      : unknownName('parameter', key, Object.keys(known.parameters))
    if (problem) throw new CommandParametersError(`${command}: "${key}" ${problem}`, { details: { parameter: key } })
  }
}

function unknownName(what: string, name: unknown, names: readonly string[]): string | undefined {
  if (typeof name === 'string' && names.includes(name)) return undefined
  return ['is not known', what === 'column' ? `: there is no column "${name}"` : '', '. ', suggestion(String(name), names) ?? '']
    .join('')
    .replace(/\. $/, '')
}

function states(value: unknown): string | undefined {
  const names = String(value).split(',')
  const strange = names.find((name) => !(registerStates as readonly string[]).includes(name))
  if (strange !== undefined) return `is a list of ${registerStates.join(', ')}, with a comma between`
  // The sniffer keeps ten of them and does not count (register.cpp): more would be written over its stack.
  return new Set(names).size === names.length ? undefined : 'names a state twice'
}

function filters(value: unknown, { filterKeys }: Known): string | undefined {
  for (const filter of filterObjects(value, 'filter')) {
    for (const [key, wanted] of Object.entries(filter)) {
      const strange = unknownName('key', key, filterKeys)
      if (strange) return `has the key "${key}", which ${strange}`
      // An empty value is dropped by the sniffer, and the filter with it.
      const isUsable = (typeof wanted === 'string' && wanted !== '') || Number.isFinite(wanted)
      if (!isUsable) return `has nothing to compare "${key}" with`
    }
  }
  return undefined
}

/** A filter is an object, its JSON text, or an array of these. */
function filterObjects(value: unknown, what: string): Record<string, unknown>[] {
  if (Array.isArray(value)) {
    if (value.length === 0) throw new CommandParametersError(`The ${what} is empty`)
    return value.flatMap((one) => (Array.isArray(one) ? notAnObject(what) : filterObjects(one, what)))
  }
  if (typeof value !== 'string') return [asObject(value, `The ${what}`)]
  return value.startsWith('[') ? filterObjects(parseJson(value, `The ${what}`), what) : [jsonObject(value, `The ${what}`)]
}

function jsonObject(json: string, what: string): Record<string, unknown> {
  return asObject(parseJson(json, what), what)
}

function parseJson(json: string, what: string): unknown {
  try {
    return JSON.parse(json)
  } catch (cause) {
    throw new CommandParametersError(`${what} is not JSON: ${(cause as Error).message}`, {
      cause,
      hint: 'The sniffer ignores what it cannot parse, and answers with everything.'
    })
  }
}

function asObject(value: unknown, what: string): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : notAnObject(what)
}

function notAnObject(what: string): never {
  throw new CommandParametersError(`${what} is not a JSON object`, { hint: 'Write it as {"name":"value"}.' })
}
