import { DataError } from '../errors.js'
import { formatRecord, parseRecord } from '../scram/record.js'
import { tokenOf } from '../tunnel/protocol-1-messages.js'
import { readCsv } from './csv-rows.js'
import { isUsername } from './username.js'

export const importFormats = ['csv', 'json', 'original'] as const
export type ImportFormat = (typeof importFormats)[number]

/** A user of the file: with a password, with a SCRAM record, or with the token of protocol 1 alone. */
export interface ImportedUser {
  line: number
  username: string
  password: string | undefined
  /** As `formatRecord` writes it. */
  scram: string | undefined
  token: string | undefined
}

export interface ImportProblem {
  line: number
  message: string
}

/** A file of a million users has 100 MB; nobody has as many. */
export const maxImportBytes = 64 * 1024 * 1024

/**
 * Reads users, and finds all that is wrong with them. None of the messages shows a secret.
 * - `csv`: a line with names (`username`, `password`, `scram`, `token`, `protocol1`), then a user each.
 * - `json`: an array of objects with these names, or one object a line.
 * - `original`: `TOKEN USERNAME` a line, what the authentication script of the original is asked for and answers; `#` begins a comment.
 */
export function readImport(text: string, format: ImportFormat): { users: ImportedUser[]; problems: ImportProblem[] } {
  const problems: ImportProblem[] = []
  const entries = { csv: csvEntries, json: jsonEntries, original: originalEntries }[format](text.replace(/^\uFEFF/, ''), problems)
  const users: ImportedUser[] = []
  const seen = { username: new Map<string, number>(), token: new Map<string, number>() }
  for (const { line, values } of entries) {
    const before = problems.length
    const say = (message: string) => problems.push({ line, message })
    const user = readUser(line, values, say)
    for (const what of ['username', 'token'] as const) {
      const value = user[what]
      if (!value) continue
      const first = seen[what].get(value)
      if (first !== undefined)
        say(`the ${what}${what === 'username' ? ` ${JSON.stringify(value)}` : ''} is on line ${first} already`)
      else seen[what].set(value, line)
    }
    if (problems.length === before) users.push(user)
  }
  return { users, problems }
}

/** Told by what it begins with. */
export function guessFormat(text: string): ImportFormat {
  const start = text.replace(/^\uFEFF/, '').trimStart()
  if (/^[[{]/.test(start)) return 'json'
  return /^(#|[0-9a-f]{32}\s)/i.test(start) ? 'original' : 'csv'
}

interface Entry {
  line: number
  values: Readonly<Record<string, unknown>>
}

const names = ['username', 'password', 'scram', 'token', 'protocol1'] as const

function readUser(line: number, values: Entry['values'], say: (message: string) => void): ImportedUser {
  for (const name of Object.keys(values))
    if (!(names as readonly string[]).includes(name)) say(`there is no ${JSON.stringify(name.slice(0, 40))} in a user`)
  const text = (name: (typeof names)[number]): string | undefined => {
    const value = values[name]
    if (value === undefined || value === null || value === '') return undefined
    if (typeof value === 'string') return value
    say(`the ${name} is no text`)
    return undefined
  }
  const username = text('username') ?? ''
  if (!isUsername(username)) say(`${JSON.stringify(username.slice(0, 40))} is no name of a user`)
  const password = text('password')
  const scram = text('scram')
  let token = text('token')?.toLowerCase()
  if (token !== undefined && !/^[0-9a-f]{32}$/.test(token)) say('the token is not 32 hex digits')
  if (password === undefined && scram === undefined && token === undefined) say('there is no password, no scram and no token')
  if (password !== undefined && scram !== undefined) say('there are both a password and a scram')
  if (/[\p{Cc}]/u.test(password ?? '')) say('the password has a control character in it')
  const wantsProtocol1 = flagOf(values.protocol1, say)
  if (wantsProtocol1 && token === undefined) {
    if (password === undefined) say('protocol1 needs the password or the token')
    else token = tokenOf(username, password)
  } else if (token !== undefined && password !== undefined && token !== tokenOf(username, password))
    say('the token is that of another password')
  return { line, username, password, scram: scram === undefined ? undefined : readScram(scram, say), token }
}

function flagOf(value: unknown, say: (message: string) => void): boolean {
  if (value === undefined || value === null || value === '' || value === false) return false
  if (value === true) return true
  const word = typeof value === 'string' ? value.toLowerCase() : ''
  if (/^(yes|true|1|on)$/.test(word)) return true
  if (!/^(no|false|0|off)$/.test(word)) say('protocol1 is yes or no')
  return false
}

function readScram(text: string, say: (message: string) => void): string | undefined {
  try {
    return formatRecord(parseRecord(text))
  } catch (error) {
    if (!(error instanceof DataError)) throw error
    say(error.message)
    return undefined
  }
}

function csvEntries(text: string, problems: ImportProblem[]): Entry[] {
  const read = readCsv(text)
  if ('brokenLine' in read) {
    problems.push({ line: read.brokenLine, message: 'a quoted field that begins here has no end, or text behind it' })
    return []
  }
  const [head, ...rows] = read.rows
  const columns = head?.fields.map((name) => name.trim().toLowerCase().replace('protocol-1', 'protocol1')) ?? []
  if (!columns.includes('username')) {
    problems.push({ line: 1, message: 'the first line names no column "username"' })
    return []
  }
  return rows.flatMap(({ line, fields }) => {
    if (fields.length !== columns.length) {
      problems.push({ line, message: `there are ${fields.length} fields and not ${columns.length}` })
      return []
    }
    return [{ line, values: Object.fromEntries(columns.map((name, at) => [name, fields[at]])) }]
  })
}

function originalEntries(text: string, problems: ImportProblem[]): Entry[] {
  return text.split('\n').flatMap((raw, at) => {
    const line = at + 1
    const trimmed = raw.trim()
    if (trimmed === '' || trimmed.startsWith('#')) return []
    const [, token, username] = /^(\S+)\s+(\S+)$/.exec(trimmed) ?? []
    if (token !== undefined) return [{ line, values: { token, username } }]
    problems.push({ line, message: 'this is not a token, blanks and a name' })
    return []
  })
}

/** An array is cut where its elements begin, so that a problem has its line; else each line is an object. */
function jsonEntries(text: string, problems: ImportProblem[]): Entry[] {
  const isArray = text.trimStart().startsWith('[')
  if (isArray) {
    let all: unknown
    try {
      all = JSON.parse(text)
    } catch (error) {
      problems.push({ line: lineOfError(text, error as Error), message: 'the file is no JSON from here on' })
      return []
    }
    const lines = elementLines(text)
    return (all as unknown[]).flatMap((value, at) => objectEntry(value, lines[at] ?? 1, problems))
  }
  return text.split('\n').flatMap((raw, at) => {
    if (raw.trim() === '') return []
    try {
      return objectEntry(JSON.parse(raw), at + 1, problems)
    } catch {
      problems.push({ line: at + 1, message: 'the line is no JSON' })
      return []
    }
  })
}

function objectEntry(value: unknown, line: number, problems: ImportProblem[]): Entry[] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return [{ line, values: value as Record<string, unknown> }]
  problems.push({ line, message: 'this is no object' })
  return []
}

/** Node says where; where it does not, it is the end. */
function lineOfError(text: string, { message }: Error): number {
  const position = /position (\d+)/.exec(message)?.[1]
  return text.slice(0, position === undefined ? undefined : Number(position)).split('\n').length
}

/** On which lines the elements of an array begin that is known to be JSON. */
function elementLines(text: string): number[] {
  const lines: number[] = []
  let depth = 0
  let line = 1
  let isExpected = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!
    if (character === '\n') line++
    if (/\s/.test(character)) continue
    if (isExpected && character !== ']') {
      lines.push(line)
      isExpected = false
    }
    if (character === '"') {
      const string = /"(?:[^"\\]|\\.)*"/y
      string.lastIndex = at
      at += (string.exec(text)?.[0].length ?? 1) - 1
    } else if (character === '[' || character === '{') {
      depth++
      if (depth === 1) isExpected = true
    } else if (character === ']' || character === '}') depth--
    else if (character === ',' && depth === 1) isExpected = true
  }
  return lines
}
