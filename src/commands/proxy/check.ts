import type { FlagDefinition } from '../../lib/cli/flag-values.js'
import { Flags } from '../../lib/cli/oclif.js'
import { ProxyCommand } from '../../lib/cli/proxy-command.js'
import { optionsFromFlags } from '../../lib/cli/proxy-flags.js'
import { lineOfSetting, placeOfSource } from '../../lib/cli/setting-origin.js'
import { ExitStatus } from '../../lib/errors.js'
import type { CheckFinding } from '../../lib/proxy/check/check-finding.js'
import type { Finding } from '../../lib/proxy/legacy/finding.js'

export default class ProxyCheck extends ProxyCommand<typeof ProxyCheck> {
  static override summary = 'Check the settings of the proxy, and show which are effective.'

  static override description =
    `Takes the flags of \`proxy serve\` and reads the same files, also an astmanproxy.conf and its users, without starting anything. Shows every setting with
the place it comes from, servers, listeners and users (secrets masked), and all findings: what is unknown, what has no effect any more, what is weak. Opens the
TLS certificate and its key.

Exit status: 0 usable, 78 not usable, or with --strict when there is a warning.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> --config /etc/pbxkit/proxy.ini',
    {
      description: 'What becomes of the old files',
      command: '<%= config.bin %> <%= command.id %> --config /etc/asterisk/astmanproxy.conf --strict'
    },
    "<%= config.bin %> <%= command.id %> --format json | jq '.findings[]'"
  ]

  static override flags = {
    demo: Flags.boolean({ description: 'as with proxy serve --demo' }),
    format: Flags.option({ options: ['table', 'json'] as const, description: 'how the report is printed', default: 'table' })(),
    strict: Flags.boolean({ description: 'a warning is a failure, too' })
  }

  readonly #noticed: CheckFinding[] = []
  readonly #notes: string[] = []
  readonly #failures: Error[] = []

  /** What serve would say on stderr is a finding here. */
  protected override note(message: string): void {
    // Said of the servers below, with a code.
    if (!message.startsWith('the certificate of server')) this.#notes.push(message)
  }

  protected override async takeFindings(findings: readonly Finding[]): Promise<void> {
    this.#noticed.push(...findings)
  }

  protected override unknownSetting(source: string, key: string, hint: string): void {
    const { file, section } = placeOfSource(source)
    const [line, message] = [lineOfSetting(file, section, key), `Unknown setting ${JSON.stringify(key)}`]
    this.#noticed.push({ code: 'unknown-setting', severity: 'warning', file, ...(line && { line }), message, hint })
  }

  protected override unreadableSetting(error: Error): void {
    this.#failures.push(error)
  }

  /** A check makes none. */
  protected override async startLog(): Promise<void> {}

  protected override async prepare(): Promise<never> {
    throw new Error('A check starts nothing')
  }

  protected override async execute(): Promise<void> {
    const { findingOfNote, sortedFindings } = await import('../../lib/proxy/check/check-finding.js')
    const { checkProxy } = await import('../../lib/proxy/check/check-proxy.js')
    const { effectiveSettings, proxyCheckText, proxyKeySetting } = await import('../../lib/cli/proxy-check-text.js')
    const { supersededLines } = await import('../../lib/proxy/legacy/superseded.js')
    const legacy = this.legacyConf
    const { sources, hasProxyKey, findings } = await this.#attempts()
    const checked = checkProxy({
      ...optionsFromFlags(this.flags as never),
      sources,
      demo: this.flags.demo,
      listen: this.flags.listen,
      authRequired: this.flags['auth-required'],
      hasProxyKey,
      webAllow: this.flags['web-allow'],
      now: new Date(),
      lineOf: lineOfSetting
    })
    const all = sortedFindings([
      ...this.#noticed,
      ...(legacy ? supersededLines(legacy.text, legacy.file) : []),
      ...checked.findings,
      ...findings.filter(({ message }) => !checked.findings.some((other) => message.includes(other.message))),
      ...this.#notes.map(findingOfNote)
    ])
    const fails = (severity: string) => severity === 'error' || (this.flags.strict && severity === 'warning')
    const usable = !all.some(({ severity }) => fails(severity))
    const definitions = { ...this.ctor.baseFlags, ...this.ctor.flags } as unknown as Record<string, FlagDefinition>
    const report = {
      usable,
      settings: [
        ...effectiveSettings(definitions, this.flags, this.origins, legacy),
        proxyKeySetting(hasProxyKey, this.origins, legacy)
      ],
      ...checked,
      findings: all
    }
    if (this.flags.json || this.flags.format === 'json') await this.out.json(report)
    else await this.out.write(await proxyCheckText(report, this.out.width))
    if (!usable) process.exitCode = ExitStatus.config
  }

  /** Everything that can only be tried. */
  async #attempts() {
    const { findingOfError } = await import('../../lib/proxy/check/check-finding.js')
    const findings: CheckFinding[] = this.#failures.map(findingOfError)
    const attempt = <T>(work: Promise<T>): Promise<T | undefined> =>
      work.catch((error) => void findings.push(findingOfError(error)))
    const sources = await attempt(this.sources({ serversWanted: !this.flags.demo }))
    const options = sources && (await attempt(this.proxyOptions({ demo: this.flags.demo })))
    await attempt(this.assertIdentity())
    for (const file of [this.flags['log-file'], this.flags['audit-log']]) await attempt(this.assertLogFile(file))
    return { sources, findings, hasProxyKey: (options?.proxyKey ?? this.legacyConf?.settings.proxyKey) !== undefined }
  }
}
