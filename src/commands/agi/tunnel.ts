import { durationFlag } from '../../lib/cli/base-command.js'
import { Flags } from '../../lib/cli/oclif.js'
import { type RunningService, ServiceCommand } from '../../lib/cli/service-command.js'
import { TunnelEventPrinter } from '../../lib/cli/tunnel-event-printer.js'
import { UsageError } from '../../lib/errors.js'
import { parseAddress } from '../../lib/net/address.js'
import { normalizePin, peerName } from '../../lib/net/connect.js'
import type { Target } from '../../lib/tunnel-client/target.js'

const group = { helpGroup: 'CONNECTION' } as const

/** As the server has it: more would be refused there. */
const defaultCalls = 256

export default class AgiTunnel extends ServiceCommand<typeof AgiTunnel> {
  static override summary = 'Take calls of a public Asterisk with an AGI application of this machine.'

  static override description =
    `Takes the place of the sandbox component of Adhearsion. Connects out to an \`agi tunnel serve\`, and brings each call to one application: a FastAGI server
(--app), or an ordinary AGI script that is started for each call (--exec). Comes back by itself when the connection is lost.

The server is trusted by its certificate, or by --tls-pin alone. Exit status: 0 stopped, 69 the certificate is not trusted, 77 a wrong user or password.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> --host tunnel.example.org --username alice --secret-file alice.secret --app 127.0.0.1:4573',
    '<%= config.bin %> <%= command.id %> --host tunnel.example.org --tls-pin sha256:… --username alice --exec ./ivr.pl',
    '<%= config.bin %> <%= command.id %> --host 127.0.0.1 --plain --username alice --app 4573 --json'
  ]

  static override flags = {
    host: Flags.string({ description: 'the server', default: '127.0.0.1', helpValue: 'HOST', ...group }),
    port: Flags.integer({ description: 'its port', default: 20_000, helpValue: 'PORT', min: 1, max: 65_535, ...group }),
    'tls-ca': Flags.string({ description: 'trust the authorities in this PEM file', helpValue: 'FILE', ...group }),
    'tls-pin': Flags.string({
      description: 'trust only the certificate with this SHA-256 fingerprint',
      aliases: ['pin'],
      helpValue: 'sha256:…',
      ...group
    }),
    insecure: Flags.boolean({ description: 'trust any certificate: the login still proves the server', ...group }),
    plain: Flags.boolean({ description: 'no TLS', exclusive: ['tls-ca', 'tls-pin', 'insecure'], ...group }),
    protocol: Flags.option({ options: ['2', '1'] as const, default: '2', description: '1: of the original', ...group })(),
    username: Flags.string({ description: 'user to log in as', helpValue: 'NAME', ...group }),
    'secret-file': Flags.string({
      description: 'file whose first line is the password ("-": stdin; else PBXKIT_SECRET, or a prompt)',
      helpValue: 'FILE',
      ...group
    }),
    app: Flags.string({ description: 'FastAGI application', helpValue: 'HOST:PORT', exclusive: ['exec'] }),
    exec: Flags.string({ description: 'AGI script to start for each call', helpValue: 'PROGRAM' }),
    calls: Flags.integer({ description: 'calls at one time (default 256; with --protocol 1, one)', min: 1, max: 10_000 }),
    'retry-max': durationFlag({ description: 'longest wait between two tries', default: 30_000, defaultHelp: async () => '30' })
  }

  protected override async prepare(): Promise<(signal: AbortSignal) => Promise<RunningService>> {
    const { host, port, plain, timeout, 'tls-ca': caFile, 'tls-pin': pin, insecure } = this.flags
    const target = await this.#target()
    const username = await this.required(this.flags.username, { flag: '--username', question: 'User:' })
    const password = await this.secret({ secretFile: this.flags['secret-file'], question: 'Password:' })
    if (pin !== undefined) normalizePin(pin)
    const tls = plain ? undefined : { caFile, pin, insecure }
    const protocol = this.flags.protocol === '1' ? 1 : 2
    const { runTunnelClient } = await import('../../lib/tunnel-client/tunnel-client.js')
    const form = this.flags.json ? 'json' : process.stderr.isTTY && !this.flags.quiet ? 'status' : 'log'
    const { print: onEvent } = new TunnelEventPrinter(this.out, this.logger, form)
    const options = {
      ...({ host, port, tls, username, password, target, protocol, onEvent, timeoutMs: timeout } as const),
      calls: this.flags.calls ?? (protocol === 1 ? 1 : defaultCalls),
      drainMs: this.flags['drain-timeout'],
      backoff: { initialMs: 500, maxMs: this.flags['retry-max'] }
    }
    return async (signal) => {
      let onReady: () => void = () => {}
      const ready = new Promise<void>((resolve) => {
        onReady = resolve
      })
      const closed = runTunnelClient(options, onReady, signal)
      await Promise.race([ready, closed])
      return { addresses: [`tunnel=${peerName(options)}`], closed }
    }
  }

  async #target(): Promise<Target> {
    const { app, exec } = this.flags
    const { applicationTarget, programTarget } = await import('../../lib/tunnel-client/target.js')
    if (exec !== undefined) return programTarget(exec)
    if (app !== undefined) return applicationTarget(parseAddress(app))
    throw new UsageError('--app or --exec is missing', {
      hint: 'Name a FastAGI application (--app 127.0.0.1:4573) or a script (--exec ./ivr.pl).'
    })
  }
}
