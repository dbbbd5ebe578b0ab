import type { NewSetting } from '../asterisk-config/safe-text.js'
import { type NewSection, writeConfig } from '../asterisk-config/write.js'
import { DataError } from '../errors.js'
import { type Address, formatAddress } from '../net/address.js'
import type { AuthenticatedParty } from './authenticator.js'
import type { UserSource } from './find-user.js'
import { isUsername } from './username.js'

export interface DialplanOptions {
  /** Of the dialplan that is made, and the first part of the names of what goes with it. */
  context: string
  /** Where `agi tunnel serve` takes calls, as Asterisk reaches it. */
  agi: Address
  /** Where its authenticator is, when that is a port of its own. */
  authenticator?: Address | undefined
  party: AuthenticatedParty
  userFrom: UserSource
  /** Sound files: nobody takes the call; the call broke. */
  unavailableSound: string
  droppedSound: string
}

/** A user who may call, and be called, by SIP. */
export interface SipUser {
  username: string
  password: string
}

/** AST_MAX_CONTEXT of Asterisk is 80 bytes with the end; we put a word behind it. */
const maxContextLength = 60

/** @throws DataError for what is no name of a context */
export function checkContext(context: string): string {
  if (!/^[A-Za-z0-9][\w.-]*$/.test(context) || context.length > maxContextLength)
    throw new DataError(`${JSON.stringify(context)} is no name of a context`, {
      hint: `Letters, digits, _, - and ., beginning with a letter or digit, ${maxContextLength} at most.`
    })
  return context
}

/**
 * extensions.conf: who calls `sip:USER@host` (or calls as USER) is looked up by the authenticator, which sets SANDBOX_USERNAME or hangs up; then the call goes
 * to the tunnel; when nobody takes it, a message is played.
 *
 * No word that a caller or an application chose is put into an expression: `FILTER` leaves capital letters of an outcome, `LEN` digits of a name. AGI() is
 * given headers and no variables of the caller.
 * @throws DataError for names that would be read as something else
 */
export function renderExtensions(options: DialplanOptions): Buffer {
  const { context, agi, authenticator, party, userFrom, unavailableSound, droppedSound } = options
  checkContext(context)
  const authenticate = authenticator ? agiUrl(authenticator) : `${agiUrl(agi)}/authenticate`
  // The name was checked by the authenticator: it has no quote, backslash, colon, parenthesis or blank; a comma would begin another argument.
  const tunnel = {
    variable: agiUrl(agi),
    argument: `${agiUrl(agi)},\${SANDBOX_USERNAME}`,
    url: `${agiUrl(agi)}/\${URIENCODE(\${SANDBOX_USERNAME})}`
  }
  const steps = [
    'NoOp(tunnel)',
    'Set(SANDBOX_USERNAME=)',
    'Set(BRIDGE_OUTCOME=)',
    'Set(BRIDGE_REASON=)',
    `AGI(${authenticate})`,
    `GotoIf($[\${LEN(\${SANDBOX_USERNAME})} = 0]?unavailable)`,
    `AGI(${tunnel[userFrom]})`,
    `GotoIf($["\${FILTER(A-Z,\${BRIDGE_OUTCOME})}" = "SUCCESS"]?end)`,
    `GotoIf($["\${FILTER(A-Z,\${BRIDGE_OUTCOME})}" = "DROPPED"]?dropped)`,
    '(unavailable)Answer()',
    `Playback(${checkSound(unavailableSound)})`,
    'Goto(end)',
    `(dropped)Playback(${checkSound(droppedSound)})`,
    '(end)Hangup()'
  ]
  const what = party === 'called' ? 'sip:USER@this-host reaches the tunnel of USER' : 'calls of USER reach the tunnel of USER'
  // Two characters at least: `h` and its like would otherwise run it once more, at the end of each call.
  const settings = extension('_[0-9A-Za-z].', steps)
  return writeConfig(
    [{ name: context, settings }],
    `Made by pbxkit agi tunnel dialplan: ${what}.\nGoes with: pbxkit agi tunnel serve --authenticator --authenticate ${party} --user-from ${userFrom}`
  )
}

/**
 * pjsip.conf: an endpoint, its authentication and its address of record for each user, all of one template. The transport is the PBX' own.
 * @throws DataError for a name that Asterisk would read as something else, and for what no password can be
 */
export function renderPjsip(context: string, users: readonly SipUser[]): Buffer {
  const template = `${checkContext(context)}-user`
  const endpoint: NewSection = {
    name: template,
    isTemplate: true,
    settings: settings({
      type: 'endpoint',
      context,
      disallow: 'all',
      allow: 'ulaw,alaw',
      // Whoever sends a name proves it: an address proves nothing.
      identify_by: 'username',
      // The caller's number is the name that was proved, whatever the phone says.
      trust_id_inbound: 'no',
      direct_media: 'no'
    })
  }
  const seen = new Set<string>()
  const sections = users.flatMap(({ username, password }): NewSection[] => {
    if (!isSipUsername(username) || username === template || seen.has(username))
      throw new DataError(`${JSON.stringify(username)} is no name that a SIP endpoint can have, or was there before`, {
        hint: 'Letters, digits and . _ - +, two of them at least.'
      })
    seen.add(username)
    return [
      { name: username, inherits: [template], settings: settings({ auth: username, aors: username, callerid: `<${username}>` }) },
      { name: username, settings: settings({ type: 'auth', auth_type: 'userpass', username, password }) },
      { name: username, settings: settings({ type: 'aor', max_contacts: '5', remove_existing: 'yes' }) }
    ]
  })
  return writeConfig(
    [endpoint, ...sections],
    'Made by pbxkit agi tunnel dialplan: who may call. Passwords are in clear: chmod 600.'
  )
}

/** `anonymous` would let everybody in; the rest are words of pjsip.conf itself. */
const reservedNames = /^(anonymous|global|system|general)$/i

/** A name that stands for itself in a URI, a section of a file and an extension: no pattern, no separator. */
export function isSipUsername(text: string): boolean {
  return isUsername(text) && /^[A-Za-z0-9][A-Za-z0-9._+-]+$/.test(text) && !reservedNames.test(text)
}

/** @throws DataError */
function checkSound(name: string): string {
  if (!/^[\w./-]{1,200}$/.test(name)) throw new DataError(`${JSON.stringify(name)} is no name of a sound file`)
  return name
}

function agiUrl(address: Address): string {
  if (!/^[A-Za-z0-9.:-]+$/.test(address.host)) throw new DataError(`${JSON.stringify(address.host)} is no name of a host`)
  return `agi://${formatAddress(address)}`
}

/** @param steps applications, each with its label in parentheses before it */
function extension(pattern: string, steps: readonly string[]): NewSetting[] {
  return steps.map((step, at) => {
    const [, label = '', application = step] = /^(\(\w+\))?(.*)$/s.exec(step) ?? []
    if (at === 0) return { name: 'exten', operator: '=>', value: `${pattern},1${label},${application}` }
    return { name: 'same', operator: '=>', value: `n${label},${application}` }
  })
}

function settings(values: Readonly<Record<string, string>>): NewSetting[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }))
}
