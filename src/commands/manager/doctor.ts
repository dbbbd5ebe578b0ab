import { ManagerCommand } from '../../lib/cli/manager-command.js'
import { escapeControls } from '../../lib/cli/terminal-text.js'
import { ExitStatus, PbxkitError, UsageError } from '../../lib/errors.js'
import { describeAddress, type Sensor } from '../../lib/sensors/sensor.js'
import { type Diagnosis, diagnose } from '../../lib/voipmonitor-client/doctor.js'

export default class ManagerDoctor extends ManagerCommand<typeof ManagerDoctor> {
  static override summary = 'Say why a sniffer does not answer.'

  static override description =
    `Looks at the socket, the port, the key and its length, then asks the sniffer for its version, encrypted where there is a key. When that fails the sniffer is
asked in clear what it tells everybody (support_aes, exists_aes_key), so that a wrong key, a wrong IV, a missing key, no encryption at all, a database that does not
answer, and something that is no sniffer are told apart.

Exit status: 0 all is well; else that of the first error (69 unreachable, 75 no answer, 76 no sniffer, 77 keys do not match, 78 or 65 the key cannot be used).`

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --sensor all --db mysql://gui@db/voipmonitor',
    '<%= config.bin %> <%= command.id %> --socket /run/vm_manager.sock --json'
  ]

  protected override async execute(): Promise<void> {
    const { sensors, keyProblem } = await this.#known()
    const diagnoses = await Promise.all(sensors.map((sensor) => diagnose(sensor, this.exchangeOptions(), keyProblem)))
    if (this.flags.json) await this.out.json({ sensors: diagnoses.map(objectOf) })
    else for (const diagnosis of diagnoses) await this.out.write(textOf(diagnosis))
    process.exitCode = diagnoses.find(({ exit }) => exit !== ExitStatus.done)?.exit ?? ExitStatus.done
  }

  /** A key that cannot be read is what this command is to tell of, and no reason not to look at the rest. */
  async #known(): Promise<{ sensors: Sensor[]; keyProblem?: PbxkitError }> {
    try {
      return { sensors: await this.sensors() }
    } catch (keyProblem) {
      if (this.signal.aborted || !(keyProblem instanceof PbxkitError) || keyProblem instanceof UsageError) throw keyProblem
      return { sensors: await this.sensors('off'), keyProblem }
    }
  }
}

function objectOf({ sensor: { name, address }, findings, exit }: Diagnosis): Record<string, unknown> {
  return { sensor: name, address: describeAddress(address), exit, findings }
}

function textOf({ sensor: { name, address }, findings }: Diagnosis): string {
  const where = describeAddress(address)
  const title = name === where ? where : `${name} (${where})`
  const lines = findings.flatMap(({ severity, message, hint }) => [
    `  ${severity.padEnd(8)} ${message}`,
    ...(hint === undefined ? [] : [`${' '.repeat(11)}${hint}`])
  ])
  return [title, ...lines].map((line) => `${escapeControls(line)}\n`).join('')
}
