import { DataError } from '../../errors.js'
import { encodeText } from '../../sip/lexical.js'
import { parseParameters } from '../../sip/parameters.js'
import { unescapeUri } from '../../sip/uri.js'
import type { RegistrationAccount, RegistrationSecret } from '../account.js'
import { checkHost, checkUser, readProxies, readSocket, type SocketTransport } from './account-address.js'
import { AccountFields, maxSeconds } from './account-fields.js'
import { readExtraHeaders } from './account-headers.js'
import type { AccountRow } from './account-row.js'
import { readSecret, type SecretStore } from './account-secret.js'

const transports = ['udp', 'tcp', 'tls', 'ws', 'wss'] as const
const keepalives = ['options', 'crlf', 'stun', 'none'] as const
const algorithms = ['SHA-512-256', 'SHA-256', 'MD5'] as const

/** What holds for accounts that say nothing themselves. */
export interface AccountDefaults {
  readonly realm?: string | undefined
  /** As `auth_proxy`. */
  readonly proxies?: readonly string[] | undefined
  readonly expiresS?: number | undefined
  readonly contactAddress?: string | undefined
  readonly path?: boolean | undefined
  readonly outbound?: boolean | undefined
  readonly algorithms?: RegistrationAccount['algorithms']
}

/** For a source that says nothing; what most registrars grant (RFC 3261 10.2.1.1). */
const defaultExpiresS = 3600
/** `contact_params` that are made from other columns, or by the registration. */
const ownParameters = ['expires', 'q', '+sip.instance', 'reg-id', 'line', 'tag']

/**
 * Makes an account of a row.
 * @returns the account, or everything that is wrong with the row, each fault with its column and none with a secret
 */
export function readAccount(
  row: AccountRow,
  secrets: SecretStore,
  defaults: AccountDefaults = {}
): RegistrationAccount | { faults: readonly string[] } {
  if (!row.values) return { faults: row.faults }
  const fields = new AccountFields(row.values, row.faults)
  const uuid = fields.required('l_uuid')
  const contactUser = fields.read('contact_user', fields.text('contact_user'), checkUser)
  const username = fields.read('r_username', fields.required('r_username'), checkUser)
  const domain = fields.read('r_domain', fields.required('r_domain'), checkHost)
  // It is the contact's user, unless there is another; then it is the value of `line`.
  fields.read('l_uuid', uuid, checkUser)
  const secret = readSecret(fields, secrets)
  const { socket, transport } = readTransport(fields)
  // One literal: an object that is spread from two has twice the size, and there may be 100,000 of them.
  const account: RegistrationAccount = {
    uuid: uuid ?? '',
    localUsername: fields.read('l_username', fields.text('l_username'), checkUser),
    localDomain: fields.read('l_domain', fields.text('l_domain'), checkHost),
    username: username ?? '',
    domain: domain ?? '',
    realm: fields.text('realm') ?? defaults.realm,
    authUsername: fields.text('auth_username') ?? unescapeUri(username ?? ''),
    secret: secret ?? noSecret,
    proxies: readNextHops(fields) ?? defaults.proxies ?? none,
    expiresS: fields.integer('expires', 0, maxSeconds) ?? defaults.expiresS ?? defaultExpiresS,
    isDisabled: isDisabled(fields),
    delayS: fields.integer('reg_delay', 0, maxSeconds) ?? 0,
    contactAddress: fields.read('contact_addr', fields.text('contact_addr'), checkHost) ?? defaults.contactAddress,
    contactUser,
    contactParameters: fields.read('contact_params', fields.text('contact_params'), readContactParameters),
    socket,
    transport,
    path: fields.flag('path') ?? defaults.path ?? false,
    outbound: fields.flag('outbound') ?? defaults.outbound ?? false,
    instanceId: fields.read('instance_id', fields.text('instance_id'), readInstanceId),
    // RFC 5626 4.2: a positive number.
    regId: fields.integer('reg_id', 1, 2 ** 31 - 1),
    q: fields.decimal('q', 0, 1, 3),
    refreshRatio: fields.decimal('refresh_ratio', 0.1, 0.95, 6),
    extraHeaders: fields.read('extra_headers', fields.text('extra_headers'), readExtraHeaders) ?? noHeaders,
    userAgent: fields.text('user_agent'),
    algorithms: readAlgorithms(fields, secret?.kind === 'ha1' ? secret.algorithm : undefined) ?? defaults.algorithms,
    keepalive: fields.word('keepalive', keepalives),
    tag: fields.text('tag'),
    display: fields.text('display'),
    source: row.source
  }
  return fields.faults.length > 0 ? { faults: fields.faults } : account
}

const noHeaders: RegistrationAccount['extraHeaders'] = []

/** What is missing has been noted. */
const noSecret: RegistrationSecret = { kind: 'password', password: '' }

/** One for all: there may be 100,000 accounts without any. */
const none: readonly string[] = []

/** Undefined where the row names none. */
function readNextHops(fields: AccountFields): readonly string[] | undefined {
  const found = fields.read('auth_proxy', 'list', () => readProxies([...fields.list('auth_proxy'), ...fields.list('proxy2')]))
  return found && found.length > 0 ? found : undefined
}

/** Kamailio keeps its state in `flags` as well; only bit 1 is somebody's wish. */
function isDisabled(fields: AccountFields): boolean {
  const flags = fields.integer('flags', 0, 2 ** 32 - 1) ?? 0
  return flags % 2 === 1 || fields.flag('enabled') === false
}

function readTransport(fields: AccountFields): { socket: string | undefined; transport: SocketTransport | undefined } {
  const transport = fields.word('transport', transports)
  const socket = fields.read('socket', fields.text('socket'), readSocket)
  if (socket?.transport !== undefined && transport !== undefined && socket.transport !== transport) {
    fields.fault('socket', `is one of ${socket.transport}, and transport is ${transport}`)
  }
  return { socket: socket?.text, transport: transport ?? socket?.transport }
}

type Algorithms = RegistrationAccount['algorithms']

function readAlgorithms(fields: AccountFields, ha1: (typeof algorithms)[number] | undefined): Algorithms {
  const names = fields.list('auth_algs')
  if (names.length === 0) return undefined
  const allowed = names.map((name) => {
    const found = algorithms.find((one) => one === name.toUpperCase())
    return found ?? fields.fault('auth_algs', `${JSON.stringify(name)} is none of ${algorithms.join(', ')}`)
  })
  if (ha1 !== undefined && !allowed.includes(ha1))
    fields.fault('auth_algs', `leaves out ${ha1}, the only one that auth_ha1 can answer`)
  return allowed.filter((one) => one !== undefined)
}

function readContactParameters(text: string): string {
  const bare = text.replace(/^;\s*/, '')
  const taken = parseParameters(encodeText(`;${bare}`), 0).list.find(({ name }) => ownParameters.includes(name.toLowerCase()))
  if (taken) throw new DataError(`${taken.name} is made from other columns`)
  return bare
}

/** A URN (RFC 5626 4.1); a UUID alone becomes one. */
function readInstanceId(text: string): string {
  const uuid = /^(?:urn:uuid:)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i.exec(text)?.[1]
  if (uuid !== undefined) return `urn:uuid:${uuid.toLowerCase()}`
  if (/^urn:[a-z0-9][a-z0-9-]{0,31}:[\w.:;()+,=@$!*'/%-]+$/i.test(text)) return text
  throw new DataError('is no URN such as urn:uuid:…')
}
