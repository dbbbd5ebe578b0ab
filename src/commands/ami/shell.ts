import { AmiCommand } from '../../lib/cli/ami-command.js'
import { connectTarget } from '../../lib/cli/connection-flags.js'
import { Flags } from '../../lib/cli/oclif.js'
import { UsageError } from '../../lib/errors.js'

export default class AmiShellCommand extends AmiCommand<typeof AmiShellCommand> {
  static override summary = 'A prompt for AMI, with completion and live events.'

  static override description =
    `Takes the place of \`asterisk -r\`, which needs the machine, and of a telnet session with AMI, which forgives no typing error. A line is an action with its
fields, as \`ami send\` takes them: Originate Channel=PJSIP/alice Context=default Exten=100 Priority=1. Tab completes actions, fields and values from what the
connected server has: channels, endpoints, queues, contexts, and the words of its CLI commands (Command core show …).

Lists come as tables, events as lines above the prompt. Commands of the shell itself begin with a backslash: \\help lists them; \\events off mutes,
\\watch 2 CoreShowChannels looks again and again, \\json shows the last answer as JSON. The connection comes back by itself.

What was typed is kept in $XDG_STATE_HOME/pbxkit/ami_history (else ~/.local/state) without its secrets, and without lines that begin with a blank.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> --username admin',
    '<%= config.bin %> <%= command.id %> --host pbx.example.org --tls --username admin --secret-file ~/.ami-secret',
    "<%= config.bin %> <%= command.id %> --username admin --filter 'Event=Hangup' --filter 'Event=Newchannel'",
    '<%= config.bin %> <%= command.id %> --profile office --mute'
  ]

  static override flags = {
    filter: Flags.string({ description: 'show only events of this form; repeatable', helpValue: 'FILTER', multiple: true }),
    mute: Flags.boolean({ description: 'begin without live events' }),
    events: Flags.string({
      description: 'event classes to ask the server for (call,cdr,…)',
      default: 'on',
      helpValue: 'CLASSES'
    }),
    history: Flags.boolean({ description: 'keep what was typed for the next shell', default: true, allowNo: true }),
    'no-validate': Flags.boolean({ description: 'send what is not documented, too' })
  }

  protected override async execute(): Promise<void> {
    if (!this.mayAsk || process.stdout.isTTY !== true) {
      throw new UsageError('ami shell needs a terminal', {
        hint: 'In a script, use pbxkit ami send: it takes actions from the command line or from stdin, and pbxkit ami events for events.'
      })
    }
    const client = await this.amiOptions(this.flags.events)
    const { host, port, path } = connectTarget(this.flags)
    const { runShell } = await import('../../lib/cli/shell/start-shell.js')
    await runShell({
      client,
      name: `${client.credentials.username}@${path ?? (port === 5038 ? host : `${host}:${port}`)}`,
      timeoutMs: this.flags.timeout,
      validate: !this.flags['no-validate'],
      showEvents: !this.flags.mute,
      filter: this.flags.filter ?? [],
      keepHistory: this.flags.history,
      note: (message) => this.note(message),
      signal: this.signal
    })
  }
}
