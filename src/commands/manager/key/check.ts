import { ManagerCommand } from '../../../lib/cli/manager-command.js'
import { Flags } from '../../../lib/cli/oclif.js'
import { renderRows, rowFormats } from '../../../lib/cli/rows.js'
import { errorObject, reportSensorFailures } from '../../../lib/cli/sensor-answers.js'
import { keyFingerprint } from '../../../lib/sensors/gui-tables.js'
import { proveKey } from '../../../lib/voipmonitor-client/prove-key.js'

export default class ManagerKeyCheck extends ManagerCommand<typeof ManagerKeyCheck> {
  static override summary = 'Prove on each sniffer that it holds the key.'

  static override description =
    `Each sniffer is asked for its version, encrypted; one that holds another key, another IV or none is named. With --db and no sniffer named, all of its table
sensors are asked.

Exit status: 0 all hold it; else that of the first failure (77 another key or none, 69 unreachable, 75 no answer).`

  static override examples = [
    '<%= config.bin %> <%= command.id %> --db mysql://gui@db/voipmonitor',
    '<%= config.bin %> <%= command.id %> --sensor 2 --db mysql://gui@db/voipmonitor --key-file new.key',
    '<%= config.bin %> <%= command.id %> --host 10.0.0.1 --key-file /etc/pbxkit/manager.key --json'
  ]

  static override flags = {
    format: Flags.option({ options: rowFormats, description: 'default: table, with --json json' })()
  }

  protected override async execute(): Promise<void> {
    const { db, host, port, socket, ssh, sensor } = this.flags
    if (db !== undefined && [host, port, socket, ssh, sensor].every((place) => place === undefined)) this.flags.sensor = ['all']
    const proofs = await proveKey(await this.sensors('auto'), undefined, this.exchangeOptions())
    if (proofs.length === 1) reportSensorFailures(proofs)
    const rows = proofs.map(({ sensor: { name, key, keySource }, answer, error }) => ({
      sensor: name,
      holdsKey: answer !== undefined,
      version: answer?.version ?? null,
      fingerprint: key ? keyFingerprint(key) : null,
      source: keySource ?? null,
      ...(error && this.flags.json && { error: errorObject(error) })
    }))
    const format = this.flags.format ?? (this.flags.json ? 'json' : 'table')
    await this.out.write(await renderRows(rows, format, { width: this.out.width, forTerminal: this.out.isTerminal }))
    reportSensorFailures(proofs, { quiet: this.flags.quiet })
  }
}
