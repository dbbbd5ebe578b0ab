import { DataError, ExitStatus, UsageError } from '../errors.js'
import type { RegistrationAccount, RegistrationSecret } from '../registrations/account.js'
import type { AccountProblem, AccountSource } from '../registrations/accounts/read-accounts.js'
import type { RunningRegistrations } from '../registrations/registration-service.js'
import type { Purpose } from '../registrations/registration-state.js'
import { keepHeapSmall } from '../registrations/small-heap.js'
import type { UdpBind } from '../sip-transport/udp-flow.js'
import { watchAccounts } from './account-watch.js'
import type { Command } from './oclif.js'
import { offerProfile } from './offer-profile.js'
import { askSecret } from './prompt.js'
import {
  accountDefaults,
  accountSource,
  commandLineAccount,
  loadAccounts,
  type RegisterFlagValues,
  readOneAccount,
  refuseFlagsOfOne
} from './register-accounts.js'
import { dumpAtSignal } from './register-dump.js'
import { registerFlags } from './register-flags.js'
import { type RegisterSettings, registerSettings } from './register-options.js'
import { askAccount } from './register-questions.js'
import { RegisterScreen } from './register-screen.js'
import { checkNote, eventFields, eventLevel, fetchedRows, findingOf, hintsOf, onceRow, onceStatus } from './register-text.js'
import { Reloads } from './reloads.js'
import { type Row, renderRows } from './rows.js'
import { readSecretFile } from './secret.js'
import { type RunningService, ServiceCommand } from './service-command.js'
import { openSipAgent, type SipFlagValues } from './sip-agent.js'
import { sipFlags } from './sip-flags.js'
import { findLogin, guessNote, readCredentials } from './sip-login.js'

type Flags = RegisterFlagValues &
  SipFlagValues & { check: boolean; json: boolean; 'drain-timeout': number; quiet: boolean; 'log-file'?: string | undefined }

/** `uac register`: accounts from somewhere, kept registered, or something done with them once. */
export abstract class RegisterCommand<T extends typeof Command> extends ServiceCommand<T> {
  static override baseFlags = { ...ServiceCommand.baseFlags, ...withoutAddresses(sipFlags) }
  static registerFlags = registerFlags

  #source: AccountSource | undefined
  #running: RunningRegistrations | undefined
  #screen: RegisterScreen | undefined
  /** SIGHUP, the control socket, a changed file and the interval may all ask at the same time. */
  readonly #reloads = new Reloads(() => this.#reloadAccounts())

  get #flags(): Flags {
    return this.flags as unknown as Flags
  }

  protected override async execute(): Promise<void> {
    const { once, fetch, remove, all, check, 'dry-run': dryRun } = this.#flags
    if (check) return this.#check()
    if (dryRun) return this.#dryRun()
    const purpose: Purpose = fetch ? 'fetch' : remove ? (all ? 'unregister all' : 'unregister') : 'register'
    if (once || fetch || remove) return this.#once(purpose)
    return super.execute()
  }

  protected override async prepare(): Promise<(signal: AbortSignal) => Promise<RunningService>> {
    const settings = this.#settings()
    keepHeapSmall()
    const accounts = await this.#accounts((problem) =>
      this.logger.warn({ source: problem.source, reason: problem.message }, 'no account')
    )
    return async (signal) => {
      const { startRegistrations } = await import('../registrations/registration-service.js')
      const json = this.#flags.json
      const running = await startRegistrations(
        accounts,
        { ...settings, version: this.config.version, openAgent: (bind) => this.#openAgent(bind) },
        {
          onEvent: (event) => {
            if (json) void this.out.ndjson(event)
            this.#screen?.note(event)
            // On the screen it is seen; log lines would tear it.
            if (this.#screen && !this.#flags['log-file']) return
            const level = eventLevel(event)
            if (this.logger.isLevelEnabled(level)) this.logger[level](eventFields(event), event.event)
          },
          isHeard: (event, warning) =>
            json || this.#screen !== undefined || this.logger.isLevelEnabled(eventLevel({ event, warning })),
          onFault: (error) => this.logger.error({ err: error }, 'a fault of pbxkit; the account goes on'),
          onWarning: (message) => this.logger.warn(message)
        },
        signal
      )
      this.#running = running
      this.#watchSource(signal)
      this.#screen = this.#startScreen(running, signal)
      dumpAtSignal(running)
      const control = await this.#control(running, signal)
      return { addresses: running.addresses, closed: Promise.all([running.closed, control.closed]).then(() => {}) }
    }
  }

  /** A person at a terminal sees the state of all accounts; a pipe and a supervisor get the log. */
  #startScreen(running: RunningRegistrations, signal: AbortSignal): RegisterScreen | undefined {
    if (this.#flags.json || this.#flags.quiet || !this.out.isTerminal) return undefined
    const screen = new RegisterScreen(running, {
      write: (text) => void this.out.write(text),
      width: () => this.out.width,
      height: () => process.stdout.rows || 24,
      now: running.now
    })
    screen.start()
    signal.addEventListener('abort', () => screen.stop(), { once: true })
    return screen
  }

  async #control(running: RunningRegistrations, signal: AbortSignal): Promise<{ closed: Promise<void> }> {
    const { controlMethods } = await import('../registrations/control-methods.js')
    const { keeper, now, startedAt } = running
    return this.openControl(
      'uac',
      controlMethods({
        keeper,
        now,
        startedAt,
        reload: () => this.#reloads.run(),
        readAccount: (columns) => readOneAccount(columns, accountDefaults(this.#flags))
      }),
      signal
    )
  }

  protected override async reload(): Promise<void> {
    if (this.#running) await this.#reloads.run()
  }

  async #reloadAccounts(): Promise<Record<string, unknown>> {
    if (!this.#source || this.#source.kind === 'stdin')
      throw new UsageError('The accounts were given once, and cannot be read again')
    const { accounts, problems } = await this.#load(this.#source)
    this.#report(problems, (problem) => this.logger.warn({ source: problem.source, reason: problem.message }, 'no account'))
    const broken = new Set(problems.flatMap(({ uuid }) => uuid ?? []))
    const { added, removed, changed, same } = this.#running!.keeper.apply(accounts, broken)
    const counts = { added: added.length, removed: removed.length, changed: changed.length, unchanged: same.length }
    this.logger.info({ ...counts, problems: problems.length }, 'reloaded')
    return { ...counts, problems: problems.length }
  }

  /** A changed file, and --reload-interval. What fails leaves everything as it is. */
  #watchSource(signal: AbortSignal): void {
    const source = this.#source
    if (!source || source.kind === 'stdin') return
    const reload = () => {
      this.#reloads
        .run()
        .catch((error: Error) => this.logger.error({ reason: error.message }, 'reload failed; the accounts stay'))
    }
    const path = source.kind === 'file' ? source.path : undefined
    watchAccounts({ path, intervalMs: this.#flags['reload-interval'], reload }, signal)
  }

  async #once(purpose: Purpose): Promise<void> {
    const settings = this.#settings()
    let hasProblems = false
    const accounts = await this.#accounts((problem) => {
      hasProblems = true
      this.note(`${problem.source}: ${problem.message}`)
    })
    const [{ registerOnce }, { AgentPool }, { SystemWheel }] = await Promise.all([
      import('../registrations/register-once.js'),
      import('../registrations/agent-pool.js'),
      import('../sip-transport/system-wheel.js')
    ])
    const now = () => performance.now()
    const wheel = new SystemWheel(now)
    const agents = new AgentPool((bind) => this.#openAgent(bind))
    const results: Parameters<Parameters<typeof registerOnce>[3]>[0][] = []
    try {
      await registerOnce(accounts, purpose, { ...settings, agents, wheel, now, signal: this.signal }, async (result) => {
        results.push(result)
        if (this.#flags.json) await this.out.ndjson(result)
      })
    } finally {
      agents.close()
      wheel.stop()
    }
    if (!this.#flags.json) {
      const rows: Row[] = purpose === 'fetch' ? results.flatMap(fetchedRows) : results.map(onceRow)
      if (rows.length > 0) await this.out.write(await renderRows(rows, 'table', { width: this.out.width }))
      else this.note('the registrar has no bindings')
      for (const hint of hintsOf(results)) this.note(hint)
    }
    process.exitCode = onceStatus(results) || (hasProblems ? ExitStatus.no : ExitStatus.done)
  }

  /** The table without any traffic. */
  async #check(): Promise<void> {
    this.#settings()
    const problems: AccountProblem[] = []
    const accounts = await this.#accounts((problem) => problems.push(problem))
    const report = { valid: problems.length === 0, accounts: accounts.length, findings: problems.map(findingOf) }
    if (this.#flags.json) await this.out.json(report)
    else {
      for (const { source, message } of problems) await this.out.line(`${source}: ${message}`)
      this.note(checkNote(accounts.length, problems.length))
    }
    if (problems.length > 0) process.exitCode = ExitStatus.no
  }

  async #dryRun(): Promise<void> {
    const accounts = await this.#accounts(({ source, message }) => {
      this.note(`${source}: ${message}`)
      process.exitCode = ExitStatus.no
    })
    const { dryRequest } = await import('../registrations/dry-request.js')
    const { policy } = this.#settings()
    for (const account of accounts) await this.out.write(dryRequest(account, policy, this.#flags['user-agent']))
  }

  #settings(): RegisterSettings {
    const isGiven = this.origins.has('timeout')
    const settings = registerSettings(this.#flags, isGiven ? this.#flags.timeout : undefined)
    const logins = readCredentials(this.#flags, (message) => this.note(message))
    const onGuess = guessNote((message) => this.#warn(message))
    const anyRealm = this.#flags['auth-any-realm']
    const credentials = logins && ((realm: string) => logins.find(realm))
    return { ...settings, policy: { ...settings.policy, anyRealm, credentials, onGuess } }
  }

  /** On the screen a line of the log would tear it. */
  #warn(message: string): void {
    if (this.#screen && !this.#flags['log-file']) this.#screen.say(message)
    else if (this.#running) this.logger.warn(message)
    else this.note(message)
  }

  #openAgent(bind: UdpBind | undefined) {
    return openSipAgent(this.#flags, 'shared', (message) => this.note(message), bind)
  }

  async #accounts(tell: (problem: AccountProblem) => void): Promise<RegistrationAccount[]> {
    const given = (this.args as { uri?: string }).uri
    this.#source = accountSource(this.#flags, given)
    if (!this.#source) {
      const uri = given ?? this.#flags.account
      const answers = uri === undefined && this.mayAsk ? await askAccount(this.#flags, this.signal) : undefined
      const asked = await this.required(uri ?? answers?.account, {
        flag: 'The account (a URI, --db or --file)',
        question: 'SIP account:'
      })
      const account = commandLineAccount(asked, await this.#login(asked), this.#flags)
      if (answers) await offerProfile(answers, { signal: this.signal, note: (message) => this.note(message) })
      return [account]
    }
    refuseFlagsOfOne((flag) => this.origins.get(flag)?.kind === 'flag')
    const { accounts, problems } = await this.#load(this.#source)
    this.#report(problems, tell)
    if (accounts.length === 0 && problems.length > 0 && !this.#flags.check) {
      throw new DataError(`None of ${problems.length} accounts can be used`, { hint: `The first: ${problems[0]!.message}` })
    }
    return accounts
  }

  #report(problems: readonly AccountProblem[], tell: (problem: AccountProblem) => void): void {
    for (const problem of problems) tell(problem)
  }

  #load(source: AccountSource) {
    return loadAccounts(source, this.#flags, { warn: (message) => this.note(message), signal: this.signal })
  }

  async #login(account: string): Promise<RegistrationSecret> {
    const file = this.#flags['password-file']
    const note = (message: string) => this.note(message)
    if (file !== undefined) {
      const names = { flag: '--password-file', variable: 'PBXKIT_AUTH_PASSWORD' }
      return { kind: 'password', password: readSecretFile(file, note, names) }
    }
    return findLogin({
      ...{ flags: this.#flags, origins: this.origins, note },
      ask: this.mayAsk ? () => askSecret(`Password of ${account}:`, this.signal) : undefined,
      missing: { message: 'There is no password', hint: 'Name a file with --password-file, or set PBXKIT_AUTH_PASSWORD.' }
    })
  }
}

/** From and To are those of the accounts. */
function withoutAddresses<F extends Record<string, unknown>>({
  from: _,
  to: __,
  'max-forwards': ___,
  ...flags
}: F): Omit<F, 'from' | 'to' | 'max-forwards'> {
  return flags as Omit<F, 'from' | 'to' | 'max-forwards'>
}
