import fs from 'node:fs'
import type { ControlMethods } from '../control/control-server.js'
import { ExitStatus, InterruptedError, UsageError } from '../errors.js'
import { BaseCommand, durationFlag, type LogLevel } from './base-command.js'
import type { Log } from './log.js'
import type { FileOwner } from './log-file.js'
import { LogFiles } from './log-files.js'
import { type Command, Flags } from './oclif.js'
import { describeError, reportError } from './report-error.js'
import { writeToStderr } from './stderr.js'

/** A service that runs: what it listens on, and its end. */
export interface RunningService {
  /** `name=host:port` for the ready line. */
  readonly addresses: readonly string[]
  /** Settles when the service has ended; rejects when it failed. */
  readonly closed: Promise<void>
}

/**
 * A command that stays in the foreground. SIGTERM and SIGINT drain and exit 0, a second one ends at once, SIGHUP reloads. `ready …` is
 * announced on stderr, on --ready-fd and to systemd once it serves; that line is plain text whatever the log's format is.
 */
export abstract class ServiceCommand<T extends typeof Command> extends BaseCommand<T> {
  static override baseFlags = {
    ...BaseCommand.baseFlags,
    check: Flags.boolean({ description: 'check the settings and exit', helpGroup: 'SERVICE' }),
    'log-file': Flags.string({
      description: 'log into this file, as JSON lines, instead of stderr (logfile); SIGHUP opens it anew',
      helpValue: 'FILE',
      helpGroup: 'SERVICE'
    }),
    'ready-fd': Flags.integer({
      description: 'also write the ready line to this file descriptor',
      helpValue: 'N',
      min: 1,
      helpGroup: 'SERVICE'
    }),
    'drain-timeout': durationFlag({
      description: 'how long a stop waits for clients',
      default: 5_000,
      defaultHelp: async () => '5',
      helpGroup: 'SERVICE'
    })
  }

  protected logger!: Log
  /** What is opened anew at SIGHUP. */
  protected readonly logFiles = new LogFiles((message) => this.note(message))

  /**
   * Reads and checks all settings, without starting anything.
   * @returns starts the service; aborting the signal makes it drain and close
   */
  protected abstract prepare(): Promise<(signal: AbortSignal) => Promise<RunningService>>

  /** SIGHUP. */
  protected async reload(): Promise<void> {
    this.logger.info('nothing to reload')
  }

  /**
   * Lets other commands ask the running service, at --control (see `controlFlag`) or else where they look by themselves. Where that is not possible,
   * perhaps because another one runs, the service goes on and says so.
   * @returns settles when the signal was aborted and the socket is gone
   * @throws ListenError for a --control that cannot be used
   */
  protected async openControl(command: string, methods: ControlMethods, signal: AbortSignal): Promise<{ closed: Promise<void> }> {
    const { startControl, startDefaultControl } = await import('../control/control-server.js')
    const { control: path } = this.flags as { control?: string }
    if (path !== undefined) return startControl(path, methods, signal, { what: `pbxkit ${command}` })
    const started = await startDefaultControl(command, methods, signal)
    if ('control' in started) return started.control
    const { message, hint } = started.failure
    this.logger.warn({ reason: message, hint }, `no control socket: pbxkit ${command} status will not find this one`)
    return { closed: Promise.resolve() }
  }

  /** With all else that is said of a reload: in the log. */
  protected override wantRestart(names: readonly string[]): void {
    this.logger.warn({ settings: names }, 'settings have changed that need a restart')
  }

  override async init(): Promise<void> {
    await super.init()
    await this.startLog()
  }

  /** The log is there before anything can go wrong. A command that only looks at settings has none. */
  protected async startLog(): Promise<void> {
    this.logger = await this.openLog()
    await this.openLogFiles()
  }

  /** While it may still open all files: before root is given up. @throws IoError */
  protected async openLogFiles(): Promise<void> {
    const {
      'log-file': file,
      check,
      'log-level': level
    } = this.flags as { 'log-file'?: string; check: boolean; 'log-level': LogLevel }
    if (file === undefined) return
    if (check) return this.logFiles.check(file)
    const { createFileLog } = await import('./log.js')
    this.logger = createFileLog({ level }, this.logFiles.open(file, await this.fileOwner()))
  }

  /** Whose the files are that it makes; undefined: its own. @throws ConfigError */
  protected async fileOwner(): Promise<FileOwner | undefined> {
    return undefined
  }

  protected override async execute(): Promise<void> {
    const fd = (this.flags as { 'ready-fd'?: number })['ready-fd']
    if (fd !== undefined) assertWritable(fd)
    const start = await this.prepare()
    if ((this.flags as { check: boolean }).check) {
      if (this.flags.json) await this.out.json({ valid: true })
      else this.note('the settings are valid')
      return
    }
    const service = await start(this.signal)
    try {
      if (!this.signal.aborted) this.#announce(service.addresses)
    } catch (error) {
      this.#stopAndFail(error)
    }
    await service.closed
  }

  protected override listenForSignals(): void {
    let stopping = false
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (stopping) process.exit(ExitStatus.interrupted)
        stopping = true
        this.logger?.info({ signal }, 'stopping')
        systemdNotify('--stopping')
        this.controller.abort(new InterruptedError(`Stopped by ${signal}`))
      })
    }
    process.on('SIGHUP', () => {
      // Still starting: it reads everything anyway.
      if (!this.logger) return
      this.logFiles.reopen(this.logger)
      this.reload().catch((error: Error) => {
        const { message, hint } = describeError(error)
        this.logger.error({ reason: message, hint }, 'reload failed; the old settings stay')
      })
    })
  }

  override async catch(error: Error): Promise<void> {
    // A stop that was asked for is a success, also when it comes while the service is still starting.
    if (this.signal.aborted && (error === this.signal.reason || error.name === 'AbortError')) return
    if (!this.logFiles.isEmpty) this.logger.fatal({ reason: describeError(error).message }, 'it ends')
    return super.catch(error)
  }

  /** Whoever waits for the ready line would wait for ever: the service ends, with the reason. */
  #stopAndFail(error: unknown): void {
    reportError(error, { json: this.flags.json })
    this.controller.abort(new InterruptedError('It could not say that it is ready'))
  }

  #announce(addresses: readonly string[]): void {
    const line = `ready ${addresses.join(' ')}\n`
    writeToStderr(line)
    const fd = (this.flags as { 'ready-fd'?: number })['ready-fd']
    if (fd !== undefined) writeReady(fd, line)
    systemdNotify('--ready')
  }
}

/** Is something open there that a line can be written to? @throws UsageError */
function assertWritable(fd: number): void {
  try {
    const stat = fs.fstatSync(fd)
    if (stat.isFIFO() || stat.isSocket() || stat.isFile() || stat.isCharacterDevice()) return
    throw new Error('it is no pipe, socket or file')
  } catch (cause) {
    throw readyFdError(fd, cause as Error)
  }
}

/** @throws UsageError when it cannot be written */
function writeReady(fd: number, line: string): void {
  try {
    fs.writeSync(fd, line)
    if (fd > 2) fs.closeSync(fd)
  } catch (cause) {
    throw readyFdError(fd, cause as Error)
  }
}

function readyFdError(fd: number, cause: Error): UsageError {
  return new UsageError(`--ready-fd ${fd} cannot be written: ${cause.message}`, {
    cause,
    hint: 'Open it in the shell: pbxkit … --ready-fd 3 3>ready'
  })
}

/** Tells systemd when it wants to know. Node has no datagram unix sockets: systemd's own program does it. */
function systemdNotify(state: '--ready' | '--stopping'): void {
  if (!process.env.NOTIFY_SOCKET) return
  void import('node:child_process').then(({ execFile }) => execFile('systemd-notify', [state, `--pid=${process.pid}`], () => {}))
}
