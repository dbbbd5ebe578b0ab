import { Args } from '../../lib/cli/oclif.js'
import { readSipUri, SipCommand } from '../../lib/cli/sip-command.js'
import { messageJson, messageText, replyJson, replyLine, type ShownReply } from '../../lib/cli/sip-reply-text.js'
import { applySendFlags, readInput, readMethod } from '../../lib/cli/sip-request-source.js'
import { sipSendFlags } from '../../lib/cli/sip-send-flags.js'
import { ExitStatus, LoginError, UsageError } from '../../lib/errors.js'
import type { SipRequest } from '../../lib/sip/message.js'
import type { SipUri } from '../../lib/sip/uri.js'
import { sendRaw } from '../../lib/uac/raw.js'
import { compileExpectation } from '../../lib/uac/request-fields.js'
import { needsSharedUdp, type SendResult, send } from '../../lib/uac/send.js'
import type { UserAgent } from '../../lib/uac/user-agent.js'

export default class UacSend extends SipCommand<typeof UacSend> {
  static override summary = 'Send any SIP request, and print the reply.'

  static override description =
    `Takes the place of sipsak and of Kamailio's uac_req_send(): From and To are free, challenges are answered (MD5, SHA-256, SHA-512-256, auth-int, several
at once), names are resolved as RFC 3263 has it, with failover. An INVITE is acknowledged and ended (an offer without media stands in it unless a body is given),
a SUBSCRIBE waits for its NOTIFYs and is taken back. The last line is the reply and its time.

Exit status: 0 for a reply of 2xx (or of --expect), 1 for another, 64 or 65 for what cannot be sent, 69 unreachable, 75 no reply in time, 77 login refused.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> MESSAGE sip:bob@pbx.example.org --body Hello --auth-user alice --auth-password-file ~/.sip-password',
    '<%= config.bin %> <%= command.id %> INVITE sip:100@10.0.0.1 --from \'"Alice" <sip:alice@example.org>\' --bye-after 3 --trace',
    '<%= config.bin %> <%= command.id %> SUBSCRIBE sip:100@10.0.0.1 --event dialog --wait 10 --show body',
    "<%= config.bin %> <%= command.id %> NOTIFY sip:phone@10.0.0.9 -H 'Event: check-sync' -H 'Subscription-State: active' --expect 2xx,481",
    '<%= config.bin %> <%= command.id %> OPTIONS sip:10.0.0.1 --raw torture.sip --show all'
  ]

  static override args = {
    method: Args.string({ description: 'MESSAGE, INVITE, REGISTER, NOTIFY or any other', ignoreStdin: true }),
    uri: Args.string({ description: 'whom to send it to', ignoreStdin: true })
  }

  static override flags = sipSendFlags

  protected override async execute(): Promise<void> {
    const method = readMethod(await this.required(this.args.method, { flag: 'The method', question: 'Method:' }))
    const text = await this.required(this.args.uri, { flag: 'The URI', question: 'SIP URI:' })
    const uri = readSipUri('The URI', text)
    const isExpected = compileExpectation(this.flags.expect ?? ['2xx'])
    const agent = this.openAgent(needsSharedUdp(method) ? 'shared' : 'connected')
    try {
      if (this.flags.raw !== undefined) await this.#sendRaw(agent, uri, isExpected)
      else await this.#sendAll(agent, { method, uri }, isExpected)
    } finally {
      agent.close()
    }
  }

  async #sendAll(agent: UserAgent, { method, uri }: { method: string; uri: SipUri }, isExpected: (status: number) => boolean) {
    const digest = await this.digest(agent)
    const first = applySendFlags(this.draft(agent, method, uri), this.flags)
    const { repeat, interval, 'cancel-after': cancelAfterMs, 'bye-after': byeAfterMs, wait: waitMs } = this.flags
    for (let sent = 0; sent < repeat && !this.signal.aborted; sent++) {
      if (sent > 0) await new Promise<void>((resolve) => agent.wheel.after(interval, resolve))
      const callId = sent === 0 || this.flags['call-id'] !== undefined ? first.callId : agent.ids.callId()
      const cseq = this.flags['call-id'] === undefined ? first.cseq : first.cseq + sent * 2
      const result = await send(
        agent,
        { ...first, callId, cseq },
        {
          ...this.exchangeOptions(uri, first.routes?.[0]),
          ...{ digest, cancelAfterMs, byeAfterMs, waitMs },
          onProvisional: (reply) => this.note(`${reply.start.status} ${reply.start.reason}`),
          onNotify: (notify) => void this.#showNotify(notify)
        }
      )
      await this.#show({ ...result.answer, target: result.answer.flow.target }, isExpected, result)
    }
  }

  async #sendRaw(agent: UserAgent, uri: SipUri, isExpected: (status: number) => boolean): Promise<void> {
    if (this.flags.repeat > 1) throw new UsageError('--raw is sent once')
    const { to, timeoutMs } = this.exchangeOptions(uri)
    const targets = 'scheme' in to ? await agent.targetsOf(to) : to
    const bytes = readInput(this.flags.raw!)
    await this.#show(await sendRaw(agent, bytes, { target: targets[0]!, timeoutMs, signal: this.signal }), isExpected)
  }

  async #show(shown: ShownReply, isExpected: (status: number) => boolean, result?: SendResult): Promise<void> {
    const { reply } = shown
    const { call, subscription, answer } = result ?? {}
    if (call?.endedBy === 'us' && !call.bye) this.note('the BYE was not answered: the other side may think that the call goes on')
    if (this.flags.json) {
      const { endedBy, bye, forks } = call ?? {}
      const extra = {
        ...(call && { call: { endedBy, forks, bye: bye?.reply.start.status } }),
        ...(subscription && { subscription })
      }
      await this.out[this.flags.repeat > 1 || subscription ? 'ndjson' : 'json']({ ...replyJson(shown), ...extra })
    } else {
      await this.out.write(messageText(reply, this.flags.show, this.out.isTerminal))
      await this.out.line(replyLine(shown))
    }
    if (isExpected(reply.start.status) || this.signal.aborted) return
    process.exitCode = ExitStatus.no
    if (reply.start.status === 401 || reply.start.status === 407) this.#explain(answer?.challenge)
  }

  /** A challenge that could not be answered is a login that was refused. */
  #explain(challenge: string | undefined): void {
    process.exitCode = new LoginError('').exit
    const why =
      challenge === 'refused'
        ? 'the password, or the user, is wrong'
        : challenge === 'foreign realm'
          ? 'it asks for another realm than --auth-realm'
          : challenge
    this.note(why === undefined ? 'it asks who you are: give --auth-user' : `the login failed: ${why}`)
  }

  async #showNotify(notify: SipRequest): Promise<void> {
    if (this.flags.json) return this.out.ndjson({ notify: messageJson(notify) })
    await this.out.line(`NOTIFY ${notify.text('Event') ?? ''} ${notify.text('Subscription-State') ?? ''}`)
    await this.out.write(messageText(notify, this.flags.show === 'line' ? 'body' : this.flags.show, this.out.isTerminal))
  }
}
