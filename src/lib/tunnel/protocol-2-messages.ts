import { LoginError, type PbxkitError, ProtocolError } from '../errors.js'
import type { ScramMechanism } from '../scram/messages.js'
import { ToldToWaitError, UpgradeRequiredError } from './errors.js'
import { formatParameters, type Parameters, parseParameters } from './parameters.js'
import { failedLine, parseUpgrade, parseWait } from './protocol-1-messages.js'

/** A SCRAM message has 1,024 bytes at most, in base64 4/3 of that; the rest is for parameters. */
export const maxLineBytes = 4_096
/** The version of the protocol that is spoken here. */
export const version = 2

/** The client's first line, `AGIT/2 SCRAM-SHA-256-PLUS <client-first> name=value …`. */
export interface Hello {
  mechanism: ScramMechanism
  clientFirst: string
  parameters: Parameters
}

export function formatHello({ mechanism, clientFirst, parameters }: Hello): string {
  return `AGIT/${version} ${mechanism} ${Buffer.from(clientFirst).toString('base64')}${formatParameters(parameters)}`
}

/** @throws UpgradeRequiredError for another version, ProtocolError for what is no hello */
export function parseHello(line: string): Hello {
  const [protocol = '', mechanism, text = '', ...words] = line.split(' ')
  const asked = /^AGIT\/(\d{1,4})$/.exec(protocol)?.[1]
  if (asked === undefined) throw new ProtocolError('The client does not speak the protocol of the tunnel')
  if (Number(asked) !== version)
    throw new UpgradeRequiredError(`The client speaks version ${Number(asked)}`, { details: { asked: Number(asked) } })
  if (mechanism !== 'SCRAM-SHA-256' && mechanism !== 'SCRAM-SHA-256-PLUS')
    throw new ProtocolError('The client asks for another login')
  const bytes = Buffer.from(text, 'base64')
  if (text === '' || bytes.toString('base64') !== text) throw new ProtocolError('The hello has no base64 in its place')
  return { mechanism, clientFirst: bytes.toString('utf8'), parameters: parseParameters(words) }
}

/** `C <server-first>` */
export function formatChallenge(serverFirst: string): string {
  return `C ${serverFirst}`
}

/**
 * @throws ProtocolError, or what the server refused with. A LoginError here (`details.stage` is `hello`) says nothing of the password, which was not asked for:
 * also a server of protocol 1 alone answers so.
 */
export function parseChallenge(line: string): string {
  if (!line.startsWith('C ')) throw refusal(line, 'hello')
  return line.slice(2)
}

/** `S <server-final> name=value …` */
export function formatSuccess(serverFinal: string, parameters: Parameters): string {
  return `S ${serverFinal}${formatParameters(parameters)}`
}

/** @throws ProtocolError, or what the server refused with */
export function parseSuccess(line: string): { serverFinal: string; parameters: Parameters } {
  if (!line.startsWith('S ')) throw refusal(line)
  const [, serverFinal = '', ...words] = line.split(' ')
  return { serverFinal, parameters: parseParameters(words) }
}

/** To a client of another version. @param text for people, in one line */
export function formatUpgrade(text = ''): string {
  return `upgrade required AGIT/${version}${text ? ` ${text}` : ''}`
}

/** What a line means that is none of those expected. Also those of protocol 1, which an old server sends. */
function refusal(line: string, stage: 'hello' | 'proof' = 'proof'): PbxkitError {
  if (line === failedLine) {
    const hint = stage === 'proof' ? 'Check the user and the password.' : 'It may want TLS, or speak protocol 1 only.'
    return new LoginError('The server refused the login', { hint, details: { stage } })
  }
  const seconds = parseWait(line)
  if (seconds !== undefined) return new ToldToWaitError(seconds)
  const offer = parseUpgrade(line)
  if (offer) {
    const { versions, text } = offer
    return new UpgradeRequiredError(`The server speaks ${versions.join(',')} and we speak AGIT/${version}`, {
      details: { versions, ...(text !== undefined && { text }) },
      ...(text !== undefined && { hint: text })
    })
  }
  return new ProtocolError('The server does not speak the protocol of the tunnel', { details: { line: line.slice(0, 200) } })
}

/** The first bytes of a stream: what the server knows of the call, `CALL name=value …`. Asterisk's header block follows as it was. */
export function formatCall(metadata: Parameters): string {
  return `CALL${formatParameters(metadata)}`
}

/** @throws ProtocolError */
export function parseCall(line: string): Parameters {
  const [word, ...words] = line.split(' ')
  if (word !== 'CALL') throw new ProtocolError('A stream of the tunnel does not begin with a call')
  return parseParameters(words)
}

/** The client's first line on a stream: `+`, and then bytes of the application; or `-` and why not, in one word. */
export function formatAnswer(refused?: string): string {
  return refused === undefined ? '+' : `-${/^[a-z0-9-]{1,64}$/.test(refused) ? refused : 'app-error'}`
}

/** @returns the reason of a refusal; undefined: it takes the call @throws ProtocolError */
export function parseAnswer(line: string): string | undefined {
  if (line === '+' || line.startsWith('+ ')) return undefined
  const reason = /^-([a-z0-9-]{1,64})$/.exec(line)?.[1]
  if (reason === undefined) throw new ProtocolError('The client answers a call with something else than + or -')
  return reason
}
