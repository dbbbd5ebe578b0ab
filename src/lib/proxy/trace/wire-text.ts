import { base64Key } from '../../ami/json.js'
import { mask, maskedValues, type NamedValue } from '../../ami/secrets.js'

/** A block is looked through up to here: what names a secret may stand behind it, and nothing further on is shown. */
const maxReadCharacters = 64 * 1024
/** So much of a block is shown: a screen or two; its size stands beside it. */
export const maxShownCharacters = 4096

/** A value that stands in a text, from `start` to `end`. */
interface Token extends NamedValue {
  start: number
  end: number
}

/**
 * The blocks of what went over the wire in whole blocks: all end at an empty line.
 * @param kind `encoded`: each may have any format of the proxy, and an object of JSON ends with its line
 */
export function* piecesOf(text: string, kind: 'ami' | 'encoded'): Generator<string> {
  const delimiter = /\r?\n\r?\n/g
  for (let start = 0; start < text.length; ) {
    let end = text.length
    if (kind === 'encoded' && text[start] === '{') {
      const lineEnd = text.indexOf('\n', start)
      if (lineEnd >= 0) end = lineEnd + 1
    } else {
      delimiter.lastIndex = start
      if (delimiter.test(text)) end = delimiter.lastIndex
    }
    yield text.slice(start, end)
    start = end
  }
}

/**
 * One block as the log may show it: secrets masked, and cut.
 * @param kind `encoded`: it may be XML, CSV, JSON, or an event of Server-Sent Events as well: its look tells
 * @param maxCharacters of what is shown
 */
export function shownBlock(text: string, kind: 'ami' | 'encoded', maxCharacters = maxShownCharacters): string {
  const read = text.slice(0, maxReadCharacters)
  const tokens = kind === 'ami' ? lineTokens : tokensByLook(read)
  return shown(masked(read, tokens(read)), text.length, maxCharacters)
}

function tokensByLook(text: string): (text: string) => Token[] {
  if (/^\s*</.test(text)) return xmlTokens
  if (/^\s*[{[]/.test(text) || text.split('\n').every((line) => /^(?:(?:id|event|data|retry)?:|\r?$)/.test(line)))
    return jsonTokens
  return text.startsWith('"') ? csvTokens : lineTokens
}

/** The text of a form (`a=1&b=2`), or of a URL with a query. */
export function shownForm(text: string): string {
  const read = text.slice(0, maxReadCharacters)
  const tokens = [...read.matchAll(/(?<![^?&=\s])([^?&=\s]*)=([^&\s]*)/g)].map(({ 0: found, 1: name, 2: value, index }) => ({
    name: decoded(name!),
    value: decoded(value!),
    start: index + found.length - value!.length,
    end: index + found.length
  }))
  return shown(masked(read, tokens), text.length)
}

function shown(text: string, length: number, maxCharacters = maxShownCharacters): string {
  return text.length > maxCharacters || length > maxReadCharacters ? `${text.slice(0, maxCharacters)}…` : text
}

/** Puts what may be shown in the place of each value. */
function masked(text: string, tokens: readonly Token[]): string {
  const values = maskedValues(tokens)
  let result = ''
  let at = 0
  for (const [index, { value, start, end }] of tokens.entries()) {
    const may = values[index]!
    // What was decoded is not written back: it is either left as it stands or masked whole.
    const raw = text.slice(start, end)
    result += text.slice(at, start) + (may === value ? raw : raw === value ? may : mask)
    at = end
  }
  return result + text.slice(at)
}

/** `Name: value` lines; a line without a colon is a value without a name. */
function lineTokens(text: string): Token[] {
  return [...text.matchAll(/[^\r\n]+/g)].map(({ 0: line, index }) => lineToken(line, index + line.length))
}

const element = /<([^\s<>/="']+)((?:[^<>"']|"[^"]*"?|'[^']*'?)*)>?([^<]*)/g
const attribute = /([^\s"'=]+)\s*=\s*(?:"([^"]*)|'([^']*))/g

/** ` <Name Value="value"/>`, ` <UnparsedText Value="name: value"/>`, and `<Name>value</Name>`: what stands in an element is called as it is. */
function xmlTokens(text: string): Token[] {
  return [...text.matchAll(element)].flatMap(({ 0: found, 1: name, 2: attributes, 3: content, index }) => {
    const attributesAt = index + 1 + name!.length
    const tokens = [...attributes!.matchAll(attribute)].map((match): Token => {
      const value = match[2] ?? match[3] ?? ''
      const end = attributesAt + match.index + match[0].length
      if (name === 'UnparsedText') return lineToken(value, end)
      return { name: /^value$/i.test(match[1]!) ? name! : match[1]!, value, start: end - value.length, end }
    })
    const end = index + found.length
    return [...tokens, { name: name!, value: content!.trim(), start: end - content!.length, end }]
  })
}

/** `"Name: value"` fields. */
function csvTokens(text: string): Token[] {
  return [...text.matchAll(/"((?:[^"]|"")*)(?:"|$)/g)].map(({ 1: field, index }) => lineToken(field!, index + 1 + field!.length))
}

/** A line of AMI that ends at `end`. */
function lineToken(line: string, end: number): Token {
  const colon = line.indexOf(':')
  const value = line.slice(colon + 1).trimStart()
  return { name: line.slice(0, Math.max(colon, 0)), value, start: end - value.length, end }
}

const jsonText = '"(?:[^"\\\\]|\\\\.)*(?:"|$)'
const jsonMember = new RegExp(`(${jsonText})\\s*:\\s*(?:(${jsonText})|(\\[[^\\]]*(?:\\]|$))|([^\\s,}\\]"{\\[]+))`, 'gs')

/** `"name":"value"`; the texts of an array count one by one. */
function jsonTokens(text: string): Token[] {
  // What is not UTF-8 stands there a second time, in a form that cannot be looked into.
  const base64At = text.indexOf(`"${base64Key}":{`)
  return [...text.matchAll(jsonMember)].flatMap(({ 0: found, 1: name, 2: value, 3: list, 4: bare, index }) => {
    const end = index + found.length
    const key = base64At >= 0 && index > base64At ? 'secret' : unquoted(name!)
    if (list !== undefined)
      return [...list.matchAll(new RegExp(jsonText, 'gs'))].map((item) => jsonToken(key, item[0], end - list.length + item.index))
    if (value !== undefined) return [jsonToken(key, value, end - value.length)]
    return [{ name: key, value: bare!, start: end - bare!.length, end }]
  })
}

function jsonToken(name: string, quoted: string, at: number): Token {
  const isWhole = quoted.length > 1 && quoted.endsWith('"')
  const inner = quoted.slice(1, isWhole ? -1 : undefined)
  return { name, value: isWhole ? unquoted(quoted) : inner, start: at + 1, end: at + 1 + inner.length }
}

/** A text may be written with escapes: it counts as what it says. */
function unquoted(text: string): string {
  try {
    return String(JSON.parse(text))
  } catch {
    return text.replaceAll('"', '')
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
