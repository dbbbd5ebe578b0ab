import { ManagerCommand } from '../../lib/cli/manager-command.js'
import { Flags } from '../../lib/cli/oclif.js'
import { renderRows } from '../../lib/cli/rows.js'
import { errorObject, reportSensorFailures } from '../../lib/cli/sensor-answers.js'
import { parseCommand } from '../../lib/voipmonitor/command.js'
import { readSnifferStat, type SnifferStat } from '../../lib/voipmonitor/sniffer-stat.js'
import { askSensors } from '../../lib/voipmonitor-client/ask-sensors.js'

export default class ManagerSnifferStat extends ManagerCommand<typeof ManagerSnifferStat> {
  static override summary = 'Show what one or more VoIPmonitor sniffers say of themselves.'

  static override description =
    `Takes the place of \`echo sniffer_stat | nc\`: release, uptime, calls, packets that were dropped, memory and load, with a row for each sniffer.
--json has everything that the sniffer sent, too. --items shows the single items of its status line.`

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --sensor all --format csv',
    '<%= config.bin %> <%= command.id %> --items',
    '<%= config.bin %> <%= command.id %> --json | jq .[0].items'
  ]

  static override flags = {
    items: Flags.boolean({ description: 'a row for each item of the status line' }),
    format: Flags.option({
      options: ['table', 'json', 'ndjson', 'csv'] as const,
      description: 'default: table, with --json json'
    })()
  }

  protected override async execute(): Promise<void> {
    const read = (bytes: Buffer) => readSnifferStat(bytes.toString('utf8'))
    const answers = await askSensors(await this.sensors(), parseCommand('sniffer_stat'), read, this.exchangeOptions())
    if (answers.length === 1) reportSensorFailures(answers)
    const format = this.flags.format ?? (this.flags.json ? 'json' : 'table')
    const isForPeople = format === 'table' || format === 'csv'
    const rows = answers.flatMap(({ sensor, answer, error }) => {
      if (!answer) return isForPeople || this.flags.items ? [] : [{ sensor: sensor.name, error: errorObject(error!) }]
      if (this.flags.items) return Object.entries(answer.items).map(([item, value]) => ({ sensor: sensor.name, item, value }))
      return [{ sensor: sensor.name, ...(isForPeople ? summaryOf(answer) : answer) }]
    })
    await this.out.write(await renderRows(rows, format, { width: this.out.width, forTerminal: this.out.isTerminal }))
    reportSensorFailures(answers, { quiet: this.flags.quiet })
  }
}

function summaryOf({ raw: _, items: __, diskIo: ___, calls, loadAverage, ...rest }: SnifferStat): Record<string, unknown> {
  return { ...rest, calls: calls?.active ?? null, closing: calls?.final ?? null, load: loadAverage.join(' ') }
}
