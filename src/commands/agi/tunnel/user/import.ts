import { BaseCommand } from '../../../../lib/cli/base-command.js'
import { readInput } from '../../../../lib/cli/input-text.js'
import { Args, Flags } from '../../../../lib/cli/oclif.js'
import { accountsFlags, openAccounts } from '../../../../lib/cli/tunnel-accounts.js'
import { DataError } from '../../../../lib/errors.js'

export default class AgiTunnelUserImport extends BaseCommand<typeof AgiTunnelUserImport> {
  static override summary = 'Add many users of the tunnel from a file, all or none.'

  static override description =
    `Reads CSV whose first line names its columns (username, password, scram, token, protocol1), JSON (an array of objects with these names, or one object a
line), or the table behind the authentication script of the original: a token and a name a line. Every problem is told with its line; when there is one, nothing is
imported.

A password becomes a SCRAM-SHA-256 record, which takes about as long as a login; with protocol1 yes its token is kept as well. Users with a token alone may use the
original's client only.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> users.csv',
    '<%= config.bin %> <%= command.id %> users.json --existing replace',
    'psql -Atc "select md5, name from users" -F " " | <%= config.bin %> <%= command.id %> - --format original'
  ]

  static override args = { file: Args.string({ description: 'the file, "-" for stdin', required: true, ignoreStdin: true }) }

  static override flags = {
    ...accountsFlags,
    format: Flags.option({ options: ['csv', 'json', 'original'] as const, description: 'default: told by the file' })(),
    existing: Flags.option({
      options: ['fail', 'skip', 'replace'] as const,
      default: 'fail',
      description: 'what becomes of users who are there already'
    })(),
    iterations: Flags.integer({ description: 'of the SCRAM records (default: 600000)', min: 4_096, max: 2_000_000 })
  }

  protected override async execute(): Promise<void> {
    const [{ guessFormat, maxImportBytes, readImport }, { importUsers }] = await Promise.all([
      import('../../../../lib/tunnel-server/import-file.js'),
      import('../../../../lib/tunnel-server/import-users.js')
    ])
    const text = await readInput(this.args.file, maxImportBytes)
    const read = readImport(text, this.flags.format ?? guessFormat(text))
    const { existing, iterations } = this.flags
    const accounts = await openAccounts(this.flags, this.flags.timeout)
    try {
      const counts = await importUsers(accounts, read, { existing, iterations, signal: this.signal })
      if (this.flags.json) return await this.out.json(counts)
      this.note(`${counts.added} added, ${counts.changed} changed, ${counts.skipped} skipped`)
    } catch (error) {
      this.#noteProblems(error)
      throw error
    } finally {
      await accounts.close()
    }
  }

  /** The message has the first one; with --json they are in the error's details. */
  #noteProblems(error: unknown): void {
    if (!(error instanceof DataError) || this.flags.json) return
    const { problems = [] } = (error.details ?? {}) as { problems?: { line: number; message: string }[] }
    for (const { line, message } of problems) this.note(`line ${line}: ${message}`)
  }
}
