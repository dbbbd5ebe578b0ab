import { splitArguments } from '../../arguments.js'
import { decodeEscapes, takeEncodedChar } from '../encoded-char.js'
import type { FunctionCall, FunctionTable } from '../evaluation.js'

/** Functions that take a variable for a list: func_cut.c and the second half of func_strings.c. */
export const listFunctions: FunctionTable = {
  CUT: { read: cut },
  SORT: { read: sort },
  FIELDQTY: { read: fieldCount },
  FIELDNUM: { read: fieldNumber },
  LISTFILTER: { read: listFilter },
  SHIFT: { read: (call) => taken(call, true), isClosedToExpressions: true },
  POP: { read: (call) => taken(call, false), isClosedToExpressions: true },
  PUSH: { write: (call, value) => put(call, value, false) },
  UNSHIFT: { write: (call, value) => put(call, value, true) },
  ARRAY: { write: writeArray },
  HASH: { read: readHash, write: writeHash },
  HASHKEYS: { read: (call) => keysOf(call, call.data).join(',') }
}

function listOf(call: FunctionCall, variable: string): string {
  return call.substitute(`\${${variable}}`)
}

interface FieldRange {
  readonly first: number
  readonly last: number
}

/** `3`, `2-4`, `2-` or `-3`. */
function parseRange(text: string): FieldRange | undefined {
  const [, first, dash, last] = /^\s*(\d+)?(-)?(\d+)?/.exec(text)!
  if (first === undefined) return last === undefined ? undefined : { first: 1, last: Number(last) }
  return { first: Number(first), last: dash === undefined ? Number(first) : Number(last ?? Number.MAX_SAFE_INTEGER) }
}

/** `CUT(variable,delimiter,fields)`, fields as in `1-2&4`. What lies before a field that was taken is gone. */
function cut(call: FunctionCall): string | undefined {
  const [variable, delimiter, ranges] = splitArguments(call.data)
  if (variable === undefined || delimiter === undefined || ranges === undefined) return undefined
  const sign = takeEncodedChar(delimiter)?.char ?? '-'
  const value = listOf(call, variable)
  const fields = value === '' ? [] : sign === '' ? [value] : value.split(sign)
  const taken: string[] = []
  let at = 0
  for (const text of ranges.split('&')) {
    if (at >= fields.length) break
    const range = parseRange(text)
    if (!range) return undefined
    at = Math.max(at, range.first - 1)
    while (at < fields.length && at < range.last) taken.push(fields[at++]!)
  }
  return taken.join(sign)
}

/** `SORT(key:value,…)`: the keys by their values. */
function sort({ data }: FunctionCall): string | undefined {
  if (data === '') return undefined
  const pairs = data.split(',').flatMap((pair) => {
    const colon = pair.indexOf(':')
    return colon < 0 ? [] : [{ key: pair.slice(0, colon), value: Number.parseFloat(pair.slice(colon + 1)) || 0 }]
  })
  return pairs
    .sort((a, b) => a.value - b.value)
    .map(({ key }) => key)
    .join(',')
}

function fieldCount(call: FunctionCall): string {
  const [variable = '', delimiter] = splitArguments(call.data)
  if (delimiter === undefined) return '1'
  const value = listOf(call, variable)
  return String(value === '' ? 0 : split(value, delimiter).length)
}

function fieldNumber(call: FunctionCall): string | undefined {
  const [variable, delimiter, field] = splitArguments(call.data)
  if (variable === undefined || delimiter === undefined || field === undefined) return undefined
  const value = listOf(call, variable)
  if (value === '' || delimiter === '') return '0'
  const found = split(value, delimiter).findIndex((one) => one.toLowerCase() === field.toLowerCase())
  return String(found + 1)
}

function split(value: string, delimiter: string): string[] {
  const sign = takeEncodedChar(delimiter)?.char ?? ''
  return sign === '' ? [value] : value.split(sign)
}

/** `LISTFILTER(variable,delimiter,value)`: the list without that value. */
function listFilter(call: FunctionCall): string | undefined {
  const [variable, delimiter, value] = splitArguments(call.data)
  if (variable === undefined || delimiter === undefined || value === undefined) return undefined
  const list = listOf(call, variable)
  if (list === '') return undefined
  const sign = decodeEscapes(delimiter) || ','
  const kept = list.split(sign).filter((one) => one !== value)
  return kept.join(sign)
}

/** Takes the first or the last field out of the variable. */
function taken(call: FunctionCall, isFirst: boolean): string | undefined {
  const [variable = '', delimiter = ''] = splitArguments(call.data)
  const list = variable === '' ? '' : listOf(call, variable)
  if (list === '') return undefined
  const sign = takeEncodedChar(delimiter)?.char || ','
  const at = isFirst ? list.indexOf(sign) : list.lastIndexOf(sign)
  call.set(variable, at < 0 ? '' : isFirst ? list.slice(at + 1) : list.slice(0, at))
  return at < 0 ? list : isFirst ? list.slice(0, at) : list.slice(at + 1)
}

function put(call: FunctionCall, value: string, isFirst: boolean): void {
  const [variable = '', delimiter = ''] = splitArguments(call.data)
  if (variable === '') return
  const sign = takeEncodedChar(delimiter)?.char || ','
  const list = listOf(call, variable.replace(/^__?/, ''))
  call.set(variable, list === '' ? value : isFirst ? `${value}${sign}${list}` : `${list}${sign}${value}`)
}

/** `Set(ARRAY(a,b)=1,2)`. */
function writeArray(call: FunctionCall, value: string): void {
  const values = splitArguments(value)
  for (const [index, name] of splitArguments(call.data).entries()) if (name !== '') call.set(name, values[index] ?? '')
}

function hashName(name: string, key: string): string {
  const [prefix = ''] = /^__?/.exec(name) ?? []
  return `${prefix}~HASH~${name.slice(prefix.length)}~${key}~`
}

function writeHash(call: FunctionCall, value: string): void {
  const { data, channel } = call
  if (data.includes(',')) {
    const [name = '', key = ''] = splitArguments(data)
    call.set(hashName(name, key), value)
    return
  }
  const keys = channel.variables.get('~ODBCFIELDS~')
  if (keys === undefined) return
  const values = splitArguments(value)
  for (const [index, key] of splitArguments(keys).entries()) call.set(hashName(data, key), values[index] ?? '')
}

function readHash(call: FunctionCall): string | undefined {
  const [name = '', key] = splitArguments(call.data)
  if (key !== undefined) return call.channel.variables.get(hashName(name, key)) ?? ''
  const keys = keysOf(call, name)
  call.set('~ODBCFIELDS~', keys.join(','))
  return keys.map((one) => call.channel.variables.get(hashName(name, one)) ?? '').join(',')
}

/** The newest first. */
function keysOf({ channel }: FunctionCall, name: string): string[] {
  const prefix = `~HASH~${name}~`
  return channel.variables
    .names()
    .filter((one) => one.startsWith(prefix) && one.endsWith('~') && one.length > prefix.length + 1)
    .map((one) => one.slice(prefix.length, -1))
    .reverse()
}
