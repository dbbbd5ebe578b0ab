import { quote, SipSyntaxError } from './fault.js'
import { endOfToken, tokenChars } from './lexical.js'
import { Parameters, parseParameters } from './parameters.js'
import { parseHostPort } from './uri.js'

/** One Via (RFC 3261 20.42): who sent it, over what, and where a reply goes. */
export class Via {
  /** `UDP`, `TCP`, `TLS`, `WS`, `WSS`, or what else was written, in capitals. */
  readonly transport: string
  readonly host: string
  readonly port: number | undefined
  readonly parameters: Parameters

  constructor(transport: string, host: string, port: number | undefined, parameters: Parameters = Parameters.none) {
    this.transport = transport
    this.host = host
    this.port = port
    this.parameters = parameters
  }

  get branch(): string | undefined {
    return this.parameters.get('branch')
  }

  /** The address it came from, as the receiver saw it (RFC 3261 18.2.1). */
  get received(): string | undefined {
    return this.parameters.get('received')
  }

  /** The port it came from (RFC 3581); undefined without a value, too. */
  get rport(): number | undefined {
    const value = this.parameters.get('rport')
    return value !== undefined && /^[0-9]{1,5}$/.test(value) && Number(value) <= 65_535 ? Number(value) : undefined
  }

  /** `host` or `host:port`, as written. */
  get sentBy(): string {
    return this.port === undefined ? this.host : `${this.host}:${this.port}`
  }

  withParameters(parameters: Parameters): Via {
    return new Via(this.transport, this.host, this.port, parameters)
  }

  toString(): string {
    return `SIP/2.0/${this.transport} ${this.sentBy}${this.parameters}`
  }
}

/** Every branch of RFC 3261 begins so; after it must come something that is its own (RFC 4475 3.2.1). */
export const branchCookie = 'z9hG4bK'

/** Does a branch name a transaction by itself (RFC 3261 17.2.3)? Otherwise the sender is of RFC 2543. */
export function isUniqueBranch(branch: string | undefined): branch is string {
  return branch !== undefined && branch.length > branchCookie.length && branch.slice(0, 7).toLowerCase() === 'z9hg4bk'
}

const start = new RegExp(
  `^SIP[ \\t]*/[ \\t]*2\\.0[ \\t]*/[ \\t]*([${tokenChars}]+)[ \\t]+([^;, \\t]+)(?:[ \\t]*:[ \\t]*([0-9]+))?`,
  'i'
)

/** `SIP/2.0/UDP host:port;…` without further blanks before the parameters, as nearly all write it; undefined for any other form. */
function parseUsual(value: string): Via | undefined {
  if (!value.startsWith('SIP/2.0/')) return undefined
  const blank = endOfToken(value, 8)
  if (blank === 8 || value.charCodeAt(blank) !== 0x20) return undefined
  const semicolon = value.indexOf(';', blank)
  const end = semicolon < 0 ? value.length : semicolon
  const sentBy = value.slice(blank + 1, end)
  if (sentBy === '' || /[\t ,]/.test(sentBy)) return undefined
  const { host, port } = parseHostPort(sentBy)
  return new Via(value.slice(8, blank).toUpperCase(), host, port, parseParameters(value, end, 'via'))
}

/** Reads one Via. Blanks may stand around the slashes and the colon. @throws SipSyntaxError */
export function parseVia(value: string): Via {
  const usual = parseUsual(value)
  if (usual) return usual
  const found = start.exec(value)
  if (!found) throw new SipSyntaxError('via', `no Via of SIP/2.0: ${quote(value)}`)
  const sentBy = found[3] === undefined ? found[2]! : `${found[2]}:${found[3]}`
  const { host, port } = parseHostPort(sentBy)
  return new Via(found[1]!.toUpperCase(), host, port, parseParameters(value, found[0].length, 'via'))
}
