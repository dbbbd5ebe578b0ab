import { BaseCommand } from '../../../lib/cli/base-command.js'
import { Flags } from '../../../lib/cli/oclif.js'
import { accountsFlags, openAccounts } from '../../../lib/cli/tunnel-accounts.js'
import { UsageError } from '../../../lib/errors.js'
import { parseAddress } from '../../../lib/net/address.js'

export default class AgiTunnelDialplan extends BaseCommand<typeof AgiTunnelDialplan> {
  static override summary = 'Write the dialplan that ties authenticator and tunnel together, and the SIP users who may call.'

  static override description =
    `Takes the place of the extensions.conf of the original. Whoever calls sip:USER@host is led to the authenticator of \`agi tunnel serve\`, which looks USER up
and sets SANDBOX_USERNAME, then to the tunnel of USER; when nobody takes the call, or it breaks, a message is played.

Prints extensions.conf, or with --pjsip an endpoint for each user that is named, or for --all who have an account, with a new password each. Include the files from
your own and reload; a transport of pjsip is yours already.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> > /etc/asterisk/tunnel-extensions.conf',
    '<%= config.bin %> <%= command.id %> --authenticator 127.0.0.1:4575 --authenticate caller',
    '<%= config.bin %> <%= command.id %> --pjsip --sip-user alice,bob > /etc/asterisk/tunnel-pjsip.conf',
    '<%= config.bin %> <%= command.id %> --pjsip --all --db sqlite:tunnel.db'
  ]

  static override flags = {
    ...accountsFlags,
    context: Flags.string({ description: 'context of the dialplan', default: 'tunnel', helpValue: 'NAME' }),
    agi: Flags.string({ description: 'where agi tunnel serve takes calls', default: '127.0.0.1:4574', helpValue: 'HOST:PORT' }),
    authenticator: Flags.string({
      description: 'where its authenticator is (default: the same port, by the path /authenticate)',
      helpValue: 'HOST:PORT'
    }),
    authenticate: Flags.option({
      options: ['called', 'caller'] as const,
      default: 'called',
      description: 'whose SIP user is looked up; agi tunnel serve is to be told the same'
    })(),
    'user-from': Flags.option({
      options: ['variable', 'argument', 'url'] as const,
      default: 'variable',
      description: 'how the tunnel is told the user; agi tunnel serve is to be told the same'
    })(),
    'unavailable-sound': Flags.string({
      description: 'played when nobody takes the call',
      default: 'ss-noservice',
      helpValue: 'NAME'
    }),
    'dropped-sound': Flags.string({
      description: 'played when a call broke',
      default: 'an-error-has-occurred',
      helpValue: 'NAME'
    }),
    pjsip: Flags.boolean({ description: 'print SIP users for pjsip.conf instead' }),
    'sip-user': Flags.string({
      description: 'with --pjsip: who may call; repeatable',
      helpValue: 'NAME,…',
      multiple: true,
      delimiter: ',',
      dependsOn: ['pjsip']
    }),
    all: Flags.boolean({ description: 'with --pjsip: all who have an account', dependsOn: ['pjsip'] })
  }

  protected override async execute(): Promise<void> {
    const { renderExtensions, renderPjsip } = await import('../../../lib/tunnel-server/render-dialplan.js')
    const { context, pjsip } = this.flags
    const named = this.flags['sip-user'] ?? []
    if (pjsip) return this.out.write((await this.#withPasswords(named, (users) => renderPjsip(context, users))).toString())
    const { agi, authenticator, authenticate: party, 'user-from': userFrom } = this.flags
    const file = renderExtensions({
      ...{ context, party, userFrom, agi: parseAddress(agi) },
      authenticator: authenticator === undefined ? undefined : parseAddress(authenticator),
      unavailableSound: this.flags['unavailable-sound'],
      droppedSound: this.flags['dropped-sound']
    })
    if (this.flags.json) return this.out.json({ extensions: file.toString() })
    await this.out.write(file.toString())
  }

  async #withPasswords<T>(named: string[], render: (users: { username: string; password: string }[]) => T): Promise<T> {
    const { chosenText } = await import('../../../lib/keygen/ami.js')
    const usernames = this.flags.all ? await this.#everybody() : named
    if (usernames.length === 0) throw new UsageError('Nobody is named: give --sip-user NAME, or --all')
    return render(usernames.map((username) => ({ username, password: chosenText({}).text })))
  }

  async #everybody(): Promise<string[]> {
    const { isSipUsername } = await import('../../../lib/tunnel-server/render-dialplan.js')
    const accounts = await openAccounts(this.flags, this.flags.timeout)
    try {
      const all = (await accounts.list()).map(({ username }) => username)
      for (const username of all.filter((one) => !isSipUsername(one)))
        this.note(`${username} is left out: no SIP endpoint can have this name`)
      return all.filter(isSipUsername)
    } finally {
      await accounts.close()
    }
  }
}
