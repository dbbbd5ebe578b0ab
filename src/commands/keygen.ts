import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { KeygenCommand } from '../lib/cli/keygen-command.js'
import { keygenTypes } from '../lib/cli/keygen-flags.js'
import { tlsReportText } from '../lib/cli/keygen-text.js'
import { askChoice } from '../lib/cli/prompt.js'
import { ExitStatus, UsageError } from '../lib/errors.js'
import { generate, type KeygenRequest, needsPassword, type TextType } from '../lib/keygen/generate.js'
import { renderGenerated } from '../lib/keygen/generated.js'
import { writeSecretFiles } from '../lib/keygen/secret-files.js'
import type { SnippetName } from '../lib/keygen/tls/snippets.js'

export default class Keygen extends KeygenCommand {
  static override summary = 'Make keys, secrets, hashes and certificates.'

  static override description =
    `Takes the place of openssl, ast_tls_cert, md5 and the GUI's key generator. Everything random comes from the operating system.
Secrets go to stdout or to a file that only its owner may read, never to stderr; a password to hash comes from --secret-file, PBXKIT_SECRET or a prompt.

Exit status: 0 done, 1 --check found an error, 64 usage (also: a file is there already), 74 it could not be written.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> --type voipmonitor --format php',
    'echo yoyodyne11 | <%= config.bin %> <%= command.id %> --type ami --challenge 125065091 --secret-file -',
    '<%= config.bin %> <%= command.id %> --type sip --username alice --realm asterisk --generate --format conf',
    '<%= config.bin %> <%= command.id %> --type tls --san pbx.example.org --san 10.0.0.1 --out /etc/asterisk/keys/pbx',
    '<%= config.bin %> <%= command.id %> --check /etc/asterisk/keys/pbx.crt --key /etc/asterisk/keys/pbx.key --san pbx.example.org'
  ]

  protected override async execute(): Promise<void> {
    if (this.flags.check !== undefined) return this.#check(this.flags.check)
    if (!this.flags.type && !this.mayAsk)
      throw new UsageError('--type is missing', { hint: `It is one of ${keygenTypes.join(', ')}.` })
    const type = this.flags.type ?? (await askChoice('What to make:', keygenTypes, this.signal))
    if (type === 'tls') return this.#tls()
    if (this.flags.san) throw new UsageError('--san needs --type tls or --check')
    const { algorithm, challenge, iterations, length, alphabet, format, json, out, force } = this.flags
    const { username, realm } = await this.account(type as TextType)
    const request: KeygenRequest = {
      type: type as TextType,
      ...{ algorithm, challenge, iterations, length, alphabet, username, realm }
    }
    const password = needsPassword(request) && !this.flags.generate ? await this.existingPassword() : undefined
    const generated = await generate({ ...request, password })
    const text = renderGenerated(type, generated, format)
    if (generated.note) this.note(generated.note)
    if (out !== undefined && out !== '-') {
      writeSecretFiles([{ path: out, content: text }], { force })
      return json ? this.out.json({ type, files: [path.resolve(out)] }) : this.note(`written to ${out}`)
    }
    if (json) await this.out.json(generated.facts)
    else await this.out.write(text)
  }

  async #tls(): Promise<void> {
    const { generateTls, readAuthority, tlsFiles } = await import('../lib/keygen/tls/generate-tls.js')
    const { tlsSnippet } = await import('../lib/keygen/tls/snippets.js')
    const { usage, subject, days = usage === 'ca' ? 3_650 : 365, 'key-type': keyType, ca, force, json } = this.flags
    if (this.flags.format) throw new UsageError('--type tls writes PEM: it takes --files and --snippet, no --format')
    const now = new Date()
    const asked = this.flags.san ?? (this.mayAsk && usage !== 'ca' ? await this.askWords('Names and addresses:') : [])
    const out = this.flags.out ?? (this.mayAsk ? (await this.askWords('File, without its ending:'))[0] : undefined)
    const authority =
      ca === undefined ? undefined : readAuthority(ca, this.flags['ca-key'] ?? ca.replace(/\.[^./]+$/, '.key'), now)
    const pair = await generateTls({ names: asked, subject, keyType, usage, days, authority, now })
    if (out === undefined || out === '-') {
      return json ? this.out.json({ type: 'tls', ...pair }) : this.out.write(pair.certificate + pair.key)
    }
    const { files, paths } = tlsFiles(pair, path.resolve(out), this.flags.files)
    writeSecretFiles(files, { force })
    const usual: SnippetName[] = ['manager', 'http', 'pjsip', 'astmanproxy']
    const names = this.flags.snippet ?? (usage === 'server' || usage === 'both' ? usual : [])
    const snippets = Object.fromEntries(names.map((name) => [name, tlsSnippet(name, paths)]))
    if (json) return this.out.json({ type: 'tls', ...pair.facts, files: files.map((file) => file.path), snippets })
    this.note(`written: ${files.map((file) => file.path).join(', ')}; valid until ${pair.facts.validUntil}`)
    await this.out.write(Object.values(snippets).join('\n'))
  }

  async #check(file: string): Promise<void> {
    const { checkTls } = await import('../lib/keygen/tls/check-certificate.js')
    const { key: keyFile, ca: caFile, san: names = [], 'warn-days': warnDays, json, watch, every } = this.flags
    let before = ''
    if (watch) process.stderr.write(`ready check=${file}\n`)
    do {
      const report = checkTls({ file, keyFile, caFile, names, warnDays }, new Date())
      const text = JSON.stringify(report)
      if (!watch && report.findings.some(({ severity }) => severity === 'error')) process.exitCode = ExitStatus.no
      if (text !== before) {
        if (watch && (json || !this.out.isTerminal)) await this.out.ndjson(report)
        else await (json ? this.out.json(report) : this.out.write(await tlsReportText(report, this.out.width)))
      }
      before = text
      if (watch) await wait(every, undefined, { signal: this.signal }).catch(() => {})
    } while (watch && !this.signal.aborted)
    // A service that was stopped has done its work.
    if (watch) process.exitCode = ExitStatus.done
  }
}
