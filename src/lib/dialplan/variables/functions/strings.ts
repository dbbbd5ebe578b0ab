import { createHash } from 'node:crypto'
import { splitArguments } from '../../arguments.js'
import { compilePosix } from '../../expression/posix-regex.js'
import { decodeEscapes, takeEncodedChar } from '../encoded-char.js'
import type { FunctionCall, FunctionTable } from '../evaluation.js'
import { splitAt } from '../split-raw.js'

/** Functions of func_strings.c, func_uri.c, func_base64.c, func_md5.c and func_sha1.c. A character is a byte. */
export const stringFunctions: FunctionTable = {
  LEN: { read: ({ data }) => String(data.length) },
  TOUPPER: { read: ({ data }) => data.replace(/[a-z]+/g, (all) => all.toUpperCase()) },
  TOLOWER: { read: ({ data }) => data.replace(/[A-Z]+/g, (all) => all.toLowerCase()) },
  TRIM: { read: ({ data }) => data.replace(/^[\x01-\x20]+|[\x01-\x20]+$/g, ''), isClosedToExpressions: true },
  LTRIM: { read: ({ data }) => data.replace(/^[\x01-\x20]+/, ''), isClosedToExpressions: true },
  RTRIM: { read: ({ data }) => data.replace(/[\x01-\x20]+$/, ''), isClosedToExpressions: true },
  PASSTHRU: { read: ({ data }) => data, isClosedToExpressions: true },
  EVAL: { read: (call) => (call.data === '' ? undefined : call.substitute(call.data)) },
  QUOTE: { read: ({ data }) => `"${data.replace(/[\\"]/g, '\\$&')}"` },
  CSV_QUOTE: { read: ({ data }) => `"${data.replaceAll('"', '""')}"` },
  KEYPADHASH: { read: ({ data }) => [...data].map(keyOf).join('') },
  FILTER: { read: filter },
  REGEX: { read: regex },
  REPLACE: { read: replace, isClosedToExpressions: true },
  STRREPLACE: { read: replaceText, isClosedToExpressions: true },
  STRBETWEEN: { read: between, isClosedToExpressions: true },
  URIENCODE: { read: ({ data }) => data.replace(/[^A-Za-z0-9\-_.!~*'()]/g, percent) },
  URIDECODE: { read: ({ data }) => data.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => char(hex)) },
  BASE64_ENCODE: { read: ({ data }) => Buffer.from(data, 'latin1').toString('base64') },
  BASE64_DECODE: { read: ({ data }) => Buffer.from(data, 'base64').toString('latin1') },
  MD5: { read: ({ data }) => createHash('md5').update(data, 'latin1').digest('hex') },
  SHA1: { read: ({ data }) => createHash('sha1').update(data, 'latin1').digest('hex') }
}

function percent(one: string): string {
  return `%${one.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}

function char(hex: string): string {
  return String.fromCharCode(Number.parseInt(hex, 16))
}

const keys = ['', '', 'ABC', 'DEF', 'GHI', 'JKL', 'MNO', 'PQRS', 'TUV', 'WXYZ']

function keyOf(one: string): string {
  if (/[0-9]/.test(one)) return one
  const key = keys.findIndex((letters) => letters.includes(one.toUpperCase()))
  return key < 0 ? '' : String(key)
}

/** `FILTER(allowed,text)`: ranges go over the highest byte when they are the wrong way round. */
function filter({ data, notes }: FunctionCall): string | undefined {
  const [allowed = '', text] = splitAt(data, ',', 2)
  if (text === undefined) return undefined
  const members = new Set<number>()
  for (let rest = allowed; rest !== ''; ) {
    const first = takeEncodedChar(rest)
    if (!first) return undefined
    rest = rest.slice(first.length)
    const from = first.char.charCodeAt(0)
    members.add(from)
    if (rest[0] !== '-') continue
    const last = takeEncodedChar(rest.slice(1))
    rest = rest.slice(1 + (last?.length ?? 0))
    const to = last ? last.char.charCodeAt(0) : from
    if (to < from) notes.warn(`FILTER: the range ${first.char}-${last?.char ?? ''} is the wrong way round`)
    for (let byte = from; byte !== to; byte = (byte + 1) & 0xff) members.add(byte)
    members.add(to)
  }
  return [...text].filter((one) => members.has(one.charCodeAt(0))).join('')
}

/** `REGEX("expression" text)`: 1 or 0. */
function regex({ data, notes }: FunctionCall): string | undefined {
  const [before, pattern, text] = splitAt(data, '"', 3, true)
  if (before === undefined || pattern === undefined || text === undefined) return undefined
  const compiled = compilePosix(pattern)
  if (compiled) return compiled.exec(text.replace(/^[ \t]/, '')) ? '1' : '0'
  notes.warn(`${pattern} is no regular expression`)
  return undefined
}

/** `REPLACE(variable,characters[,character])`. */
function replace({ data, substitute }: FunctionCall): string | undefined {
  const [variable = '', find = '', by = ''] = splitArguments(data)
  const characters = decodeEscapes(find)
  const value = variable === '' ? '' : substitute(`\${${variable}}`)
  if (characters === '' || value === '') return undefined
  const other = takeEncodedChar(by)?.char ?? ''
  return [...value].map((one) => (characters.includes(one) ? other : one)).join('')
}

/** `STRREPLACE(variable,text[,text[,count]])`. */
function replaceText({ data, substitute }: FunctionCall): string | undefined {
  const [variable = '', find = '', by = '', count = ''] = splitArguments(data)
  if (variable === '' || find === '') return undefined
  const limit = Number.parseInt(count, 10) > 0 ? Number.parseInt(count, 10) : Number.POSITIVE_INFINITY
  let rest = substitute(`\${${variable}}`)
  let done = ''
  for (let round = 0; round < limit; round++) {
    const at = rest.indexOf(find)
    if (at < 0) break
    done += rest.slice(0, at) + by
    rest = rest.slice(at + find.length)
  }
  return done + rest
}

/** `STRBETWEEN(variable,text)`: the text between each two characters. */
function between({ data, substitute }: FunctionCall): string | undefined {
  const [variable = '', text = ''] = splitArguments(data)
  return variable === '' ? undefined : [...substitute(`\${${variable}}`)].join(text)
}
