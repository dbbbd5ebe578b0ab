import type { TlsOptions } from '../../net/connect.js'
import type { ServerOptions } from '../options.js'
import type { LegacyHost } from './astmanproxy-host.js'
import { type LegacySettings, withLegacyDefaults } from './astmanproxy-settings.js'

/** What an astmanproxy.conf says, in the names and values of our flags. What has no flag (hosts, proxykey) is not among them. */
export function flagsOfLegacy(settings: LegacySettings): Record<string, string> {
  const {
    certFile,
    procUser,
    procGroup,
    logFile,
    acceptEncrypted,
    acceptUnencrypted,
    listenAddress,
    listenPort,
    authRequired,
    autoFilter,
    filterLocal,
    outputFormat,
    forceBanner,
    retryIntervalS,
    maxRetries
  } = withLegacyDefaults(settings)
  const host = listenAddress === '*' ? '' : listenAddress.includes(':') ? `[${listenAddress}]` : listenAddress
  return {
    listen: `${host}:${listenPort}`,
    'auth-required': authRequired ? 'yes' : 'no',
    autofilter: autoFilter,
    'filter-local': filterLocal,
    'output-format': outputFormat,
    // As the old program did, with one server too: its clients read it.
    'server-header': 'always',
    'accept-unencrypted': acceptUnencrypted ? 'yes' : 'no',
    ...(certFile !== undefined && acceptEncrypted !== false && { 'tls-cert': certFile }),
    ...(procUser !== undefined && { 'run-as-user': procUser }),
    ...(procGroup !== undefined && { 'run-as-group': procGroup }),
    ...(logFile !== undefined && { 'log-file': logFile }),
    ...(forceBanner !== undefined && { banner: forceBanner }),
    // The old program tried at once, for ever: 0 is not "as fast as it can".
    ...(retryIntervalS > 0 && { 'retry-interval': String(retryIntervalS) }),
    'max-retries': String(maxRetries)
  }
}

/** The `host` lines as servers. @param tls for those with ssl: their certificates are verified, which the old program did not do */
export function serversOfLegacy(hosts: readonly LegacyHost[], tls: TlsOptions | undefined): ServerOptions[] {
  return hosts.map(({ name, host, port, username, secret, events, tls: wantsTls }) => ({
    name,
    host,
    port,
    username,
    secret,
    auth: 'md5',
    events,
    ...(wantsTls && { tls: tls ?? {} })
  }))
}
