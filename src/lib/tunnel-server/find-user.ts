import { encodeCommand } from '../agi/command.js'
import type { AsteriskLeg } from './asterisk-leg.js'

/** Where the dialplan says whose tunnel a call goes to. */
export const userSources = ['variable', 'argument', 'url'] as const
export type UserSource = (typeof userSources)[number]

/** Set by the dialplan, as the original has it. */
const question = encodeCommand(['GET VARIABLE', 'SANDBOX_USERNAME'])

/**
 * Whose tunnel does the call go to?
 * - `variable`: SANDBOX_USERNAME, which costs one round trip. - `argument`: the first of AGI(). - `url`: `agi://host/?user=NAME`, else its path.
 * @returns undefined: the dialplan has not said it @throws what `AsteriskLeg.ask` throws
 */
export async function findUser(leg: AsteriskLeg, source: UserSource): Promise<string | undefined> {
  switch (source) {
    case 'variable':
      return (await leg.ask(question)).value || undefined
    case 'argument':
      return leg.headers.args[0] || undefined
    case 'url':
      return userOfScript(leg.headers.get('agi_network_script') ?? '')
  }
}

function userOfScript(script: string): string | undefined {
  const [path = '', query = ''] = script.split('?', 2)
  const named = new URLSearchParams(query).get('user')
  if (named) return named
  try {
    return decodeURIComponent(path) || undefined
  } catch {
    return undefined
  }
}
