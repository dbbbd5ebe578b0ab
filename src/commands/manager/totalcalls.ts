import { ManagerCommand } from '../../lib/cli/manager-command.js'
import { Flags } from '../../lib/cli/oclif.js'
import { errorObject, reportSensorFailures } from '../../lib/cli/sensor-answers.js'
import { parseCommand } from '../../lib/voipmonitor/command.js'
import { readTotal } from '../../lib/voipmonitor/sniffer-stat.js'
import { askSensors } from '../../lib/voipmonitor-client/ask-sensors.js'

export default class ManagerTotalcalls extends ManagerCommand<typeof ManagerTotalcalls> {
  static override summary = 'Say how many calls one or more VoIPmonitor sniffers have in memory now.'

  static override description =
    `Takes the place of \`echo totalcalls | nc\`. It needs no key, so that it is a cheap way to see whether a sniffer lives; a key that is there is used
all the same. With several sniffers their sum is printed, and each of them on stderr.`

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --sensor all --json',
    '<%= config.bin %> <%= command.id %> --registers --key-file /etc/pbxkit/manager.key'
  ]

  static override flags = {
    registers: Flags.boolean({ description: 'registrations instead of calls (totalregisters)' })
  }

  protected override async execute(): Promise<void> {
    const command = parseCommand(this.flags.registers ? 'totalregisters' : 'totalcalls')
    const read = (bytes: Buffer) => readTotal(bytes.toString('latin1'))
    const answers = await askSensors(await this.sensors(), command, read, this.exchangeOptions())
    if (answers.length === 1) reportSensorFailures(answers)
    const total = answers.reduce((sum, { answer }) => sum + (answer ?? 0), 0)
    if (this.flags.json) {
      const sensors = answers.map(({ sensor, answer, error }) => ({
        name: sensor.name,
        total: answer ?? null,
        ...(error && { error: errorObject(error) })
      }))
      await this.out.json({ total, sensors })
    } else {
      await this.out.line(String(total))
    }
    for (const { sensor, answer } of answers) {
      if (answers.length > 1 && answer !== undefined) this.note(`${sensor.name}: ${answer}`)
    }
    reportSensorFailures(answers, { quiet: this.flags.quiet })
  }
}
