import { X509Certificate } from 'node:crypto'
import fs from 'node:fs'
import type net from 'node:net'
import tls from 'node:tls'
import { ConfigError, TimeoutError, TlsError } from '../errors.js'

export interface ServerTlsOptions {
  /** PEM file with the certificate and those between it and its authority. */
  certFile: string
  /** PEM file with the private key, without a passphrase; without it the key stands in `certFile`, as `certfile` of astmanproxy has it. */
  keyFile?: string | undefined
  /** From the first byte of the hello to the last of the handshake. */
  handshakeTimeoutMs?: number | undefined
}

/** Two or three round trips over the slowest of lines; Asterisk and most web servers wait longer, and keep a socket for each that says nothing. */
const defaultHandshakeTimeoutMs = 5_000

/**
 * The server's side of TLS for connections that are already there: 1.2 and 1.3, any number of sessions, no client certificates.
 * It never listens itself; `wrap` takes a socket whose first bytes were a hello, and those bytes may have been put back into it.
 */
export class ServerTls {
  readonly #server: tls.Server
  /** By both ends of the connection: a TLS socket does not tell which socket it was made of. */
  readonly #handshakes = new Map<string, Handshake>()
  #options: ServerTlsOptions

  /** @throws ConfigError */
  constructor(options: ServerTlsOptions) {
    this.#options = options
    this.#server = tls.createServer(readCredentials(options))
    this.#server.on('secureConnection', (secure) => {
      const handshake = this.#handshakes.get(connectionKey(secure))
      // It ended in this very moment: nobody waits for it any more.
      if (!handshake) return void secure.on('error', ignore).destroy()
      handshake.succeed(secure)
    })
    this.#server.on('tlsClientError', (error, secure) => {
      this.#handshakes.get(connectionKey(secure))?.fail(handshakeFailure(error))
    })
  }

  /** By which clients may know the certificate: `sha256:` and hex. */
  get pin(): string {
    const { fingerprint256 } = new X509Certificate(fs.readFileSync(this.#options.certFile))
    return `sha256:${fingerprint256.replaceAll(':', '').toLowerCase()}`
  }

  /**
   * Reads the files again, or others. New connections get the new certificate, those that stand keep theirs.
   * @throws ConfigError; what was there stays
   */
  reload(options: ServerTlsOptions = this.#options): void {
    this.#server.setSecureContext(readCredentials(options))
    this.#options = options
  }

  /**
   * Shakes hands. The socket belongs to the TLS socket from now on, and is destroyed when this fails.
   * Check `destroyed` of what it gives: the peer may have gone before the caller had its turn. An error of the TLS socket is followed by `close`,
   * and is no crash when nobody listens for it.
   * @throws TlsError (no TLS, no version or cipher in common, closed), TimeoutError
   */
  wrap(socket: net.Socket): Promise<tls.TLSSocket> {
    return new Promise((resolve, reject) => {
      const key = connectionKey(socket)
      const { allowHalfOpen } = socket
      const settle = () => {
        clearTimeout(timer)
        socket.off('close', onClose)
        this.#handshakes.delete(key)
      }
      const fail = (error: TlsError | TimeoutError) => {
        settle()
        socket.destroy()
        reject(error)
      }
      const succeed = (secure: tls.TLSSocket) => {
        settle()
        secure.on('error', ignore)
        secure.allowHalfOpen = allowHalfOpen
        resolve(secure)
      }
      const onClose = () => fail(new TlsError('The client closed during the TLS handshake'))
      const timeoutMs = this.#options.handshakeTimeoutMs ?? defaultHandshakeTimeoutMs
      // Of the whole handshake, not of a silence in it: a byte a second does not keep it alive.
      const timer = setTimeout(() => {
        fail(new TimeoutError(`The client did not finish the TLS handshake within ${timeoutMs / 1000} s`))
      }, timeoutMs)
      socket.on('error', ignore)
      if (socket.destroyed || key === '') return onClose()
      socket.once('close', onClose)
      // There is no half of a handshake: who closes its half in it has gone.
      socket.allowHalfOpen = false
      this.#handshakes.set(key, { succeed, fail })
      this.#server.emit('connection', socket)
    })
  }
}

interface Handshake {
  succeed(secure: tls.TLSSocket): void
  fail(error: TlsError): void
}

/** Empty when the peer has gone. */
function connectionKey({ remoteAddress, remotePort, localAddress, localPort }: net.Socket): string {
  return remoteAddress === undefined ? '' : `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`
}

function readCredentials({ certFile, keyFile = certFile }: ServerTlsOptions): tls.SecureContextOptions {
  const credentials: tls.SecureContextOptions = {
    cert: readPem(certFile, 'certificate', /^-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/m),
    key: readPem(keyFile, 'private key', /^-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/m),
    // RFC 8996: the versions before are not to be used.
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3'
  }
  try {
    tls.createSecureContext(credentials)
  } catch (cause) {
    throw new ConfigError(`Cannot use the certificate ${certFile} with the key ${keyFile}: ${(cause as Error).message}`, {
      cause,
      hint: 'The key must be that of the certificate, without a passphrase.'
    })
  }
  return credentials
}

function readPem(file: string, what: string, begin: RegExp): Buffer {
  let pem: Buffer
  try {
    pem = fs.readFileSync(file)
  } catch (cause) {
    throw new ConfigError(`Cannot read the TLS ${what} ${file}: ${(cause as Error).message}`, { cause })
  }
  if (!begin.test(pem.toString('latin1'))) {
    throw new ConfigError(`There is no ${what} in ${file}`, {
      hint: 'Name a PEM file that has both the certificate and its key, or one file for each.'
    })
  }
  return pem
}

/** OpenSSL's message is made for its own developers; its reason reads `no shared cipher` or `http request`. */
function handshakeFailure(error: Error & { reason?: unknown }): TlsError {
  const reason = typeof error.reason === 'string' ? error.reason : error.message
  return new TlsError(`The TLS handshake failed: ${reason}`, { cause: error })
}

/** A failure is followed by `close`. */
function ignore(): void {}
