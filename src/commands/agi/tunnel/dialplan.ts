import { BaseCommand } from '../../../lib/cli/base-command.js'
import { Args, Flags } from '../../../lib/cli/oclif.js'
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
    '<%= config.bin %> <%= command.id %> --pjsip alice bob > /etc/asterisk/tunnel-pjsip.conf',
    '<%= config.bin %> <%= command.id %> --pjsip --all --db sqlite:tunnel.db'
  ]

  static override strict = false

  static override args = { username: Args.string({ description: 'with --pjsip: who may call; several', ignoreStdin: true }) }

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
    all: Flags.boolean({ description: 'with --pjsip: all who have an account', dependsOn: ['pjsip'] })
  }

  protected override async execute(): Promise<void> {
    const { renderExtensions, renderPjsip } = await import('../../../lib/tunnel-server/render-dialplan.js')
    const { context, pjsip } = this.flags
    const named = this.argv.length > 0 ? await this.#named() : []
    if (!pjsip && named.length > 0) throw new UsageError('Names of users go with --pjsip')
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

  /** What stands behind the flags: not strict, so that there may be any number. */
  async #named(): Promise<string[]> {
    const { argv } = await this.parse({
      flags: this.ctor.flags,
      baseFlags: this.ctor.baseFlags,
      args: this.ctor.args,
      strict: false
    })
    return argv as string[]
  }

  async #withPasswords<T>(named: string[], render: (users: { username: string; password: string }[]) => T): Promise<T> {
    const { chosenText } = await import('../../../lib/keygen/ami.js')
    const usernames = this.flags.all ? await this.#everybody() : named
    if (usernames.length === 0) throw new UsageError('Nobody is named: give names of users, or --all')
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
