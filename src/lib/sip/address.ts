import { quote, SipSyntaxError } from './fault.js'
import { decodeText, encodeText, endOfQuoted, quoted, skipBlanks, tokenChars, trim, unquote } from './lexical.js'
import { Parameters, parseParameters } from './parameters.js'
import { parseUri, type Uri } from './uri.js'

/** The value of From, To, Contact, Route, Record-Route, Path: a URI with an optional name before it and parameters behind it. */
export class Address {
  /** As on the wire: with quotes, when it had them. */
  readonly rawDisplayName: string | undefined
  /** As on the wire, without `<>`. */
  readonly uriText: string
  readonly parameters: Parameters
  #uri: Uri | undefined

  constructor(uriText: string, parameters: Parameters = Parameters.none, rawDisplayName?: string) {
    this.uriText = uriText
    this.parameters = parameters
    this.rawDisplayName = rawDisplayName
  }

  /** Parsed when it is asked for. @throws SipSyntaxError */
  get uri(): Uri {
    this.#uri ??= parseUri(this.uriText)
    return this.#uri
  }

  /** The name as people read it: no quotes, no escapes, UTF-8 decoded. */
  get displayName(): string | undefined {
    return this.rawDisplayName === undefined ? undefined : decodeText(unquote(this.rawDisplayName))
  }

  get tag(): string | undefined {
    return this.parameters.get('tag')
  }

  withParameters(parameters: Parameters): Address {
    return new Address(this.uriText, parameters, this.rawDisplayName)
  }

  toString(): string {
    const name = this.rawDisplayName === undefined ? '' : `${this.rawDisplayName} `
    return `${name}<${this.uriText}>${this.parameters}`
  }
}

/** An address of our own. @param displayName as people wrote it; it is quoted and encoded here */
export function makeAddress(uriText: string, displayName?: string, parameters: Parameters = Parameters.none): Address {
  return new Address(uriText, parameters, displayName === undefined ? undefined : quoted(encodeText(displayName)))
}

const tokenName = new RegExp(`^[${tokenChars}]+(?:[ \\t]+[${tokenChars}]+)*$`)

/**
 * Reads one `name-addr` or `addr-spec` with its parameters (RFC 3261 20.10 and 25.1). Without `<>`, what follows `;` belongs to the header,
 * and a URI with a comma or a question mark is refused: it must stand in `<>` (RFC 4475 3.1.2.13).
 * @param checkUri also parse the URI; otherwise that happens when it is asked for
 * @throws SipSyntaxError
 */
export function parseAddress(text: string, checkUri = true): Address {
  const value = trim(text)
  let open: number
  let name: string | undefined
  if (value.charCodeAt(0) === 0x22) {
    const end = endOfQuoted(value, 0, 'address')
    name = value.slice(0, end)
    open = skipBlanks(value, end)
    if (value.charCodeAt(open) !== 0x3c) throw new SipSyntaxError('address', `no "<" behind the name in ${quote(value)}`)
  } else {
    open = value.indexOf('<')
    if (open < 0) return parseBare(value, checkUri)
    name = open === 0 ? undefined : trim(value.slice(0, open))
    if (name !== undefined && !tokenName.test(name))
      throw new SipSyntaxError('address', `a name that needs quotes: ${quote(name)}`)
  }
  const close = value.indexOf('>', open)
  if (close < 0) throw new SipSyntaxError('address', `"<" is never closed in ${quote(value)}`)
  return finish(value.slice(open + 1, close), parseParameters(value, close + 1, 'address'), name, checkUri)
}

function parseBare(value: string, checkUri: boolean): Address {
  const semicolon = value.indexOf(';')
  const uriText = semicolon < 0 ? value : trim(value.slice(0, semicolon))
  if (/[,?]/.test(uriText)) throw new SipSyntaxError('address', `this URI must stand in "<>": ${quote(uriText)}`)
  return finish(uriText, semicolon < 0 ? Parameters.none : parseParameters(value, semicolon, 'address'), undefined, checkUri)
}

function finish(uriText: string, parameters: Parameters, name: string | undefined, checkUri: boolean): Address {
  const address = new Address(uriText, parameters, name)
  if (checkUri) void address.uri
  else if (!/^[A-Za-z][^\s<>"]*$/.test(uriText)) throw new SipSyntaxError('address', `no URI: ${quote(uriText)}`)
  return address
}
