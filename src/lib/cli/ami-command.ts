import { UsageError } from '../errors.js'
import { BaseCommand } from './base-command.js'
import { type ConnectionFlagValues, connectionFlags, connectTarget } from './connection-flags.js'
import type { Command } from './oclif.js'
import { traceToStderr } from './wire-trace.js'

/** A command that logs in to an Asterisk, or to a proxy. */
export abstract class AmiCommand<T extends typeof Command> extends BaseCommand<T> {
  static override baseFlags = { ...BaseCommand.baseFlags, ...connectionFlags }

  /** Where to connect and as whom, in the form that the AMI client takes; asks for what is missing. @param events the event mask */
  protected async amiOptions(events: string) {
    const flags = this.flags as ConnectionFlagValues & { timeout: number; 'log-level': string }
    const target = connectTarget(flags)
    if (flags.insecure && !target.tls) {
      throw new UsageError('--insecure is about TLS, and there is none', { hint: 'Add --tls, or leave it out.' })
    }
    if (flags.insecure)
      this.note('the certificate is not verified (--insecure): anybody in between can read and change everything')
    const username = await this.required(flags.username, { flag: '--username', question: 'AMI user:' })
    const secret = await this.secret({ secretFile: flags['secret-file'], question: `Secret of ${username}:` })
    return {
      connect: { ...target, timeoutMs: flags.timeout, signal: this.signal },
      credentials: { username, secret, auth: flags.auth, events },
      timeoutMs: flags.timeout,
      ...(flags['log-level'] === 'trace' && { trace: traceToStderr() })
    }
  }
}
