import { ExitStatus, type PbxkitError } from '../errors.js'
import { cluesOf } from '../registrations/failure-clues.js'
import type { SipReply, SipRequest } from '../sip/message.js'
import type { SendResult } from '../uac/send.js'
import type { Output } from './output.js'
import { messageJson, messageText, replyJson, replyLine, type ShownReply } from './sip-reply-text.js'
import type { SendFlags } from './sip-request-source.js'
import { escapeControls } from './terminal-text.js'

/** Which of several requests a reply is for. */
export interface SendLabel {
  uri: string
  /** The line of --csv. */
  line?: number | undefined
}

export interface SendPrinterOptions {
  out: Output
  flags: Pick<SendFlags, 'show'> & { json: boolean }
  /** More than one request is sent. */
  several: boolean
  isExpected: (status: number) => boolean
  note: (message: string) => void
}

/** Prints what `uac send` gets, and knows what it came to. */
export class SendPrinter {
  readonly #options: SendPrinterOptions
  readonly #counts = new Map<string, number>()
  readonly #startMs = performance.now()
  #sent = 0
  #unexpected = 0
  #refusals = 0
  readonly #errors: PbxkitError[] = []

  constructor(options: SendPrinterOptions) {
    this.#options = options
  }

  async reply(shown: ShownReply, label: SendLabel, result?: SendResult): Promise<void> {
    const { out, flags, several, isExpected, note } = this.#options
    const { status } = shown.reply.start
    const { call, subscription, answer } = result ?? {}
    this.#count(String(status))
    if (call?.endedBy === 'us' && !call.bye) note('the BYE was not answered: the other side may think that the call goes on')
    if (flags.json) {
      const { endedBy, bye, forks } = call ?? {}
      const extra = {
        ...(call && { call: { endedBy, forks, bye: bye?.reply.start.status } }),
        ...(subscription && { subscription })
      }
      await out[several || subscription ? 'ndjson' : 'json']({ ...this.#labelJson(label), ...replyJson(shown), ...extra })
    } else {
      await out.write(`${messageText(shown.reply, flags.show, out.isTerminal)}${this.#labelText(label)}${replyLine(shown)}\n`)
    }
    if (isExpected(status)) return
    this.#unexpected++
    if (status === 401 || status === 407) this.#explain(answer?.challenge, shown.reply)
  }

  /** One of several was not answered: the others go on. */
  async failure(error: PbxkitError, label: SendLabel): Promise<void> {
    const { out, flags } = this.#options
    this.#errors.push(error)
    this.#count('without a reply')
    const { code, message } = error
    if (flags.json) await out.ndjson({ ...this.#labelJson(label), error: { code, message } })
    else await out.line(`${this.#labelText(label)}${escapeControls(message)}`)
  }

  async notify(notify: SipRequest): Promise<void> {
    const { out, flags } = this.#options
    if (flags.json) return out.ndjson({ notify: messageJson(notify) })
    await out.line(escapeControls(`NOTIFY ${notify.text('Event') ?? ''} ${notify.text('Subscription-State') ?? ''}`))
    await out.write(messageText(notify, flags.show === 'line' ? 'body' : flags.show, out.isTerminal))
  }

  /** Sums several up on stderr. @returns the exit status: that of the errors where nothing but errors came */
  finish(): ExitStatus {
    const { several, note } = this.#options
    if (several) {
      const counts = [...this.#counts].sort().map(([what, count]) => `${count} ${what}`)
      note(`${this.#sent} sent in ${((performance.now() - this.#startMs) / 1000).toFixed(1)} s: ${counts.join(', ')}`)
    }
    if (this.#errors.length > 0 && this.#errors.length === this.#sent) return this.#errors[0]!.exit
    if (this.#refusals > 0 && this.#refusals === this.#sent) return ExitStatus.refused
    return this.#unexpected + this.#errors.length > 0 ? ExitStatus.no : ExitStatus.done
  }

  #count(what: string): void {
    this.#sent++
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1)
  }

  #labelText({ uri, line }: SendLabel): string {
    return this.#options.several ? escapeControls(`${line === undefined ? '' : `${line}: `}${uri}: `) : ''
  }

  #labelJson({ uri, line }: SendLabel): Record<string, unknown> {
    return this.#options.several ? { uri, ...(line !== undefined && { line }) } : {}
  }

  /** A challenge that could not be answered is a login that was refused. Said once: a thousand rows have one reason. */
  #explain(challenge: string | undefined, reply: SipReply): void {
    if (this.#refusals++ > 0) return
    const reasons: Record<string, string> = {
      refused: 'the password, or the user, is wrong',
      'foreign realm': `it asks for ${realmsOf(reply)}, which nobody has named as ours (--auth-realm, --credentials)`,
      unsupported: 'its challenges are of kinds that may not be answered (--auth-algorithms, --no-md5, the kind of HA1)'
    }
    const why = challenge === undefined ? undefined : (reasons[challenge] ?? challenge)
    this.#options.note(
      why === undefined ? `it asks who you are in ${realmsOf(reply)}: give --auth-user` : `the login failed: ${why}`
    )
  }
}

function realmsOf(reply: SipReply): string {
  const { realms } = cluesOf(reply)
  return realms.length === 0 ? 'its realm' : `the realm ${realms.map((realm) => `"${realm}"`).join(' and ')}`
}
