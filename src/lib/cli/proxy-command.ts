import fs from 'node:fs'
import { ListenError, UsageError } from '../errors.js'
import { parseAddress } from '../net/address.js'
import type { LegacySettings } from '../proxy/legacy/astmanproxy-settings.js'
import type { Finding } from '../proxy/legacy/finding.js'
import { flagsOfLegacy, serversOfLegacy } from '../proxy/legacy/legacy-flags.js'
import { findLegacyConf, findLegacyUsers } from '../proxy/legacy/paths.js'
import type { ProxyLog, ProxyOptions } from '../proxy/options.js'
import { type ConnectionFlagValues, connectionFlags, connectTarget } from './connection-flags.js'
import type { FileOwner } from './log-file.js'
import { type Command, Flags } from './oclif.js'
import { optionsFromFlags, type ProxyFlagValues, proxyFlags } from './proxy-flags.js'
import { readSecretFile, warnWhenReadableByOthers } from './secret.js'
import { ServiceCommand } from './service-command.js'
import type { SettingsFile } from './settings.js'

/** The flags that name the proxy's servers and users. */
const sourceFlags = {
  ...connectionFlags,
  host: Flags.string({ description: 'the Asterisk, when there is one', helpValue: 'HOST', helpGroup: 'CONNECTION' }),
  server: Flags.string({
    description: 'an Asterisk: [NAME=][amis://][USER@]HOST[:PORT]; repeatable',
    helpValue: 'SERVER',
    multiple: true,
    helpGroup: 'CONNECTION'
  }),
  users: Flags.string({ description: 'who may log in: lines name = secret', helpValue: 'FILE' }),
  root: Flags.string({
    description: 'where the old paths of astmanproxy begin, when its files are looked for',
    helpValue: 'DIR',
    default: '/'
  })
}

/** A command that reads the proxy's servers and users from wherever they are named. */
export abstract class ProxyCommand<T extends typeof Command> extends ServiceCommand<T> {
  static override baseFlags = { ...ServiceCommand.baseFlags, ...sourceFlags, ...proxyFlags }

  /** An astmanproxy.conf, with what it says that has no flag. */
  #legacy: { file: string; text: string; settings: LegacySettings; isFallback: boolean } | undefined
  #typed: ReturnType<ProxyCommand<T>['typedServers']> | undefined

  /** --config may also name the file of astmanproxy, as it is. */
  protected override async readConfigFile(file: string): Promise<SettingsFile> {
    const { readSmallFile } = await import('../proxy/legacy/accounts-file.js')
    const { isAstmanproxyConf } = await import('../proxy/legacy/is-astmanproxy-conf.js')
    const text = readSmallFile(file, 'configuration file')
    this.#legacy = undefined
    return isAstmanproxyConf(text) ? this.#readLegacyConf(file, text, false) : super.readConfigFile(file)
  }

  /** Whoever names no Asterisk and has configured no proxy may have configured astmanproxy. */
  protected override async readFallbackFile(found: readonly SettingsFile[]): Promise<SettingsFile | undefined> {
    this.#legacy = undefined
    const flags = this.flags as { host?: string; server?: string[]; demo?: boolean; root: string }
    const isTold = flags.host !== undefined || flags.server !== undefined || flags.demo === true
    const isConfigured = found.some(
      ({ values, sections }) =>
        ['host', 'server', 'demo'].some((name) => values[name] !== undefined) ||
        Object.keys(sections).some((title) => /^(server|user)\s/.test(title))
    )
    const file = isTold || isConfigured ? undefined : findLegacyConf(flags.root)
    if (file === undefined) return undefined
    const { readSmallFile } = await import('../proxy/legacy/accounts-file.js')
    return this.#readLegacyConf(file, readSmallFile(file, 'configuration file'), true)
  }

  async #readLegacyConf(file: string, text: string, isFallback: boolean): Promise<SettingsFile> {
    const { parseAstmanproxyConf } = await import('../proxy/legacy/astmanproxy-conf.js')
    const { settings, findings } = parseAstmanproxyConf(text, file)
    await this.takeFindings(findings)
    this.#legacy = { file, text, settings, isFallback }
    return { path: file, values: flagsOfLegacy(settings), sections: {} }
  }

  /** What there is to say of an astmanproxy.conf. @throws ConfigError for the first error */
  protected async takeFindings(findings: readonly Finding[]): Promise<void> {
    const { refuseErrors } = await import('../proxy/legacy/accounts-file.js')
    refuseErrors(findings)
    for (const { file, line, message, hint } of findings) this.note(`${file}:${line}: ${message}${hint ? `. ${hint}` : ''}`)
  }

  /** The astmanproxy.conf that is used, when one is. */
  protected get legacyConf(): { file: string; text: string; settings: LegacySettings } | undefined {
    return this.#legacy
  }

  #audit: ProxyLog['audit']
  /** Whom root was given up for. */
  #droppedTo: string | undefined

  protected override async openLogFiles(): Promise<void> {
    await super.openLogFiles()
    const { 'audit-log': file, check } = this.flags as unknown as ProxyFlagValues & { check: boolean }
    if (file === undefined) return
    if (check) return this.logFiles.check(file)
    const { createAuditLog } = await import('./log.js')
    this.#audit = createAuditLog(this.logFiles.open(file, await this.fileOwner()))
  }

  /** A file that root makes is for the user that the proxy goes on as. */
  protected override async fileOwner(): Promise<FileOwner | undefined> {
    const { 'run-as-user': user, 'run-as-group': group } = this.flags as unknown as ProxyFlagValues
    const { needsDrop, resolveIdentity } = await import('./privileges.js')
    return needsDrop({ user, group }) ? resolveIdentity({ user, group }) : undefined
  }

  /** What the proxy logs to: with the audit log where there is one, and the wire at the level of trace only. */
  protected get proxyLog(): ProxyLog {
    const { logger } = this
    return {
      debug: (fields, message) => logger.debug(fields, message),
      info: (fields, message) => logger.info(fields, message),
      warn: (fields, message) => logger.warn(fields, message),
      ...(logger.isLevelEnabled('trace') && { wire: (fields: object, message: string) => logger.trace(fields, message) }),
      audit: this.#audit
    }
  }

  /** A port that root alone may open: after root was given up only a new start helps. */
  protected explainPort(error: unknown): unknown {
    if (this.#droppedTo === undefined || !(error instanceof ListenError) || error.details?.reason !== 'EACCES') return error
    const hint = `Ports below 1024 are for root, which was given up for the user ${this.#droppedTo}: it needs a restart.`
    return new ListenError(error.message, { hint, details: error.details, cause: error })
  }

  /** Root was needed for the port and the files. @throws ConfigError */
  protected async giveUpRoot(): Promise<void> {
    const { 'run-as-user': user, 'run-as-group': group } = this.flags as unknown as ProxyFlagValues
    const { dropPrivileges, needsDrop } = await import('./privileges.js')
    if (needsDrop({ user, group })) {
      dropPrivileges({ user, group })
      this.#droppedTo = user
    } else if (user !== undefined) this.note(`it goes on as the user who started it: only root can become ${user}`)
  }

  /** Is there whom it is to run as? @throws ConfigError */
  protected async assertIdentity(): Promise<void> {
    const { 'run-as-user': user, 'run-as-group': group } = this.flags as unknown as ProxyFlagValues
    const { resolveIdentity } = await import('./privileges.js')
    resolveIdentity({ user, group })
  }

  /** Could it be written to? Makes none. @throws IoError */
  protected async assertLogFile(file: string | undefined): Promise<void> {
    if (file !== undefined) this.logFiles.check(file)
  }

  /** The users beside an astmanproxy.conf, or where the old program looked for them. */
  #usersFile(): string | undefined {
    const { users, root } = this.flags as { users: string | undefined; root: string }
    return users !== undefined || !this.#legacy ? users : findLegacyUsers(this.#legacy.file, root)
  }

  /**
   * All that the proxy is started with. @param demo it brings its own server, and its own user unless users are named
   * @throws ConfigError, UsageError
   */
  protected async proxyOptions({ demo }: { demo: boolean }): Promise<ProxyOptions> {
    const { chooseAccounts, chooseServers, noAccounts } = await import('../proxy/config.js')
    const { proxyDefaults } = await import('../proxy/options.js')
    const { Accounts } = await import('../proxy/accounts/accounts.js')
    const { plainUser } = await import('../proxy/user-options.js')
    const { MetricsAccess } = await import('../access/metrics-access.js')
    const { WebAccess } = await import('../proxy/web/web-access.js')
    const flags = this.flags as ProxyFlagValues & { users: string | undefined; timeout: number; 'drain-timeout': number }
    const sources = await this.sources({ serversWanted: !demo })
    if (this.#legacy?.isFallback) {
      const files = { config: this.#legacy.file, users: sources.usersFile }
      this.logger?.info(files, 'no Asterisk is named and no proxy configured: the files of astmanproxy are used')
    }
    const servers = demo ? [] : chooseServers(sources)
    for (const { name } of servers.filter(({ tls }) => tls?.insecure)) {
      this.note(`the certificate of server ${name} is not verified (insecure): anybody in between can read and change everything`)
    }
    const isOwnDemo = demo && flags.users === undefined
    const accounts = isOwnDemo
      ? Accounts.fromOptions([{ ...plainUser('admin', 'secret', 'demo'), admin: true, web: true }])
      : chooseAccounts(sources)
    if (!accounts && flags['auth-required']) throw noAccounts()
    return {
      ...proxyDefaults,
      ...optionsFromFlags(flags),
      listen: flags.listen.map(parseAddress),
      servers,
      accounts,
      authRequired: flags['auth-required'],
      proxyKey: this.#proxyKey(flags['proxy-key-file']),
      metricsAllow: new MetricsAccess(flags['metrics-allow']),
      webAllow: new WebAccess(flags['web-allow']),
      version: this.config.version,
      limits: { ...proxyDefaults.limits, maxBlockBytes: flags['max-block'] },
      serverTimeoutMs: flags.timeout,
      graceMs: flags['drain-timeout']
    }
  }

  #proxyKey(file: string | undefined): string | undefined {
    const fromFile = file === undefined ? undefined : readSecretFile(file, (message) => this.note(message))
    const key = fromFile ?? process.env.PBXKIT_PROXY_KEY ?? this.#legacy?.settings.proxyKey
    if (key !== undefined && /[\r\n\0]/.test(key)) throw new UsageError('A line break in the ProxyKey: no client could send it')
    return key || undefined
  }

  /**
   * What names servers and users, in the form that the proxy's configuration takes; a secret is asked for only when flags name a server.
   * @param serversWanted false where servers do not matter: then no flag that names one is looked at
   */
  protected async sources({ serversWanted }: { serversWanted: boolean }) {
    const users = this.#usersFile()
    this.#warnOfReadableSecrets(users)
    // Once: a reload must not ask for the secret again.
    this.#typed ??= this.typedServers(serversWanted)
    const readSecret = (file: string) => readSecretFile(file, (message) => this.note(message))
    const legacyServers = serversOfLegacy(
      this.#legacy?.settings.hosts ?? [],
      connectTarget({ ...this.#connection, tls: true }).tls
    )
    return { files: this.settings.files, ...(await this.#typed), legacyServers, usersFile: users, readSecret }
  }

  /** Files that hold secrets are for their owner. */
  #warnOfReadableSecrets(users: string | undefined): void {
    const withSecrets = this.settings.files.filter(
      (file) => file.path === this.#legacy?.file || Object.values(file.sections).some(({ secret }) => secret !== undefined)
    )
    const files = [...withSecrets.map((file) => file.path), ...(users !== undefined && fs.existsSync(users) ? [users] : [])]
    for (const file of files) warnWhenReadableByOthers(file, (message) => this.note(message))
  }

  get #connection(): ConnectionFlagValues {
    const flags = this.flags as unknown as ConnectionFlagValues
    return { ...flags, host: flags.host ?? '' }
  }

  private async typedServers(wanted: boolean) {
    const flags = this.flags as Omit<ConnectionFlagValues, 'host'> & { host: string | undefined; server: string[] | undefined }
    const serverTexts = flags.server ?? []
    if (!wanted || (flags.host === undefined && serverTexts.length === 0))
      return { serverTexts: [], defaults: undefined, single: undefined }
    const { host, port, tls } = connectTarget(this.#connection)
    const allNamed = serverTexts.length > 0 && serverTexts.every((text) => text.includes('@'))
    const question = { flag: '--username', question: 'AMI user of the proxy:' }
    const username = allNamed ? (flags.username ?? '') : await this.required(flags.username, question)
    const secret = await this.secret({ secretFile: flags['secret-file'], question: 'Secret of the proxy on Asterisk:' })
    const defaults = { username, secret, auth: flags.auth, tls }
    return { serverTexts, defaults, single: flags.host === undefined ? undefined : { host, port } }
  }
}
