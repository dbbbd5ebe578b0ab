import type { RunningService } from '../../lib/cli/service-command.js'
import { TunnelClientCommand } from '../../lib/cli/tunnel-client-command.js'
import { TunnelEventPrinter } from '../../lib/cli/tunnel-event-printer.js'
import { InterruptedError } from '../../lib/errors.js'
import { peerName } from '../../lib/net/connect.js'
import type { ClientRuns } from '../../lib/tunnel-client/client-runs.js'
import type { TunnelEvent } from '../../lib/tunnel-client/events.js'

export default class AgiTunnel extends TunnelClientCommand {
  static override summary = 'Take calls of a public Asterisk with an AGI application of this machine.'

  static override description =
    `Takes the place of the sandbox component of Adhearsion. Connects out to an \`agi tunnel serve\`, and brings each call to one application: a FastAGI server
(--app), or an ordinary AGI script that is started for each call (--exec). Comes back by itself when the connection is lost. Called bare on a terminal it asks
for what it needs, and keeps it as a profile.

The server is trusted by its certificate, or by --tls-pin alone. SIGHUP reads password and metadata again, and replaces the connection without losing a call.
Exit status: 0 stopped, 69 the certificate is not trusted, 76 the server wants another version or is none, 77 a wrong user or password.`

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --host tunnel.example.org --username alice --secret-file alice.secret --app 127.0.0.1:4573',
    '<%= config.bin %> <%= command.id %> --host a.example.org --host b.example.org --tls-pin sha256:… --username alice --exec ./ivr.pl',
    '<%= config.bin %> <%= command.id %> --metadata https://tunnel.example.org/component/2.0 --username alice --app 4573 --json',
    '<%= config.bin %> <%= command.id %> --metadata sandbox.yml --allow-protocol-1 --plain --app 4573 --transcript calls/'
  ]

  #runs: ClientRuns | undefined
  #printer: TunnelEventPrinter | undefined

  protected override async prepare(): Promise<(signal: AbortSignal) => Promise<RunningService>> {
    const form = this.flags.json ? 'json' : this.hasStatusLine ? 'status' : 'log'
    const clients = await this.clientOptions(this.#onEvent)
    this.#printer = new TunnelEventPrinter(this.out, this.logger, form, clients.length)
    const { ClientRuns } = await import('../../lib/tunnel-client/client-runs.js')
    return async (signal) => {
      this.#runs = new ClientRuns(signal)
      await this.#runs.start(clients)
      if (!signal.aborted) await this.saveAnswers()
      const addresses = clients.map((client) => `tunnel=${client.locate ? client.host : peerName(client)}`)
      return { addresses, closed: this.#runs.closed }
    }
  }

  protected override async reload(): Promise<void> {
    await this.#runs?.start(await this.clientOptions(this.#onEvent))
    this.logger.info('reloaded')
  }

  readonly #onEvent = (event: TunnelEvent): void => {
    this.#printer?.print(event)
    if (this.flags.once && event.event === 'call-end') this.controller.abort(new InterruptedError('The call is over'))
  }
}
