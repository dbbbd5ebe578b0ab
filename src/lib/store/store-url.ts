import os from 'node:os'
import path from 'node:path'
import { UsageError } from '../errors.js'
import { formatAddress } from '../net/address.js'

/** What a database speaks. MariaDB is `mysql`. */
export type StoreEngine = 'sqlite' | 'mysql' | 'postgres'

/** A database file; `file` is absolute, or undefined for one in memory. */
export interface FileTarget {
  engine: 'sqlite'
  file: string | undefined
}

/** A database of a server. */
export interface ServerTarget {
  engine: 'mysql' | 'postgres'
  host: string
  port: number
  /** Path of a unix socket (for PostgreSQL the folder that it is in); it wins over host and port. */
  socket: string | undefined
  user: string
  password: string | undefined
  database: string
  /** Undefined: the URL says nothing about TLS. */
  tls: 'off' | 'verify' | 'insecure' | undefined
  tlsCaFile: string | undefined
}

export type StoreTarget = FileTarget | ServerTarget

const engines: Record<string, 'mysql' | 'postgres'> = {
  mysql: 'mysql',
  mariadb: 'mysql',
  postgres: 'postgres',
  postgresql: 'postgres'
}
const defaultPorts = { mysql: 3306, postgres: 5432 }
const forms = 'Write sqlite:PATH, mysql://USER@HOST/DATABASE, mariadb://… or postgres://….'

/**
 * Reads the URL of a database: `sqlite:PATH` (also `sqlite:///ABSOLUTE`, and `sqlite::memory:`), or
 * `mysql|mariadb|postgres|postgresql://[user[:password]@]host[:port]/database[?socket=PATH&tls=off|verify|insecure&tls-ca=FILE]`.
 * A path of SQLite is taken as it stands, without percent escapes. The user defaults to the one who runs us, as psql has it.
 * Not WHATWG's URL: that one refuses `postgres://user@/database?socket=…`.
 * @throws UsageError; its message never has the password
 */
export function parseStoreUrl(url: string): StoreTarget {
  const file = /^sqlite3?:(.*)$/s.exec(url)?.[1]
  if (file !== undefined) return { engine: 'sqlite', file: sqliteFile(file) }
  const match = /^([a-z]+):\/\/(?:([^/?#]*)@)?(\[[^\]]*\]|[^/?#:@[\]]*)(?::(\d{1,5}))?(?:\/([^/?#]*))?(?:\?([^#]*))?$/.exec(url)
  const engine = engines[match?.[1] ?? '']
  if (!match || !engine) throw new UsageError(`"${withoutSecrets(url)}" is not the URL of a database`, { hint: forms })
  const [, , login = '', host = '', port, database = '', query = ''] = match
  const [, user = '', password] = /^([^:]*)(?::(.*))?$/s.exec(login)!
  const settings = readSettings(query)
  const number = port === undefined ? defaultPorts[engine] : Number(port)
  if (number < 1 || number > 65_535)
    throw new UsageError(`The URL of the database has port ${port}`, { hint: 'A port is 1 to 65535.' })
  if (database === '') throw new UsageError(`"${withoutSecrets(url)}" names no database`, { hint: forms })
  return {
    engine,
    ...placeOf(engine, settings.socket, number),
    host: host.replace(/^\[|\]$/g, '') || 'localhost',
    user: decode(user) || os.userInfo().username,
    password: password === undefined ? undefined : decode(password),
    database: decode(database),
    tls: settings.tls,
    tlsCaFile: settings['tls-ca']
  }
}

/** The target as messages and logs call it: without password. */
export function describeTarget(target: StoreTarget): string {
  if (target.engine === 'sqlite') return `sqlite:${target.file ?? ':memory:'}`
  const { engine, user, host, port, socket, database } = target
  const place = socket === undefined ? formatAddress({ host, port }) : 'localhost'
  return `${engine}://${user}@${place}/${database}${socket === undefined ? '' : `?socket=${socket}`}`
}

/** Whatever stands where a password may stand is left out, even when the rest makes no sense. */
function withoutSecrets(url: string): string {
  return url.replace(/(\/\/)?[^/@]*:.*@/s, (login) =>
    login.startsWith('//') ? '//…@' : login.includes('//') ? login.replace(/\/\/.*@/s, '//…@') : '…@'
  )
}

/** `//` and no host before an absolute path, as in file URLs. Kamailio's four slashes mean the same file. */
function sqliteFile(text: string): string | undefined {
  if (text === ':memory:') return undefined
  if (text === '' || text.includes('\0')) throw new UsageError('The URL of the database names no file', { hint: forms })
  // Always absolute: SQLite and libsql would take a name such as `file:…` or `http:…` for a URL of their own.
  return path.resolve(text.replace(/^\/\/+(?=\/)/, ''))
}

interface Settings {
  socket?: string
  tls?: 'off' | 'verify' | 'insecure'
  'tls-ca'?: string
}

function readSettings(query: string): Settings {
  const settings: Record<string, string> = {}
  for (const [name, value] of new URLSearchParams(query)) {
    if (!['socket', 'tls', 'tls-ca'].includes(name) || settings[name] !== undefined || value === '') {
      throw new UsageError(`The URL of the database has a wrong "${name}"`, {
        hint: 'After the question mark: socket=PATH, tls=off|verify|insecure, tls-ca=FILE, each at most once.'
      })
    }
    settings[name] = value
  }
  const { tls, ...rest } = settings
  if (tls !== undefined && tls !== 'off' && tls !== 'verify' && tls !== 'insecure') {
    throw new UsageError(`The URL of the database has tls=${tls}`, { hint: 'It is tls=off, tls=verify or tls=insecure.' })
  }
  return tls === undefined ? rest : { ...rest, tls }
}

/** PostgreSQL's clients name the folder; who names the socket in it means the same. */
function placeOf(engine: 'mysql' | 'postgres', socket: string | undefined, port: number) {
  const match = engine === 'postgres' ? /^(.*)\/\.s\.PGSQL\.(\d+)$/.exec(socket ?? '') : undefined
  return match ? { socket: match[1] || '/', port: Number(match[2]) } : { socket, port }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new UsageError('The URL of the database has a wrong percent escape', { cause, hint: 'Write % as %25.' })
  }
}
