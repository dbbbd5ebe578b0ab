import { suggestion } from '../../nearest.js'
import { type Address, formatAddress, parseAddress } from '../../net/address.js'
import type { ServerTlsOptions } from '../../net/tls-server.js'
import { chooseServers, knownKeys, type ProxySources, unknownKeys } from '../config.js'
import type { ServerOptions } from '../options.js'
import { type CertificateFacts, checkCertificate } from './certificate.js'
import { type CheckFinding, findingOfError } from './check-finding.js'
import { type CheckedUser, checkUsers } from './users.js'
import { weakPoints } from './weak-points.js'

export interface CheckInput {
  /** Undefined: they could not be read, which was found already. */
  sources: ProxySources | undefined
  /** It brings its own server. */
  demo: boolean
  listen: readonly string[]
  authRequired: boolean
  hasProxyKey: boolean
  acceptUnencrypted: boolean
  broadcastResponses: boolean
  /** Who may open the web page: the entries of `--web-allow`. */
  webAllow?: readonly string[] | undefined
  tls: ServerTlsOptions | undefined
  now: Date
  /** The line of a key in a section of a file. */
  lineOf: (file: string, section: string, key: string) => number | undefined
}

/** A server as it is reached, without its secret. */
export interface CheckedServer {
  name: string
  address: string
  username: string
  secret: 'set'
  auth: string
  /** `no`, `verified`, `pinned` or `not verified`. */
  tls: string
}

export interface CheckReport {
  listeners: string[]
  servers: CheckedServer[]
  users: CheckedUser[]
  certificate: CertificateFacts | undefined
  findings: CheckFinding[]
}

/** Looks at all that the proxy would be started with, and starts nothing: a first fault does not hide the others. */
export function checkProxy(input: CheckInput): CheckReport {
  const findings: CheckFinding[] = []
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read()
    } catch (error) {
      findings.push(findingOfError(error))
      return undefined
    }
  }
  const listen = input.listen.flatMap((text) => attempt((): Address => parseAddress(text)) ?? [])
  if (input.sources) findings.push(...unknownSectionKeys(input.sources, input.lineOf))
  const sources = input.sources && withoutUnknownKeys(input.sources)
  const isOwnDemo = input.demo && sources?.usersFile === undefined
  const servers = sources && !input.demo ? (attempt(() => chooseServers(sources)) ?? []) : []
  const accounts = sources && !isOwnDemo ? checkUsers(sources, input) : { users: [], findings: [] }
  const certificate = input.tls && checkCertificate(input.tls, input.now)
  const exposure = { ...input, listen, servers, users: accounts.users, hasTls: input.tls !== undefined }
  return {
    listeners: listen.map(formatAddress),
    servers: servers.map(checkedServer),
    users: accounts.users,
    certificate: certificate?.certificate,
    findings: [...findings, ...accounts.findings, ...(certificate?.findings ?? []), ...weakPoints(exposure)]
  }
}

function unknownSectionKeys({ files }: ProxySources, lineOf: CheckInput['lineOf']): CheckFinding[] {
  return files.flatMap(({ path, sections }) =>
    Object.entries(sections).flatMap(([title, section]) =>
      unknownKeys(title, section).map((key): CheckFinding => {
        const line = lineOf(path, title, key)
        const message = `[${title}]: unknown setting ${JSON.stringify(key)}`
        const hint = suggestion(key, knownKeys(title) ?? [])
        return { code: 'unknown-key', severity: 'error', file: path, ...(line && { line }), message, ...(hint && { hint }) }
      })
    )
  )
}

/** They have been reported, with their lines. */
function withoutUnknownKeys(sources: ProxySources): ProxySources {
  const files = sources.files.map(({ path, sections }) => ({
    path,
    sections: Object.fromEntries(
      Object.entries(sections).map(([title, section]) => {
        const unknown = unknownKeys(title, section)
        return [title, Object.fromEntries(Object.entries(section).filter(([key]) => !unknown.includes(key)))]
      })
    )
  }))
  return { ...sources, files }
}

function checkedServer({ name, host, port, username, auth, tls }: ServerOptions): CheckedServer {
  const security = !tls ? 'no' : tls.pin ? 'pinned' : tls.insecure ? 'not verified' : 'verified'
  return { name, address: formatAddress({ host, port }), username, secret: 'set', auth, tls: security }
}
