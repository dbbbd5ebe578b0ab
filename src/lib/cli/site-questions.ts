import { unwritable } from '../site/characters.js'
import { Fault, type Rule } from '../site/rule.js'
import { askChoice, askText } from './prompt.js'

/** Asks on the terminal until an answer is what it has to be. */
export class SiteQuestions {
  readonly #signal: AbortSignal
  readonly #note: (message: string) => void

  constructor(signal: AbortSignal, note: (message: string) => void) {
    this.#signal = signal
    this.#note = note
  }

  /** An answer that the rule takes, as it was typed; empty only with `isOptional`. */
  async text(
    question: string,
    rule: Rule<unknown>,
    { isOptional = false, suggested }: { isOptional?: boolean; suggested?: string | undefined } = {}
  ): Promise<string> {
    for (;;) {
      const answer = (await askText(question, this.#signal, suggested)).trim()
      if (answer === '' && isOptional) return ''
      const why = answer === '' ? 'is missing' : unwritable(answer)
      const read = why === undefined ? rule(answer) : new Fault(why)
      if (!(read instanceof Fault)) return answer
      this.#note(
        `${answer === '' ? 'The answer' : JSON.stringify(answer)} ${read.why}${read.hint === undefined ? '' : `. ${read.hint}`}`
      )
    }
  }

  async yesNo(question: string): Promise<boolean> {
    return (await askChoice(question, ['yes', 'no'], this.#signal)) === 'yes'
  }

  choice(question: string, choices: readonly string[]): Promise<string> {
    return askChoice(question, choices, this.#signal)
  }
}

/** What the commands ask of a new user. @param trunks that there are */
export async function askUser(
  questions: SiteQuestions,
  given: UserAnswers,
  trunks: readonly string[]
): Promise<UserAnswers & { name: string }> {
  const [{ userName, userNumber, displayName }, { mailAddress }] = await Promise.all([
    import('../site/check-user.js'),
    import('../site/rule.js')
  ])
  const name = given.name ?? (await questions.text('Name of the user, such as john.doe:', userName))
  const number = given.number ?? (await questions.text('Number, such as +12025550160:', userNumber))
  const display = given.display ?? (await questions.text('Name on the display:', displayName, { suggested: titleOf(name) }))
  const email = given.email ?? (await questions.text('Mail address for voice mail (or none):', mailAddress, { isOptional: true }))
  const isOutgoing = trunks.length > 1 && given.trunk === undefined && given.access !== 'in'
  const trunk = isOutgoing ? await questions.choice('Calls go out through:', trunks) : given.trunk
  return { ...given, name, number, display, email, trunk }
}

export interface UserAnswers {
  readonly name?: string | undefined
  readonly number?: string | undefined
  readonly display?: string | undefined
  readonly email?: string | undefined
  readonly access?: string | undefined
  readonly trunk?: string | undefined
}

/** What the commands ask of a new trunk, but for its secret. */
export async function askTrunk(questions: SiteQuestions, given: TrunkAnswers): Promise<TrunkAnswers & { name: string }> {
  const [{ trunkName, uriUser }, { hostAndPort }] = await Promise.all([
    import('../site/check-trunk.js'),
    import('../site/rule.js')
  ])
  const name = given.name ?? (await questions.text('Name of the trunk, such as itsp:mydoe:', trunkName))
  const hosts = given.hosts ?? (await questions.text('Host of the provider, such as sip.example.com:', hostAndPort))
  const username =
    given.username ??
    (await questions.text('User name at the provider (none: it knows your address):', uriUser, { isOptional: true }))
  return { ...given, name, hosts, username, register: given.register ?? (username === '' ? 'no' : undefined) }
}

export interface TrunkAnswers {
  readonly name?: string | undefined
  readonly hosts?: string | undefined
  readonly username?: string | undefined
  readonly register?: string | undefined
}

/** `john.doe` is John Doe. */
function titleOf(name: string): string {
  return name
    .split(/[._-]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ')
    .trim()
}
