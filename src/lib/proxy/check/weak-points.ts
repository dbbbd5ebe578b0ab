import { type Address, formatAddress } from '../../net/address.js'
import type { ServerOptions } from '../options.js'
import type { CheckFinding } from './check-finding.js'
import type { CheckedUser } from './users.js'

export interface Exposure {
  listen: readonly Address[]
  servers: readonly ServerOptions[]
  users: readonly CheckedUser[]
  authRequired: boolean
  hasProxyKey: boolean
  acceptUnencrypted: boolean
  hasTls: boolean
  broadcastResponses: boolean
  webAllow?: readonly string[] | undefined
}

/** More names than fit a line help nobody: all are among the users. */
const maxNames = 5

/** What works, and lets in or shows more than it should. */
export function weakPoints(exposure: Exposure): CheckFinding[] {
  const { listen, servers, users, authRequired, hasProxyKey, acceptUnencrypted, hasTls, broadcastResponses } = exposure
  const findings: CheckFinding[] = []
  const add = (severity: CheckFinding['severity'], code: string, message: string, hint: string) =>
    findings.push({ code, severity, message, hint })
  const plain = users.filter(({ secret }) => secret === 'plain')
  if (plain.length > 0)
    add(
      'warning',
      'plain-secrets',
      `Secrets in plain text: ${listed(plain)}`,
      'Store a bcrypt or scrypt hash, where clients need no MD5 challenge.'
    )
  const admins = users.filter(({ admin }) => admin)
  if (admins.length > 0)
    add(
      'info',
      'administrators',
      `Administrators, who may do everything: ${listed(admins)}`,
      'Give other users what they need with write and allow.'
    )
  const isReachable = listen.some(({ host }) => !isLoopback(host))
  if (!authRequired && !hasProxyKey) {
    const who = isReachable ? 'Everybody in the network' : 'Every user of this machine'
    add(
      'warning',
      'no-login',
      `${who} is let in without a login`,
      'Set auth-required (authrequired = yes), and give everybody an account.'
    )
  }
  for (const address of listen.filter(({ host }) => acceptUnencrypted && isEverywhere(host)))
    add(
      'warning',
      'unencrypted',
      `${formatAddress(address)} takes unencrypted connections on all addresses`,
      hasTls
        ? 'Set --no-accept-unencrypted, or listen on one address.'
        : 'Name a certificate with --tls-cert, or listen on one address.'
    )
  if (!acceptUnencrypted && !hasTls)
    add(
      'error',
      'nobody-may-connect',
      'Unencrypted connections are refused, and there is no certificate for others',
      'Name one with --tls-cert.'
    )
  if (broadcastResponses)
    add(
      'warning',
      'broadcast-responses',
      'Answers are shown to all who filter nothing',
      'Leave --broadcast-responses out unless a panel needs it.'
    )
  findings.push(...webWeakPoints(exposure))
  for (const { name, host, tls } of servers) {
    if (tls?.insecure)
      add(
        'warning',
        'insecure',
        `The certificate of server ${name} is not verified`,
        'Name its authority with tls-ca, or its fingerprint with tls-pin.'
      )
    if (!tls && !isLoopback(host))
      add(
        'info',
        'unencrypted-server',
        `The way to server ${name} is not encrypted`,
        'Set tls, and tlsenable in its manager.conf.'
      )
  }
  const known = new Set(servers.map(({ name }) => name.toLowerCase()))
  for (const { where, server } of users)
    if (server !== undefined && servers.length > 0 && !known.has(server.toLowerCase()))
      add(
        'warning',
        'unknown-server',
        `${where}: there is no server ${JSON.stringify(server)}`,
        `Known are ${[...known].join(', ')}.`
      )
  return findings
}

/** Of the web page: for nobody, or for secrets in clear. */
function webWeakPoints({ users, webAllow = [], hasTls, acceptUnencrypted }: Exposure): CheckFinding[] {
  const networks = webAllow.filter((entry) => entry.trim().toLowerCase() !== 'none')
  const who = users.filter(({ web }) => web)
  const findings: CheckFinding[] = []
  if (networks.length > 0 && users.length > 0 && who.length === 0)
    findings.push({
      code: 'web-without-users',
      severity: 'warning',
      message: '--web-allow opens the web page, and no user may log in there',
      hint: 'Set web = yes for those who may.'
    })
  if (networks.length === 0 && who.length > 0)
    findings.push({
      code: 'web-without-addresses',
      severity: 'info',
      message: `The web page is for no address; these may use it: ${listed(who)}`,
      hint: 'Name their addresses with --web-allow.'
    })
  if (acceptUnencrypted && networks.some((entry) => !isLoopback(entry)))
    findings.push({
      code: 'web-unencrypted',
      severity: 'warning',
      message: 'Whoever logs in on the web page without TLS sends the secret in clear',
      hint: hasTls ? 'Set --no-accept-unencrypted.' : 'Name a certificate with --tls-cert, and set --no-accept-unencrypted.'
    })
  return findings
}

function listed(users: readonly CheckedUser[]): string {
  const names = users.slice(0, maxNames).map(({ name }) => name)
  return users.length > maxNames ? `${names.join(', ')} and ${users.length - maxNames} more` : names.join(', ')
}

const isEverywhere = (host: string) => host === '::' || host === '0.0.0.0' || host === ''
const isLoopback = (host: string) => host === '::1' || host === 'localhost' || /^127\./.test(host)
