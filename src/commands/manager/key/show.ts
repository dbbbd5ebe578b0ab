import { ManagerCommand } from '../../../lib/cli/manager-command.js'
import { Flags } from '../../../lib/cli/oclif.js'
import { renderRows, rowFormats } from '../../../lib/cli/rows.js'
import { ExitStatus } from '../../../lib/errors.js'
import { keyFingerprint } from '../../../lib/sensors/gui-tables.js'
import type { Sensor } from '../../../lib/sensors/sensor.js'

export default class ManagerKeyShow extends ManagerCommand<typeof ManagerKeyShow> {
  static override summary = "Show which key a sniffer's manager is asked with, and where it comes from."

  static override description =
    `No sniffer is asked. Key and IV are masked unless --reveal is given; the fingerprint is the same wherever the same key is kept.
Exit status: 0 there is a key, 1 there is none.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> --db mysql://gui@db/voipmonitor',
    '<%= config.bin %> <%= command.id %> --voipmonitor-conf /etc/voipmonitor.conf --reveal --json',
    '<%= config.bin %> <%= command.id %> --sensor all --format csv'
  ]

  static override flags = {
    reveal: Flags.boolean({ description: 'show key and IV themselves' }),
    format: Flags.option({ options: rowFormats, description: 'default: table, with --json json' })()
  }

  protected override async execute(): Promise<void> {
    const sensors = await this.sensors('auto')
    const rows = sensors.map((sensor) => rowOf(sensor, this.flags.reveal))
    const format = this.flags.format ?? (this.flags.json ? 'json' : 'table')
    await this.out.write(await renderRows(rows, format, { width: this.out.width, forTerminal: this.out.isTerminal }))
    for (const { name, key } of sensors) {
      if (key) continue
      this.note(`there is no key for ${name}`)
      process.exitCode = ExitStatus.no
    }
  }
}

/** A mask says nothing of the text behind it, its length either. */
const mask = '********'

function rowOf({ name, key, keySource, cipher = 'aes-128-cbc' }: Sensor, reveal: boolean): Record<string, unknown> {
  const show = (bytes: Buffer | undefined) => bytes && (reveal ? bytes.toString('base64') : mask)
  return {
    sensor: name,
    source: keySource ?? null,
    fingerprint: key ? keyFingerprint(key) : null,
    key: show(key?.key) ?? null,
    iv: show(key?.iv) ?? null,
    keyBytes: key?.key.length ?? null,
    ivBytes: key?.iv.length ?? null,
    cipher: key ? cipher : null
  }
}
