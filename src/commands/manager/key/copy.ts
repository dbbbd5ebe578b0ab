import { BaseCommand } from '../../../lib/cli/base-command.js'
import { Flags } from '../../../lib/cli/oclif.js'
import { errorObject, reportSensorFailures } from '../../../lib/cli/sensor-answers.js'
import { UsageError } from '../../../lib/errors.js'
import { copyManagerKey } from '../../../lib/sensors/copy-key.js'
import { checkGuiUrl, type GuiTables, keyFingerprint, readGuiSensors } from '../../../lib/sensors/gui-tables.js'
import { openStore, type Store } from '../../../lib/store/open-store.js'
import { proveKey } from '../../../lib/voipmonitor-client/prove-key.js'

export default class ManagerKeyCopy extends BaseCommand<typeof ManagerKeyCopy> {
  static override summary = "Copy the manager's key from one database of the VoIPmonitor GUI to another."

  static override description =
    `Takes the place of the documented \`mysql … | mysql …\` of the row "manager_key" of the table system. The row is written in a transaction (and made where
there is none) and read back; what fails leaves the database as it was. More than one such row is refused. Then each sensor of the other database's table
sensors is asked with the key, which it must take, and with the one that was replaced, which it must not.

Exit status: 0 copied and proved; 65 several rows, or no key in the row; 78 no row to copy; 77, 69 … copied, and a sensor does not take it.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> --from mysql://gui@db1/voipmonitor --to mysql://gui@db2/voipmonitor',
    '<%= config.bin %> <%= command.id %> --from mysql://gui@db1/voipmonitor --to mysql://gui@db2/voipmonitor --from-password-file one --to-password-file two',
    '<%= config.bin %> <%= command.id %> --from mysql://gui@db1/voipmonitor --to mysql://gui@db2/voipmonitor --no-check --json'
  ]

  static override flags = {
    from: Flags.string({ description: 'database that has the key', helpValue: 'URL' }),
    to: Flags.string({ description: 'database that gets it', helpValue: 'URL' }),
    'from-password-file': Flags.string({
      description: 'file whose first line is the password of --from (else PBXKIT_DB_PASSWORD)',
      helpValue: 'FILE'
    }),
    'to-password-file': Flags.string({
      description: 'file whose first line is the password of --to (else PBXKIT_DB_PASSWORD)',
      helpValue: 'FILE'
    }),
    'no-check': Flags.boolean({ description: 'ask no sensor' })
  }

  protected override async execute(): Promise<void> {
    const urls = {
      from: await this.required(this.flags.from, { flag: '--from', question: 'Database that has the key:' }),
      to: await this.required(this.flags.to, { flag: '--to', question: 'Database that gets it:' })
    }
    if (urls.from === urls.to) throw new UsageError('--from and --to are the same database')
    const opened: Store<GuiTables>[] = []
    try {
      for (const end of ['from', 'to'] as const) opened.push(await this.#open(end, urls[end]))
      await this.#copy(opened[0]!, opened[1]!)
    } finally {
      await Promise.all(opened.map((store) => store.close()))
    }
  }

  async #copy(from: Store<GuiTables>, to: Store<GuiTables>): Promise<void> {
    // Before anything is written: what cannot be read says so while nothing has changed.
    const known = this.flags['no-check'] ? [] : await readGuiSensors(to, (message) => this.note(message))
    const { result, key, replaced } = await copyManagerKey(from, to)
    const fingerprint = keyFingerprint(key)
    if (!this.flags.json) {
      const was = replaced ? `, which had ${keyFingerprint(replaced)}` : ''
      await this.out.line(`${result}: key ${fingerprint} of ${from.describe} in ${to.describe}${was}`)
    }
    const sensors = known.map(({ name, address }) => ({ name, address, key }))
    if (sensors.length === 0 && !this.flags['no-check']) this.note(`there are no sensors in ${to.describe}: nobody was asked`)
    const proofs = await proveKey(sensors, replaced, { signal: this.signal })
    if (this.flags.json) {
      await this.out.json({
        result,
        key: fingerprint,
        replaced: replaced ? keyFingerprint(replaced) : null,
        sensors: proofs.map(({ sensor, answer, error }) => ({
          sensor: sensor.name,
          ...answer,
          ...(error && { error: errorObject(error) })
        }))
      })
    } else {
      for (const { sensor, answer } of proofs)
        if (answer)
          await this.out.line(`${sensor.name}: takes the key${replaced ? ', and the old one no more' : ''} (${answer.version})`)
    }
    reportSensorFailures(proofs, { quiet: this.flags.quiet, partly: true })
  }

  #open(end: 'from' | 'to', url: string): Promise<Store<GuiTables>> {
    return openStore<GuiTables>(checkGuiUrl(url), {
      timeoutMs: this.flags.timeout,
      passwordFile: this.flags[`${end}-password-file`],
      urlSource: this.origins.get(end)?.kind === 'flag' ? 'argv' : 'private',
      readOnly: end === 'from',
      create: false,
      signal: this.signal
    })
  }
}
