import path from 'node:path'
import { AmiCommand } from '../../lib/cli/ami-command.js'
import { Args } from '../../lib/cli/oclif.js'
import { keepsCertificates, renderFlags } from '../../lib/cli/render-flags.js'
import { diffText, failureText, hasNews, isRefuted, reportJson, reportText } from '../../lib/cli/render-report.js'
import { readSiteOf } from '../../lib/cli/site-flags.js'
import { writeToStderr } from '../../lib/cli/stderr.js'
import { ExitStatus, type PbxkitError } from '../../lib/errors.js'
import type { CertificateReport } from '../../lib/privatedial/certificate/keep-certificate.js'
import type { RenderReport } from '../../lib/privatedial/render-into.js'
import { WatchedFiles } from '../../lib/privatedial/watched-files.js'

export default class DialplanRender extends AmiCommand<typeof DialplanRender> {
  static override summary = 'Render a site file to the configuration files of Asterisk.'

  static override description =
    `Takes the place of editing PrivateDial's files by hand: extensions.conf, extensions_local.conf, minivm.conf, pjsip.conf, pjsip_transport.conf,
pjsip_wizard.conf and pjsip_endpoint.conf, and with them numbers.conf, rtp.conf and msmtprc where the site needs them. The same site gives the same bytes. All files are written to a
folder beside and checked before the first is replaced; what was there before stays in .pbxkit-backup. Files that were edited by hand, or never rendered, are kept unless --force; your own
lines belong into extensions_custom.conf, pjsip_custom.conf and pjsip_wizard_custom.conf.

A site with TLS gets a certificate that is signed by itself when it has none, renewed before its end; or that of certbot or traefik (transport.tls.acme).
--apply has Asterisk reload over AMI, and compares endpoints, aors, auths, identifies, registrations, transports, hints and every priority with what was rendered.
Exit status: 1 when --check or --diff find a difference, or when Asterisk does not have what was rendered; 65 a wrong site; 78 files that were edited.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> --out ./etc',
    '<%= config.bin %> <%= command.id %> privatedial.ini --diff',
    '<%= config.bin %> <%= command.id %> --watch --apply --username admin --secret-file ~/.ami-secret'
  ]

  static override args = { site: Args.string({ description: 'the site file, as --site ("-": stdin)' }) }

  static override flags = renderFlags

  protected override async execute(): Promise<void> {
    if (!this.flags.watch) return this.#answer(await this.#render())
    const { watchSite } = await import('../../lib/privatedial/watch-site.js')
    const render = () => this.#renderOrTell()
    await render()
    process.on('SIGHUP', () => void render())
    writeToStderr('ready\n')
    await watchSite({ watched: this.#watched, certificate: () => this.#certificate, render, signal: this.signal })
    await this.#running
  }

  readonly #site = () => this.args.site ?? this.flags.site
  readonly #isDry = () => this.flags.check || this.flags.diff || this.flags['dry-run']
  readonly #note = (message: string) => this.note(message)

  async #render(): Promise<RenderReport> {
    const { renderInto } = await import('../../lib/privatedial/render-into.js')
    const { completeFolder } = await import('../../lib/cli/render-journal.js')
    const { check, diff, timeout, users = [], trunks = [] } = this.flags
    const folder = path.resolve(this.flags.out)
    this.#watched.begin([this.#site(), ...users, ...trunks])
    await completeFolder(folder, { looksOnly: this.#isDry(), force: this.flags.force }, this.#note)
    const onRead = (files: readonly string[]) => this.#watched.add(files)
    const { site } = await readSiteOf({ ...this.flags, site: this.#site() }, this.signal, this.#note, onRead)
    const client = this.flags.apply ? await this.#connect() : undefined
    try {
      const report = await renderInto(site, {
        folder,
        configFolder: this.flags.etc ?? folder,
        force: this.flags.force || check || diff,
        dryRun: this.#isDry(),
        acceptsSlowStart: this.flags['slow-start'],
        certificates: keepsCertificates(this.flags),
        onRead,
        apply: client && { client, timeoutMs: timeout, signal: this.signal }
      })
      this.#certificate = report.certificate
      for (const warning of [...report.warnings, report.certificate?.warning]) if (warning !== undefined) this.note(warning)
      return report
    } finally {
      client?.close()
    }
  }

  async #connect() {
    const { AmiClient } = await import('../../lib/ami-client/client.js')
    return AmiClient.open(await this.amiOptions('off'))
  }

  async #answer(report: RenderReport): Promise<void> {
    const { check, diff, json } = this.flags
    if (json) await this.out.json(reportJson(report))
    else await this.out.write(diff ? diffText(report) : reportText(report, this.#isDry()))
    if (((check || diff) && hasNews(report)) || isRefuted(report)) process.exitCode = ExitStatus.no
  }

  readonly #watched = new WatchedFiles()
  #certificate: CertificateReport | undefined
  #running: Promise<void> = Promise.resolve()

  /** One after the other. */
  #renderOrTell(): Promise<void> {
    this.#running = this.#running.then(() => this.#tryToRender())
    return this.#running
  }

  /** A service goes on with the old files. */
  async #tryToRender(): Promise<void> {
    try {
      const report = await this.#render()
      if (hasNews(report) || report.applied) this.note(reportText(report, false).trimEnd())
    } catch (error) {
      if (!this.signal.aborted) this.note(failureText(error as PbxkitError))
      this.#watched.retryAfter(error as PbxkitError)
    }
  }

  protected override listenForSignals(): void {
    super.listenForSignals()
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.on(signal, () => {
        if (this.flags?.watch) process.exitCode = ExitStatus.done
      })
  }
}
