import { ConfigError } from '../errors.js'
import { normalizePin } from '../net/connect.js'
import { Accounts } from './accounts/accounts.js'
import { readAccountsFile } from './legacy/accounts-file.js'
import type { ServerOptions } from './options.js'
import { type FilterColumns, plainUser, type UserOptions } from './user-options.js'

/** A section of an ini file: its keys and values. */
export type Section = Record<string, string | string[]>

/** How the reader of a configuration gets at a secret that is kept in a file of its own. */
export type ReadSecret = (file: string) => string

const serverKeys = [
  'host',
  'port',
  'username',
  'secret',
  'secret-file',
  'auth',
  'tls',
  'tls-ca',
  'tls-pin',
  'tls-name',
  'insecure'
] as const
type ServerKey = (typeof serverKeys)[number]

/**
 * Reads the sections `[server NAME]`: `username` and `secret` (or `secret-file`) are needed; `host` is the name unless given.
 * @param where the file, for messages
 * @throws ConfigError
 */
export function serversFromSections(sections: Record<string, Section>, where: string, readSecret: ReadSecret): ServerOptions[] {
  return named(sections, 'server').map(([name, section]) => {
    const place = `${where} [server ${name}]`
    refuseUnknownKeys(section, serverKeys, place)
    const value = (key: ServerKey) => (section[key] === undefined ? undefined : String(section[key]))
    const required = (key: ServerKey) => value(key) ?? refuse(`${place}: ${key} is missing`)
    const tls = yes(value('tls'), `${place}: tls`) || value('tls-ca') !== undefined || value('tls-pin') !== undefined
    const secretFile = value('secret-file')
    return {
      name,
      host: value('host') ?? name,
      port: port(value('port') ?? (tls ? '5039' : '5038'), place),
      username: required('username'),
      secret: secretFile === undefined ? required('secret') : readSecret(secretFile),
      auth: auth(value('auth') ?? 'md5', place),
      tls: tls
        ? {
            caFile: value('tls-ca'),
            pin: value('tls-pin') && normalizePin(value('tls-pin')!),
            serverName: value('tls-name'),
            insecure: yes(value('insecure'), `${place}: insecure`)
          }
        : undefined
    }
  })
}

const userKeys = [
  ...['secret', 'secret-file', 'admin', 'web', 'server', 'read', 'write', 'allow', 'deny', 'dry-run', 'permit'],
  'event-filter',
  ...['channel', 'out-context', 'in-context', 'account', 'more-events', 'filters']
]

/**
 * Reads the sections `[user NAME]`: `secret` or `secret-file` is needed; `allow`, `deny`, `permit` and `event-filter` may be repeated as `allow[]`.
 * Undefined when there is none.
 * @throws ConfigError
 */
export function usersFromSections(
  sections: Record<string, Section>,
  where: string,
  readSecret: ReadSecret
): UserOptions[] | undefined {
  const users = named(sections, 'user').map(([name, section]): UserOptions => {
    const place = `${where} [user ${name}]`
    refuseUnknownKeys(section, userKeys, place)
    const value = (key: string) => (section[key] === undefined ? undefined : String(section[key]))
    const list = (key: string) => [section[key] ?? []].flat()
    const secretFile = value('secret-file')
    const secret = secretFile === undefined ? value('secret') : readSecret(secretFile)
    return {
      ...plainUser(name, secret || refuse(`${place}: secret is missing`), place),
      admin: yes(value('admin'), `${place}: admin`),
      ...(value('web') !== undefined && { web: yes(value('web'), `${place}: web`) }),
      server: value('server'),
      read: value('read'),
      write: value('write'),
      allow: list('allow'),
      deny: list('deny'),
      dryRun: yes(value('dry-run'), `${place}: dry-run`),
      permit: list('permit'),
      eventFilters: list('event-filter'),
      filter: filterOf(value, place)
    }
  })
  return users.length === 0 ? undefined : users
}

const onlyWords = { cdronly: 'cdr', brionly: 'bri', xfronly: 'xfr' } as const

/** The filter columns under the names that astmanproxy.users has for them. Undefined when none is given. */
function filterOf(value: (key: string) => string | undefined, place: string): FilterColumns | undefined {
  const words = (value('filters') ?? '').split('|').flatMap((word) => word.trim().toLowerCase() || [])
  const unknown = words.find((word) => word !== 'novar' && !Object.hasOwn(onlyWords, word))
  if (unknown !== undefined) refuse(`${place}: unknown filter "${unknown}"`, 'Known are cdronly, brionly, xfronly and novar.')
  const columns: FilterColumns = {
    channel: value('channel'),
    outContext: value('out-context'),
    inContext: value('in-context'),
    account: value('account'),
    moreEvents: yes(value('more-events'), `${place}: more-events`),
    only: words.flatMap((word) => (word === 'novar' ? [] : onlyWords[word as keyof typeof onlyWords])),
    noVar: words.includes('novar')
  }
  const { channel, outContext, inContext, account, only, noVar } = columns
  return [channel, outContext, inContext, account].some(Boolean) || only.length > 0 || noVar ? columns : undefined
}

/**
 * Reads a server from the command line: `[NAME=][ami://|amis://][USER@]HOST[:PORT]`; `amis` is TLS.
 * @param defaults what the other flags say for every server
 * @throws ConfigError
 */
export function serverFromText(text: string, defaults: Omit<ServerOptions, 'name' | 'host' | 'port'>): ServerOptions {
  const match = /^(?:([^=@/]+)=)?(?:(amis?):\/\/)?(?:([^@]+)@)?(\[[0-9a-fA-F:.]+\]|[^:@/=\s]+)(?::(\d+))?\/?$/.exec(text.trim())
  if (!match) throw new ConfigError(`"${text}" is not a server`, { hint: 'Write [NAME=][ami://|amis://][USER@]HOST[:PORT].' })
  const [, name, scheme, user, bracketed, portText] = match as unknown as [string, string?, string?, string?, string?, string?]
  const host = bracketed!.replace(/^\[|\]$/g, '')
  const tls = scheme === 'amis' ? (defaults.tls ?? {}) : scheme === 'ami' ? undefined : defaults.tls
  return {
    ...defaults,
    name: name ?? host,
    host,
    port: port(portText ?? (tls ? '5039' : '5038'), text),
    username: user ?? defaults.username,
    tls
  }
}

/** Every server needs a name of its own: clients choose by it. @throws ConfigError */
export function assertDistinct(servers: readonly ServerOptions[]): void {
  const seen = new Set<string>()
  for (const { name, host, username, secret } of servers) {
    if ([host, username, secret].some((text) => /[\r\n\0]/.test(text)))
      throw new ConfigError(`Server ${name}: a line break in its host, username or secret`)
    if (/[\r\n\0]/.test(name) || name.trim() === '')
      throw new ConfigError(`${JSON.stringify(name)} cannot be the name of a server`)
    if (seen.has(name.toLowerCase()))
      throw new ConfigError(`Two servers are called ${name}`, { hint: 'Give each a name: pbx-a=10.0.0.1, or [server pbx-a].' })
    seen.add(name.toLowerCase())
  }
}

/** A mistyped section would otherwise be a server or a user less, without a word. */
function refuseUnknownSections(sections: Record<string, Section>, path: string): void {
  const unknown = Object.keys(sections).find((title) => !/^(server|user|profile)\s+\S/.test(title))
  if (unknown !== undefined)
    refuse(`${path}: unknown section [${unknown}]`, 'Known are [server NAME], [user NAME] and [profile NAME].')
}

function named(sections: Record<string, Section>, kind: string): [string, Section][] {
  return Object.entries(sections).flatMap(([title, section]): [string, Section][] => {
    const match = /^(\S+)\s+(.+)$/.exec(title)
    return match?.[1] === kind ? [[match[2]!.trim(), section]] : []
  })
}

/** What a section `[server NAME]` or `[user NAME]` may hold. Undefined for another section. */
export function knownKeys(title: string): readonly string[] | undefined {
  const kind = /^(server|user)\s/.exec(title)?.[1]
  return kind === undefined ? undefined : kind === 'server' ? serverKeys : userKeys
}

/** What in such a section means nothing. */
export function unknownKeys(title: string, section: Section): string[] {
  const known = knownKeys(title)
  return known ? Object.keys(section).filter((key) => !known.includes(key)) : []
}

function refuseUnknownKeys(section: Section, known: readonly string[], place: string): void {
  const unknown = Object.keys(section).find((key) => !known.includes(key))
  if (unknown !== undefined) refuse(`${place}: unknown setting "${unknown}"`, `Known are: ${known.join(', ')}`)
}

function port(text: string, place: string): number {
  const value = Number(text)
  return /^\d+$/.test(text) && value > 0 && value < 65_536 ? value : refuse(`${place}: "${text}" is not a port`)
}

function auth(text: string, place: string): 'md5' | 'plain' {
  return text === 'md5' || text === 'plain' ? text : refuse(`${place}: auth must be md5 or plain, not "${text}"`)
}

function yes(text: string | undefined, what: string): boolean {
  if (text === undefined || /^(no|off|false|0)$/i.test(text)) return false
  return /^(yes|on|true|1)$/i.test(text) ? true : refuse(`${what} must be yes or no, not "${text}"`)
}

function refuse(message: string, hint?: string): never {
  throw new ConfigError(message, { ...(hint && { hint }) })
}

/** All that can name servers and users, before it is checked. */
export interface ProxySources {
  /** Sections of the configuration files, nearest first. */
  files: readonly { path: string; sections: Record<string, Section> }[]
  /** `--server`, as typed. */
  serverTexts: readonly string[]
  /** What holds for each of them, and for the one server of `--host`. */
  defaults: Omit<ServerOptions, 'name' | 'host' | 'port'> | undefined
  single: { host: string; port: number } | undefined
  /** Of an astmanproxy.conf. */
  legacyServers?: readonly ServerOptions[] | undefined
  usersFile: string | undefined
  readSecret: ReadSecret
}

/**
 * The servers: those typed as --server, else the one of --host, else the sections of the nearest file that has any.
 * @throws ConfigError when there is none
 */
export function chooseServers({
  files,
  serverTexts,
  defaults,
  single,
  legacyServers = [],
  readSecret
}: ProxySources): ServerOptions[] {
  for (const { path, sections } of files) refuseUnknownSections(sections, path)
  const typed = defaults ? serverTexts.map((text) => serverFromText(text, defaults)) : []
  const one = defaults && single && typed.length === 0 ? [{ ...defaults, ...single, name: single.host }] : []
  const fromFile = files
    .map(({ path, sections }) => serversFromSections(sections, path, readSecret))
    .find((servers) => servers.length > 0)
  const servers =
    typed.length > 0 ? typed : one.length > 0 ? one : legacyServers.length > 0 ? [...legacyServers] : (fromFile ?? [])
  if (servers.length === 0) {
    throw new ConfigError('There is no Asterisk to connect to', {
      hint: 'Name one with --host or --server, add [server NAME] sections to the file of --config, or try --demo.'
    })
  }
  assertDistinct(servers)
  return servers
}

/** The accounts: of --users, else of the nearest file that has any. Undefined when there are none. @throws ConfigError */
export function chooseAccounts({ files, usersFile, readSecret }: ProxySources): Accounts | undefined {
  if (usersFile !== undefined) return Accounts.fromOptions(readAccountsFile(usersFile))
  const users = files.map(({ path, sections }) => usersFromSections(sections, path, readSecret)).find(Boolean)
  return users && Accounts.fromOptions(users)
}

/** Nobody could log in. */
export function noAccounts(): ConfigError {
  return new ConfigError('Nobody may log in to the proxy', {
    hint: 'Name a users file with --users, add [user NAME] sections to the file of --config, or let everybody in with --no-auth-required.'
  })
}
