import { Flags } from '../../lib/cli/oclif.js'
import { type RunningService, ServiceCommand } from '../../lib/cli/service-command.js'
import { UsageError } from '../../lib/errors.js'
import { formatAddress, parseAddress } from '../../lib/net/address.js'
import type { EventRate } from '../../lib/simulator/event-stream.js'

/** Events per second: a client that is a moment late must not be dropped for it, so beyond this only `max`, which waits for clients. */
const maxRate = 100_000

export default class AmiSimulate extends ServiceCommand<typeof AmiSimulate> {
  static override summary = 'Run a small PBX simulator that speaks AMI.'

  static override description =
    `Plays an Asterisk 22 for the development and the tests of AMI applications: login (plain and MD5), calls with their events, lists,
variables, CLI commands. Takes the place of a test Asterisk, of hand-made fake servers, and of recorded sessions.

Originate Local/s@demo (or any number at any context) for a call of some seconds, Local/long@demo for a longer one, Local/bridge@demo for one that is
bridged; any other extension, and PJSIP/alice, who is not registered, fail as they do on Asterisk.

Without --users it accepts admin with the secret "secret".`

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --listen 127.0.0.1:0 --rate 100',
    '<%= config.bin %> <%= command.id %> --listen 127.0.0.1:5038 --listen [::1]:5038 --users users.conf',
    { description: 'As many events as the client takes', command: '<%= config.bin %> <%= command.id %> --rate max' }
  ]

  static override flags = {
    listen: Flags.string({
      description: 'where AMI clients connect; repeatable, port 0 picks one',
      helpValue: 'HOST:PORT',
      multiple: true,
      default: ['127.0.0.1:5038']
    }),
    users: Flags.string({ description: 'who may log in: lines name=secret', helpValue: 'FILE' }),
    rate: Flags.string({ description: 'events per second in the background, or "max"', helpValue: 'N|max' })
  }

  protected override async prepare(): Promise<(signal: AbortSignal) => Promise<RunningService>> {
    const { defaultUsers, startSimulator } = await import('../../lib/simulator/simulator.js')
    const { readUsersFile } = await import('../../lib/users/users-file.js')
    const entries = this.flags.users === undefined ? undefined : readUsersFile(this.flags.users)
    const users = entries ? new Map(entries.map(({ name, secret }) => [name, secret])) : defaultUsers
    const options = {
      listen: this.flags.listen.map(parseAddress),
      users,
      rate: readRate(this.flags.rate),
      graceMs: this.flags['drain-timeout'],
      log: (message: string, details?: object) => this.logger.info(details ?? {}, message)
    }
    return async (signal) => {
      const simulator = await startSimulator(options, signal)
      this.note(users === defaultUsers ? 'accepts admin with the secret "secret"' : `accepts ${[...users.keys()].join(', ')}`)
      return { addresses: simulator.addresses.map((address) => `ami=${formatAddress(address)}`), closed: simulator.closed }
    }
  }
}

/** @throws UsageError */
function readRate(text: string | undefined): EventRate | undefined {
  if (text === undefined || text === 'max') return text
  const rate = Number(text)
  if (/^\d+(\.\d+)?$/.test(text) && rate > 0 && rate <= maxRate) return rate
  throw new UsageError(`--rate ${text} is no rate`, { hint: `Give events per second, up to ${maxRate}, or "max".` })
}
