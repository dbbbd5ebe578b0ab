import { askText } from './prompt.js'
import type { RegisterFlagValues } from './register-accounts.js'

/**
 * Asks for what one account needs and no flag says; the password is asked for by whoever needs it. The answers take the place of the flags.
 * @returns those that are worth keeping in a profile
 * @throws InterruptedError
 */
export async function askAccount(flags: RegisterFlagValues, signal: AbortSignal): Promise<Record<string, string>> {
  const account = await askText('SIP account (sip:user@domain):', signal)
  const answers: Record<string, string> = { account }
  const ask = async (name: 'proxy' | 'auth-user' | 'password-file', question: string) => {
    if (flags[name] !== undefined) return
    const answer = (await askText(question, signal)).trim()
    if (answer === '') return
    flags[name] = answer
    answers[name] = answer
  }
  await ask('proxy', 'Next hop (empty: what DNS says of the domain):')
  await ask('auth-user', 'User to log in with (empty: that of the account):')
  await ask('password-file', 'File with the password (empty: it is typed, and not kept):')
  return answers
}
