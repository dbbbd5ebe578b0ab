import { randomUUID } from 'node:crypto'
import { BaseCommand } from '../../../lib/cli/base-command.js'
import { Args } from '../../../lib/cli/oclif.js'
import { providersFlag } from '../../../lib/cli/websms-flags.js'
import { ConfigError, type PbxkitError } from '../../../lib/errors.js'

export default class DialplanWebsmsSend extends BaseCommand<typeof DialplanWebsmsSend> {
  static override summary = 'Send a message to a number of the mobile network, through a provider.'

  static override description =
    `The program that the dialplan calls for messages to numbers of others (takes the place of websms): sms.app = /usr/bin/pbxkit in the site file. Called by Asterisk it
speaks AGI, and its exit status becomes AGISTATUS; on a shell it sends as well. The provider is the section [websms:PROFILE] of the providers' file: URL, login, names of fields or a template.
A message is sent once: it is tried again only where the provider cannot have it (no connection, 429, 503).

Exit status: 0 the provider has it, 1 it does not take it, 65 no number or no text, 69 no connection, 75 no answer in time, 78 the providers' file.`

  static override examples = [
    `<%= config.bin %> <%= command.id %> +46701234567 +46812340001 'See you at ten' main`,
    `<%= config.bin %> <%= command.id %> +46701234567 +46812340001 'The door is open' --providers ./websms.ini --json`,
    `<%= config.bin %> <%= command.id %> +46701234567 +46812340001 'Only to see what it says' --timeout 3`
  ]

  static override args = {
    to: Args.string({ description: 'number of who gets it', required: true, ignoreStdin: true }),
    from: Args.string({ description: 'number of who sends it', required: true, ignoreStdin: true }),
    body: Args.string({ description: 'the text', required: true, ignoreStdin: true }),
    provider: Args.string({
      description: 'section [websms:NAME] of the file; without one [websms]',
      default: '',
      ignoreStdin: true
    })
  }

  static override flags = { providers: providersFlag }

  protected override async execute(): Promise<void> {
    // Asterisk sets it for AGI programs, and sends SIGHUP when the channel is gone: the message is on its way all the same.
    const isAgi = process.env.AST_AGI_DIR !== undefined
    if (isAgi) process.on('SIGHUP', () => {})
    const { agiVerbose, readAgiEnvironment } = await import('../../../lib/websms/agi-environment.js')
    const call = isAgi ? (await readAgiEnvironment(process.stdin)).get('agi_uniqueid') : undefined
    // Otherwise the program would wait for Asterisk's answers.
    if (isAgi) process.stdin.destroy()
    try {
      const { attempts, status } = await this.#send()
      if (isAgi)
        await this.out.write(agiVerbose(`websms ${call}: sent to ${this.args.to}, answer ${status}, attempts ${attempts}`, 3))
      else if (this.flags.json) await this.out.json({ sent: true, attempts, status })
      else await this.out.write(`sent (the provider answered ${status})\n`)
    } catch (error) {
      if (isAgi)
        await this.out.write(agiVerbose(`websms ${call}: not sent to ${this.args.to}: ${(error as PbxkitError).message}`))
      throw error
    }
  }

  async #send(): Promise<{ attempts: number; status: number }> {
    const [{ readProfiles }, { sendMessage }, { readBody, readNumber }] = await Promise.all([
      import('../../../lib/websms/profiles.js'),
      import('../../../lib/websms/send-message.js'),
      import('../../../lib/websms/message.js')
    ])
    const { to, from, body, provider } = this.args
    const message = { to: readNumber(to, 'The recipient'), from: readNumber(from, 'The sender'), body: readBody(body) }
    const { outgoing } = readProfiles(this.flags.providers)
    const profile = outgoing.get(provider)
    if (!profile) {
      const names = [...outgoing.keys()].map((name) => (name === '' ? '[websms]' : `[websms:${name}]`)).join(', ')
      throw new ConfigError(`There is no [websms${provider === '' ? '' : `:${provider}`}] in ${this.flags.providers}`, {
        hint: names === '' ? 'Add one.' : `There are ${names}.`
      })
    }
    return sendMessage(profile, message, { id: randomUUID(), signal: this.signal })
  }
}
