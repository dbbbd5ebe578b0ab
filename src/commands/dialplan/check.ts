import path from 'node:path'
import { AmiCommand } from '../../lib/cli/ami-command.js'
import { checkColors, checkText, shownPath } from '../../lib/cli/dialplan-check-text.js'
import { Args, Flags } from '../../lib/cli/oclif.js'
import type { CheckResult } from '../../lib/dialplan-check/check-configuration.js'
import { DataError, ExitStatus, IoError, UsageError } from '../../lib/errors.js'

/** Where Debian and the Asterisk project keep sounds. */
const usualSounds = ['/usr/share/asterisk/sounds', '/var/lib/asterisk/sounds']

export default class DialplanCheck extends AmiCommand<typeof DialplanCheck> {
  static override summary = "Check a folder of Asterisk's configuration files without an Asterisk."

  static override description =
    `Reads extensions.conf, pjsip.conf, pjsip_wizard.conf and what they include as Asterisk does, and says what Asterisk does not say when it loads them: targets,
labels and contexts that do not exist, subroutines without Return, unknown applications, functions and options, patterns and expressions that mean something else, numbers
of callers that come unfiltered into Dial, Goto, System or AGI, PJSIP objects that name others that are missing, weak secrets, certificates, sounds, modules.

Lines are left out with \`; pbxkit-ignore CODE\` on the line or the line above it, files with \`; pbxkit-ignore-file CODE\`. All codes: docs/dialplan-check.md.

Exit status: 0 no errors, 1 errors (with --strict: or warnings), 65 no configuration in the folder.`

  static override args = { dir: Args.string({ description: 'folder of the configuration', default: '/etc/asterisk' }) }

  static override examples = [
    '<%= config.bin %> <%= command.id %> /etc/asterisk',
    {
      description: 'In a pipeline: warnings fail, and the code scanner shows them',
      command: '<%= config.bin %> <%= command.id %> . --strict --format sarif > check.sarif'
    },
    '<%= config.bin %> <%= command.id %> . --ignore secret-weak,identify-by-name',
    {
      description: 'With the applications and functions of a running Asterisk instead of those of Asterisk 22',
      command: '<%= config.bin %> <%= command.id %> . --server --host 10.0.0.1 --username admin --secret-file ami.secret'
    }
  ]

  static override flags = {
    format: Flags.option({
      options: ['text', 'json', 'ndjson', 'sarif'] as const,
      description: 'how findings are printed (default text; --json is json)'
    })(),
    strict: Flags.boolean({ description: 'a warning is a failure, too' }),
    ignore: Flags.string({ description: 'leave these codes out', helpValue: 'CODE[,CODE]', multiple: true }),
    sounds: Flags.string({
      description: 'folder of sound files (default: the one of this machine, where it has one; "none": do not look)',
      helpValue: 'DIR'
    }),
    language: Flags.string({ description: 'language of the sounds', default: 'en', helpValue: 'LANGUAGE' }),
    server: Flags.boolean({ description: 'ask the Asterisk at --host for its applications and functions, over AMI' })
  }

  protected override async execute(): Promise<void> {
    const { FolderHost } = await import('../../lib/dialplan-check/host.js')
    const { checkConfiguration } = await import('../../lib/dialplan-check/check-configuration.js')
    const host = new FolderHost(this.args.dir)
    if (!host.list(host.folder))
      throw new IoError(`There is no folder ${host.folder}`, { hint: 'Name the folder of extensions.conf.' })
    const result = checkConfiguration(host, {
      catalogue: await this.#catalogue(),
      now: new Date(),
      sounds: this.#sounds(host),
      language: this.flags.language,
      ignore: await this.#ignored()
    })
    if (result.files.length === 0)
      throw new DataError(`${host.folder} has no configuration of Asterisk's`, { hint: 'Name the folder of extensions.conf.' })
    await this.#print(result, host.folder)
    const fails = (severity: string) => severity === 'error' || (this.flags.strict && severity === 'warning')
    if (result.findings.some(({ severity }) => fails(severity))) process.exitCode = ExitStatus.no
  }

  async #catalogue() {
    const { loadCatalogue, withServerNames } = await import('../../lib/dialplan-check/catalogue/catalogue.js')
    const bundled = await loadCatalogue()
    if (!this.flags.server) return bundled
    const { askServerNames } = await import('../../lib/ami-client/server-names.js')
    return withServerNames(bundled, await askServerNames(await this.amiOptions('off')))
  }

  #sounds(host: { list(folder: string): readonly string[] | undefined }): string | undefined {
    const { sounds } = this.flags
    if (sounds === 'none') return undefined
    if (sounds === undefined) return usualSounds.find((folder) => host.list(folder))
    const folder = path.resolve(sounds)
    if (!host.list(folder)) throw new UsageError(`There is no folder ${folder} of sounds`)
    return folder
  }

  async #ignored(): Promise<string[]> {
    const { ruleCodes } = await import('../../lib/dialplan-check/rules.js')
    const codes = (this.flags.ignore ?? []).flatMap((list) => list.split(',')).map((code) => code.trim())
    const unknown = codes.find((code) => !(ruleCodes as string[]).includes(code))
    if (unknown !== undefined)
      throw new UsageError(`--ignore: ${unknown} is no code`, { hint: 'docs/dialplan-check.md has them all.' })
    return codes
  }

  async #print(result: CheckResult, folder: string): Promise<void> {
    const { json, format = json ? 'json' : 'text' } = this.flags
    const isGrouped = this.out.isTerminal
    const findings = result.findings.map((finding) => ({ ...finding, file: shownPath(finding.file, process.cwd()) }))
    if (format === 'ndjson') for (const finding of findings) await this.out.ndjson(finding)
    else if (format === 'json')
      await this.out.json({ findings, files: result.files, leftOut: Object.fromEntries(result.leftOut) })
    else if (format === 'sarif') {
      const { toSarif } = await import('../../lib/dialplan-check/sarif.js')
      await this.out.json(toSarif(result.findings, { folder, version: this.config.version }))
    } else
      await this.out.write(checkText(result, { colors: await checkColors(isGrouped), isGrouped, workingFolder: process.cwd() }))
  }
}
