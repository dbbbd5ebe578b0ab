import fs from 'node:fs'
import net from 'node:net'
import tls from 'node:tls'
import { ConfigError, ConnectError, TimeoutError, TlsError } from '../errors.js'
import { formatAddress } from './address.js'

/** How to reach a peer. `path` is a unix socket and wins over host and port. */
export interface ConnectOptions {
  host: string
  port: number
  path?: string | undefined
  tls?: TlsOptions | undefined
  timeoutMs: number
  signal?: AbortSignal | undefined
  /** The address of this machine to connect from (TCP only). */
  localAddress?: string | undefined
  /** One buffer that every read goes into (TCP only): for streams that are too fast for a buffer each. */
  onread?: { buffer: Buffer; callback: (bytes: number, buffer: Buffer) => boolean } | undefined
}

/** TLS towards a server. The certificate is verified by default: against the system's authorities, a CA file, or a pin. */
export interface TlsOptions {
  /** PEM file with the authorities to trust instead of the system's. */
  caFile?: string | undefined
  /** `sha256:` and the certificate's SHA-256 fingerprint in hex (colons allowed): that certificate is trusted, and no other. */
  pin?: string | undefined
  /** Trust any certificate. */
  insecure?: boolean | undefined
  /** The name that the certificate must have, when it is not the host. */
  serverName?: string | undefined
  /** PEM files with our own certificate and its key, for a server that asks who we are. The key may stand in the certificate's file. */
  certFile?: string | undefined
  keyFile?: string | undefined
  /** Default TLSv1.2: what is older is broken (RFC 8996). */
  minVersion?: 'TLSv1.2' | 'TLSv1.3' | undefined
}

/**
 * Connects, and for TLS shakes hands and verifies. The socket comes with `noDelay` set and without an `error` listener.
 * @throws ConnectError, TlsError, TimeoutError, ConfigError (an unreadable CA file), or the signal's reason
 */
export async function connect(options: ConnectOptions): Promise<net.Socket> {
  const { path, timeoutMs, signal } = options
  signal?.throwIfAborted()
  const name = peerName(options)
  const socket = options.tls ? tls.connect(tlsConnectOptions(options, options.tls)) : net.connect(tcpConnectOptions(options))
  try {
    await opened(socket, options.tls ? 'secureConnect' : 'connect', { name, timeoutMs, signal })
    if (options.tls) verify(socket as tls.TLSSocket, options.tls, name)
  } catch (error) {
    socket.on('error', () => {})
    socket.destroy()
    throw error
  }
  if (!path) socket.setNoDelay(true)
  return socket
}

/** The peer as messages call it. */
export function peerName({ host, port, path, tls: secure }: Pick<ConnectOptions, 'host' | 'port' | 'path' | 'tls'>): string {
  return path ?? `${formatAddress({ host, port })}${secure ? ' (TLS)' : ''}`
}

function tcpConnectOptions({ onread, ...options }: ConnectOptions): net.NetConnectOpts {
  return { ...placeOf(options), ...(onread && { onread }) } as net.NetConnectOpts
}

function placeOf({ host, port, path, localAddress }: ConnectOptions) {
  return path ? { path } : { host, port, autoSelectFamily: true, ...(localAddress && { localAddress }) }
}

function tlsConnectOptions(
  options: ConnectOptions,
  { caFile, pin, insecure, serverName, certFile, keyFile = certFile, minVersion = 'TLSv1.2' }: TlsOptions
): tls.ConnectionOptions {
  const name = serverName ?? options.host
  return {
    ...placeOf(options),
    // An address is no server name (RFC 6066 section 3).
    ...(net.isIP(name) === 0 && { servername: name }),
    ...(caFile && { ca: readCaFile(caFile) }),
    ...(serverName && {
      checkServerIdentity: (_host: string, certificate: tls.PeerCertificate) => tls.checkServerIdentity(serverName, certificate)
    }),
    ...(certFile && { cert: readPem(certFile, 'CERTIFICATE'), key: readPem(keyFile!, 'PRIVATE KEY') }),
    minVersion,
    // A pin replaces the authorities' word; it is compared after the handshake.
    rejectUnauthorized: !insecure && !pin
  }
}

/** The authorities that are trusted in place of the system's. @throws ConfigError */
export function readCaFile(file: string, hint = 'Name a PEM file with --tls-ca.'): Buffer {
  let pem: Buffer
  try {
    pem = fs.readFileSync(file)
  } catch (cause) {
    throw new ConfigError(`Cannot read the CA file ${file}: ${(cause as Error).message}`, { cause, hint })
  }
  // Node takes such a file without a word, and then trusts nobody.
  if (!pem.includes('CERTIFICATE-----')) throw new ConfigError(`There is no certificate in the CA file ${file}`, { hint })
  return pem
}

/** Our own certificate, or its key. @throws ConfigError, without a word of what the file holds */
function readPem(file: string, what: 'CERTIFICATE' | 'PRIVATE KEY'): Buffer {
  const hint = 'Name PEM files with --tls-cert and --tls-key.'
  let pem: Buffer
  try {
    pem = fs.readFileSync(file)
  } catch (cause) {
    throw new ConfigError(`Cannot read ${file}: ${(cause as Error).message}`, { cause, hint })
  }
  if (!pem.includes(`${what}-----`)) throw new ConfigError(`There is no ${what.toLowerCase()} in ${file}`, { hint })
  return pem
}

function verify(socket: tls.TLSSocket, { pin }: TlsOptions, name: string): void {
  if (!pin) return
  const wanted = normalizePin(pin)
  const have = socket.getPeerCertificate().fingerprint256?.replaceAll(':', '').toLowerCase()
  if (have !== wanted) {
    throw new TlsError(`The certificate of ${name} is not the pinned one`, {
      details: { expected: `sha256:${wanted}`, received: `sha256:${have}` },
      hint: `It has sha256:${have}. If the server's certificate was changed on purpose, pin that.`
    })
  }
}

/** @returns 64 lower-case hex digits @throws ConfigError */
export function normalizePin(pin: string): string {
  const hex = pin
    .replace(/^sha256[:/]/i, '')
    .replaceAll(':', '')
    .toLowerCase()
  if (!/^[0-9a-f]{64}$/.test(hex)) {
    throw new ConfigError(`"${pin}" is not a certificate pin`, {
      hint: 'Write sha256: and 64 hex digits: openssl x509 -noout -fingerprint -sha256 -in cert.pem'
    })
  }
  return hex
}

function opened(
  socket: net.Socket,
  event: 'connect' | 'secureConnect',
  { name, timeoutMs, signal }: { name: string; timeoutMs: number; signal?: AbortSignal | undefined }
): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      settle(() =>
        reject(
          new TimeoutError(`No connection to ${name} within ${timeoutMs / 1000} s`, {
            hint: 'Is the host up, and does a firewall drop the packets?'
          })
        )
      )
    }, timeoutMs)
    const onAbort = () => settle(() => reject(signal?.reason))
    const onError = (error: NodeJS.ErrnoException) => settle(() => reject(connectFailure(error, name)))
    const onClose = () => settle(() => reject(new ConnectError(`${name} closed the connection during the handshake`)))
    const settle = (then: () => void) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      socket.off('error', onError).off('close', onClose).removeAllListeners(event)
      then()
    }
    socket.once(event, () => settle(resolve))
    socket.once('error', onError).once('close', onClose)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

const connectHints: Record<string, string> = {
  ECONNREFUSED: 'Nothing listens there: is the server running, and is this its port?',
  ENOTFOUND: 'There is no such host name.',
  EAI_AGAIN: 'The name server did not answer.',
  EHOSTUNREACH: 'There is no route to the host.',
  ENETUNREACH: 'There is no route to the network.',
  ENOENT: 'There is no such socket file.',
  EACCES: 'You may not use that socket file.',
  EPROTO: 'The peer does not speak TLS on this port.'
}

/** What went wrong, for people. */
export function connectFailure(error: NodeJS.ErrnoException, name: string): Error {
  const code = error.code ?? ''
  if (isCertificateError(error)) {
    return new TlsError(`The certificate of ${name} is not trusted: ${error.message}`, {
      cause: error,
      details: { reason: code },
      hint: 'Name its authority with --tls-ca FILE, pin it with --tls-pin sha256:…, or accept anything with --insecure.'
    })
  }
  if (/^ERR_SSL|^EPROTO/.test(code) || error.message.includes('SSL routines')) {
    return new TlsError(`No TLS with ${name}: ${error.message.trim()}`, {
      cause: error,
      hint: 'Does the server speak TLS on this port?'
    })
  }
  const reason = error instanceof AggregateError ? error.errors.map((one: Error) => one.message).join('; ') : error.message
  // Half of all programs take HOST:PORT in one word.
  const withPort = (error as { hostname?: string }).hostname?.match(/^([^:]+):(\d+)$/)
  const hint = withPort ? `The port is a setting of its own: host ${withPort[1]}, port ${withPort[2]}.` : connectHints[code]
  return new ConnectError(`Cannot connect to ${name}: ${reason}`, {
    cause: error,
    details: { reason: code },
    ...(hint && { hint })
  })
}

function isCertificateError({ code = '' }: NodeJS.ErrnoException): boolean {
  // An alert that the server wants a certificate of ours (ERR_SSL_…_CERTIFICATE_REQUIRED) is not about its own.
  return !code.startsWith('ERR_SSL') && /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH/.test(code)
}
