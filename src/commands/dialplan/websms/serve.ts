import { Flags } from '../../../lib/cli/oclif.js'
import { type RunningService, ServiceCommand } from '../../../lib/cli/service-command.js'
import { providersFlag } from '../../../lib/cli/websms-flags.js'
import { ConfigError } from '../../../lib/errors.js'
import { formatAddress, parseAddress } from '../../../lib/net/address.js'
import type { Profiles } from '../../../lib/websms/profiles.js'
import type { Spool } from '../../../lib/websms/spool.js'
import type { WebsmsEvent } from '../../../lib/websms/websms-server.js'

export default class DialplanWebsmsServe extends ServiceCommand<typeof DialplanWebsmsServe> {
  static override summary = 'Take messages of the mobile network from providers, and give them to Asterisk.'

  static override description =
    `Takes the place of websmsd: a provider posts a message (a form, JSON, or a query) to the url_path of its section [websmsd:NAME], and it becomes a call file in Asterisk's
spool, which the dialplan delivers or keeps. Who may post is said by a secret, by addresses (remt_addr), or both. Numbers and text are checked; nothing that was sent
reaches a file name or a line of its own. Run it as the user of Asterisk, behind a reverse proxy with TLS. SIGHUP reads the providers' file again.`

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --listen 127.0.0.1:8080 --providers ./websms.ini',
    '<%= config.bin %> <%= command.id %> --check'
  ]

  static override flags = {
    listen: Flags.string({
      description: 'where providers, or the reverse proxy, connect; repeatable, port 0 picks one',
      helpValue: 'HOST:PORT',
      multiple: true,
      default: ['127.0.0.1:8080']
    }),
    providers: providersFlag
  }

  #profiles!: Profiles
  #spool!: Spool

  protected override async prepare(): Promise<(signal: AbortSignal) => Promise<RunningService>> {
    const { startWebsmsServer } = await import('../../../lib/websms/websms-server.js')
    await this.#read()
    const listen = this.flags.listen.map(parseAddress)
    return async (signal) => {
      const { addresses, closed } = await startWebsmsServer(
        {
          ...{ listen, profiles: () => this.#profiles, spool: () => this.#spool, graceMs: this.flags['drain-timeout'] },
          onEvent: (event) => this.#log(event)
        },
        signal
      )
      return { addresses: addresses.map((address) => `http=${formatAddress(address)}`), closed }
    }
  }

  protected override async reload(): Promise<void> {
    await this.#read()
    this.logger.info({ providers: this.#profiles.incoming.length }, 'providers read again')
  }

  async #read(): Promise<void> {
    const [{ readProfiles }, { Spool }] = await Promise.all([
      import('../../../lib/websms/profiles.js'),
      import('../../../lib/websms/spool.js')
    ])
    const profiles = readProfiles(this.flags.providers)
    if (profiles.incoming.length === 0)
      throw new ConfigError(`There is no [websmsd:NAME] in ${this.flags.providers}`, { hint: 'Add one for each provider.' })
    this.#spool = new Spool(profiles.queue)
    this.#profiles = profiles
  }

  #log(event: WebsmsEvent): void {
    if (event.status === 200) this.logger.info(event, 'message taken')
    else this.logger.warn(event, 'message refused')
  }
}
