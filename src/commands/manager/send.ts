import { ManagerCommand } from '../../lib/cli/manager-command.js'
import { Args, Flags } from '../../lib/cli/oclif.js'
import { askText } from '../../lib/cli/prompt.js'
import { renderRows } from '../../lib/cli/rows.js'
import { errorObject, replyObject, reportSensorFailures } from '../../lib/cli/sensor-answers.js'
import { escapeControlsInLines } from '../../lib/cli/terminal-text.js'
import { ExitStatus, UsageError } from '../../lib/errors.js'
import type { Sensor } from '../../lib/sensors/sensor.js'
import { commandCatalogue } from '../../lib/voipmonitor/catalogue.js'
import { type Command, parseCommand } from '../../lib/voipmonitor/command.js'
import { dangerOf } from '../../lib/voipmonitor/danger.js'
import { askSensors } from '../../lib/voipmonitor-client/ask-sensors.js'
import { exchangeWithSensor, type SensorExchangeOptions } from '../../lib/voipmonitor-client/sensor-exchange.js'

export default class ManagerSend extends ManagerCommand<typeof ManagerSend> {
  static override summary = 'Send any command to the manager of a VoIPmonitor sniffer.'

  static override description =
    `Takes the place of \`run.php send_manager_cmd -c COMMAND\` and of \`echo COMMAND | nc\`. The words are sent as one line, and the answer is printed byte by
byte; on a terminal it is inflated, and control characters are shown escaped.

The first word is held against the ${commandCatalogue.size} commands of the sniffer: one that it does not know makes it run whatever command's name stands anywhere in the
text. --force sends it all the same. Commands that stop, change or delete something are asked about, or need --yes.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> getversion',
    '<%= config.bin %> <%= command.id %> help listcalls --key-file /etc/pbxkit/manager.key',
    `<%= config.bin %> <%= command.id %> 'listcalls {"limit":1}' --socket /tmp/vm_manager_socket`,
    '<%= config.bin %> <%= command.id %> reload --sensor all --yes',
    '<%= config.bin %> <%= command.id %> --list --format csv'
  ]

  static override args = {
    command: Args.string({ description: 'the command and its parameters', multiple: true, ignoreStdin: true })
  }

  static override flags = {
    force: Flags.boolean({ description: 'send a command, or parameters, that are not known' }),
    yes: Flags.boolean({ char: 'y', description: 'send a dangerous command without a question' }),
    list: Flags.boolean({ description: 'list the commands that are known, and ask nobody' }),
    format: Flags.option({
      options: ['table', 'json', 'ndjson', 'csv'] as const,
      description: 'of --list (default: table)',
      dependsOn: ['list']
    })()
  }

  protected override async execute(): Promise<void> {
    if (this.flags.list) return this.#list()
    const words = (this.args.command as string[] | undefined) ?? []
    const text = await this.required(words.length > 0 ? words.join(' ') : undefined, {
      flag: 'The command',
      question: 'Command:'
    })
    const command = parseCommand(text, { force: this.flags.force })
    const sensors = await this.sensors()
    if (!(await this.#isMeant(command, sensors))) {
      process.exitCode = ExitStatus.no
      return
    }
    // A file of the spool need not be text.
    const options = {
      ...this.exchangeOptions(),
      expects: command.name.startsWith('getfile') ? ('bytes' as const) : ('text' as const)
    }
    if (sensors.length === 1 && !this.flags.json) return this.#print(sensors[0]!, command, options)
    const answers = await askSensors(sensors, command, (bytes) => bytes, { ...options, inflate: this.flags.json })
    if (this.flags.json) {
      if (sensors.length === 1) reportSensorFailures(answers)
      await this.out.json(
        answers.map(({ sensor, answer, error }) => ({
          sensor: sensor.name,
          command: command.text,
          ...(answer && replyObject(answer)),
          ...(error && { error: errorObject(error) })
        }))
      )
    } else {
      for (const { sensor, answer } of answers) {
        if (!answer) continue
        this.note(`${sensor.name}:`)
        await this.out.write(answer)
      }
    }
    reportSensorFailures(answers, { quiet: this.flags.quiet })
  }

  async #list(): Promise<void> {
    const rows = [...commandCatalogue.values()].map(({ name, encryption, danger, help }) => ({
      name,
      encrypted: encryption,
      danger: danger ?? null,
      help: help ?? null
    }))
    await this.out.write(
      await renderRows(rows, this.flags.format ?? (this.flags.json ? 'json' : 'table'), {
        width: this.out.width,
        forTerminal: this.out.isTerminal
      })
    )
  }

  async #isMeant(command: Command, sensors: readonly Sensor[]): Promise<boolean> {
    const danger = dangerOf(command)
    if (danger === undefined || this.flags.yes) return true
    const what = `${command.name} is dangerous: ${danger}`
    if (!this.mayAsk) throw new UsageError(what, { hint: 'Add --yes if you mean it.' })
    const answer = await askText(`${what}. Send it to ${sensors.map(({ name }) => name).join(', ')}? (yes/no)`, this.signal)
    return /^y(es)?$/i.test(answer.trim())
  }

  async #print(sensor: Sensor, command: Command, options: SensorExchangeOptions): Promise<void> {
    let last = ''
    for await (const bytes of exchangeWithSensor(sensor, command, { ...options, inflate: this.out.isTerminal })) {
      last = bytes.toString('utf8')
      await this.out.write(this.out.isTerminal ? escapeControlsInLines(last) : bytes)
    }
    if (this.out.isTerminal && last !== '' && !last.endsWith('\n')) await this.out.write('\n')
  }
}
