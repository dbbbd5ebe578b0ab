import { UsageError } from '../errors.js'
import type { TextType } from '../keygen/generate.js'
import { BaseCommand } from './base-command.js'
import { keygenFlags } from './keygen-flags.js'
import type { Command } from './oclif.js'
import { askSecret } from './prompt.js'
import { readSecretFile } from './secret.js'

/** What `keygen` asks for, and where it takes a password from. */
export abstract class KeygenCommand extends BaseCommand<typeof Command & { flags: typeof keygenFlags }> {
  static override flags = keygenFlags

  /** Who the secret is for, where that is a part of the hash. */
  protected async account(type: TextType): Promise<{ username?: string | undefined; realm?: string | undefined }> {
    const { username, realm } = this.flags
    if (type !== 'sip' && type !== 'tunnel') return { username, realm }
    const user = await this.required(username, { flag: '--username', question: 'User:' })
    if (type === 'tunnel') return { username: user }
    return { username: user, realm: await this.required(realm, { flag: '--realm', question: 'Realm:' }) }
  }

  /** The password to hash. Settings of a profile do not count: their secret is for logging in. */
  protected async existingPassword(): Promise<string> {
    const { 'secret-file': file } = this.flags
    const origin = this.origins.get('secret-file')?.kind
    const read = () => readSecretFile(file!, (message) => this.note(message))
    if (origin === 'flag') return read()
    if (process.env.PBXKIT_SECRET) return process.env.PBXKIT_SECRET
    if (origin === 'environment') return read()
    if (!this.mayAsk)
      throw new UsageError('--secret-file is missing: there is no password to hash', {
        hint: 'Or make a new one with --generate.'
      })
    const password = await askSecret('Password:', this.signal)
    if (password === '') throw new UsageError('An empty password would be a login without one')
    if ((await askSecret('Once more:', this.signal)) !== password) throw new UsageError('The two passwords differ')
    return password
  }

  /** Words separated by blanks or commas. @throws UsageError where nobody can be asked */
  protected async askWords(question: string): Promise<string[]> {
    const text = await this.required(undefined, { flag: question, question })
    return text.split(/[\s,]+/).filter((word) => word !== '')
  }
}
