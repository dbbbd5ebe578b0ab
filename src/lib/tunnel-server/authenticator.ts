import { encodeCommand } from '../agi/command.js'
import type { AgiHeaders } from '../agi/header-block.js'
import { outcomeCommands } from '../agi/outcome.js'
import type { TunnelAccounts } from './accounts.js'
import type { AsteriskLeg } from './asterisk-leg.js'
import { isUsername } from './username.js'

/** Whose SIP user is looked up: who is called (`sip:alice@host`), or who calls. */
export const authenticatedParties = ['called', 'caller'] as const
export type AuthenticatedParty = (typeof authenticatedParties)[number]

export interface AuthenticatorOptions {
  party: AuthenticatedParty
  /** Sound file of Asterisk for who is not known. */
  sound: string
}

export type Authentication = { result: 'known' | 'unknown'; user: string }

/** On the port of the tunnel's calls it is reached by this path: `AGI(agi://host/authenticate)`. */
const scriptName = 'authenticate'
/** A message is played to its end. */
const soundTimeoutMs = 60_000

/**
 * The front door of a sandbox: an AGI application that looks a SIP user up among the accounts and sets SANDBOX_USERNAME, or plays a message and hangs up.
 * Adhearsion's did the same in front of the original.
 */
export class Authenticator {
  readonly #accounts: Pick<TunnelAccounts, 'has'>
  readonly #options: AuthenticatorOptions

  constructor(accounts: Pick<TunnelAccounts, 'has'>, options: AuthenticatorOptions) {
    this.#accounts = accounts
    this.#options = options
  }

  /** Does the dialplan ask for it, and not for a tunnel? */
  static isFor(headers: AgiHeaders): boolean {
    return headers.get('agi_network_script')?.replace(/\?.*$/s, '') === scriptName
  }

  /** @throws what `AsteriskLeg.ask` and the accounts throw; then nothing was set that would let anybody through */
  async serve(leg: AsteriskLeg): Promise<Authentication> {
    const user = this.#nameIn(leg.headers)
    if (isUsername(user) && (await this.#accounts.has(user))) {
      await leg.ask(encodeCommand(['SET VARIABLE', 'SANDBOX_USERNAME', user]))
      leg.socket.end()
      return { result: 'known', user }
    }
    // Whatever the dialplan does then: it has no user, and knows why.
    await leg.ask(encodeCommand(['SET VARIABLE', 'SANDBOX_USERNAME', '']))
    for (const command of outcomeCommands({ outcome: 'FAILED', reason: 'no-username' })) await leg.ask(command)
    await leg.ask(encodeCommand(['ANSWER']))
    await leg.ask(encodeCommand(['STREAM FILE', this.#options.sound, '']), soundTimeoutMs)
    await leg.ask(encodeCommand(['HANGUP']))
    leg.socket.end()
    return { result: 'unknown', user }
  }

  /** The first argument of AGI() is who the dialplan knows it to be; else the number or name of SIP, which for a caller is as good as his endpoint's authentication. */
  #nameIn(headers: AgiHeaders): string {
    const named = headers.args[0]
    if (named) return named
    if (this.#options.party === 'caller') return headers.get('agi_callerid') ?? ''
    const extension = headers.get('agi_extension') ?? ''
    // In a subroutine the extension is no name: what was dialled stands in the DNID.
    return /^[sh]$/.test(extension) ? (headers.get('agi_dnid') ?? '') : extension
  }
}
