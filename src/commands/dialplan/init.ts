import path from 'node:path'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { Flags } from '../../lib/cli/oclif.js'
import { readSecretFile } from '../../lib/cli/secret.js'
import { siteFlag } from '../../lib/cli/site-flags.js'
import { UsageError } from '../../lib/errors.js'

export default class DialplanInit extends BaseCommand<typeof DialplanInit> {
  static override summary = 'Write a new site file: who has which number, and through which trunk calls go out.'

  static override description =
    `The beginning of a PBX for a home or a small office. On a terminal it asks for what the flags do not say; in a script the flags say all. Each user gets
a secret, which stands in the file (mode 0600). --minivm-conf takes over the mail server from upstream's mailcmd line, and puts its password into a file.`

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --domain pbx.example.com --country-code 46 --user anna,+46701234567 --user bo,+46701234568',
    '<%= config.bin %> <%= command.id %> --trunk itsp:mydoe --trunk-hosts sip.mydoe.com --trunk-username doe --trunk-secret-file doe.secret',
    '<%= config.bin %> <%= command.id %> --minivm-conf /etc/asterisk/minivm.conf --site home.ini'
  ]

  static override flags = {
    ...siteFlag,
    domain: Flags.string({ description: 'host name of the PBX', helpValue: 'HOST' }),
    'country-code': Flags.string({ description: 'country code of national numbers', helpValue: 'DIGITS' }),
    'external-address': Flags.string({ description: 'address outside, for a PBX behind a router', helpValue: 'HOST' }),
    'local-net': Flags.string({ description: 'networks inside (default: the private ones)', helpValue: 'LIST' }),
    trunk: Flags.string({ description: 'name of the trunk', helpValue: 'NAME' }),
    'trunk-hosts': Flags.string({ description: 'hosts of its provider', helpValue: 'LIST' }),
    'trunk-username': Flags.string({ description: 'user name there; none: it knows the address', helpValue: 'NAME' }),
    'trunk-secret-file': Flags.string({ description: 'file with the secret there ("-": stdin)', helpValue: 'FILE' }),
    user: Flags.string({ description: 'a user: NAME,+NUMBER[,DISPLAY[,EMAIL]]; repeatable', multiple: true, helpValue: 'USER' }),
    'smtp-host': Flags.string({ description: 'mail server that takes voice mail', helpValue: 'HOST' }),
    'smtp-user': Flags.string({ description: 'user name there', helpValue: 'NAME' }),
    'smtp-password-file': Flags.string({ description: 'file with the password there ("-": stdin)', helpValue: 'FILE' }),
    'minivm-conf': Flags.string({ description: 'take the mail server from this minivm.conf', helpValue: 'FILE' }),
    force: Flags.boolean({ description: 'replace a site file that is there' })
  }

  protected override async execute(): Promise<void> {
    const { site: file, force, json, 'minivm-conf': minivmConf } = this.flags
    if (!/\.(ini|conf)$/.test(file))
      throw new UsageError(`--site ${file}: a new site file is an ini file`, { hint: 'Name it privatedial.ini.' })
    const [{ newSiteOf }, { SiteQuestions }, { newSite }, { writeSecretFiles }] = await Promise.all([
      import('../../lib/cli/site-answers.js'),
      import('../../lib/cli/site-questions.js'),
      import('../../lib/site/new-site.js'),
      import('../../lib/keygen/secret-files.js')
    ])
    const note = (message: string) => this.note(message)
    const { existsSync } = await import('node:fs')
    // Before anything is asked.
    if (!force && existsSync(file))
      throw new UsageError(`${file} is there already`, { hint: 'Replace it with --force, or name another with --site.' })
    const minivm =
      minivmConf === undefined ? undefined : (await import('../../lib/site/import-minivm.js')).importMinivmConf(minivmConf)
    const passwordFile = path.resolve(path.dirname(file), 'smtp.password')
    const made = await newSiteOf({
      flags: this.flags,
      questions: this.mayAsk ? new SiteQuestions(this.signal, note) : undefined,
      trunkSecret: this.#secret('trunk-secret-file'),
      password: this.#secret('smtp-password-file'),
      minivm,
      passwordFile,
      signal: this.signal
    })
    const files = [{ path: file, content: newSite(made, file).toString() }]
    if (made.password !== undefined) files.push({ path: passwordFile, content: `${made.password}\n` })
    writeSecretFiles(files, { force })
    if (json) {
      const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name)
      return this.out.json({ files: files.map((one) => one.path), users: names(made.users), trunks: names(made.trunks) })
    }
    this.note(`${files.map((one) => one.path).join(' and ')} written`)
    if (made.password !== undefined) this.note(`The user of Asterisk has to be able to read ${passwordFile}: chown asterisk`)
    this.note(nextSteps(file, made.users.length > 0))
  }

  #secret(flag: 'trunk-secret-file' | 'smtp-password-file'): string | undefined {
    const file = this.flags[flag]
    return file === undefined ? undefined : readSecretFile(file, (message) => this.note(message))
  }
}

function nextSteps(file: string, hasUsers: boolean): string {
  const more = file === 'privatedial.ini' ? '' : ` --site ${file}`
  return `Next:
  pbxkit dialplan user add${more}    ${hasUsers ? 'more users' : 'the first user'}
  pbxkit dialplan user list${more}   who has which number; secrets of phones stand in the file
  pbxkit dialplan render${more}      the files for Asterisk`
}
