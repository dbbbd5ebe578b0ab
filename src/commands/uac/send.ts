import { Args } from '../../lib/cli/oclif.js'
import { SipSendCommand } from '../../lib/cli/sip-send-command.js'
import { sipSendFlags } from '../../lib/cli/sip-send-flags.js'

export default class UacSend extends SipSendCommand<typeof UacSend> {
  static override summary = 'Send any SIP request, and print the reply.'

  static override description =
    `Takes the place of sipsak and of Kamailio's uac_req_send(): From and To are free, challenges are answered (MD5, SHA-256, SHA-512-256, auth-int, several
at once), names are resolved as RFC 3263 has it, with failover. An INVITE is acknowledged and ended (an offer without media stands in it unless a body is given),
a SUBSCRIBE waits for its NOTIFYs and is taken back. The last line is the reply and its time.
On a terminal, without a method or a URI, it asks for them and for what they need, and offers to keep the answers as a profile.
With --csv one request is sent for each row, with the row's values in the place of {{column}}; all rows are looked at before the first is sent.

Exit status: 0 for a reply of 2xx (or of --expect), 1 for another, 64 or 65 for what cannot be sent, 69 unreachable, 75 no reply in time, 77 login refused.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> MESSAGE sip:bob@pbx.example.org --body Hello --auth-user alice --auth-password-file ~/.sip-password',
    '<%= config.bin %> <%= command.id %> INVITE sip:100@10.0.0.1 --from \'"Alice" <sip:alice@example.org>\' --bye-after 3 --trace',
    '<%= config.bin %> <%= command.id %> SUBSCRIBE sip:100@10.0.0.1 --event dialog --wait 10 --show body',
    "<%= config.bin %> <%= command.id %> NOTIFY sip:phone@10.0.0.9 -H 'Event: check-sync' -H 'Subscription-State: active' --expect 2xx,481",
    '<%= config.bin %> <%= command.id %> MESSAGE sip:{{number}}@10.0.0.1 --csv phones.csv --body "Hello {{name}}" --concurrency 20 --json',
    '<%= config.bin %> <%= command.id %> OPTIONS sip:10.0.0.1 --raw torture.sip --show all'
  ]

  static override args = {
    method: Args.string({ description: 'MESSAGE, INVITE, REGISTER, NOTIFY or any other', ignoreStdin: true }),
    uri: Args.string({ description: 'whom to send it to', ignoreStdin: true })
  }

  static override flags = sipSendFlags

  protected override async execute(): Promise<void> {
    const isBare = this.args.method === undefined || this.args.uri === undefined
    const method = await this.required(this.args.method, { flag: 'The method', question: 'Method:' })
    const uri = await this.required(this.args.uri, { flag: 'The URI', question: 'SIP URI:' })
    const answers = isBare && this.mayAsk ? await this.askRest(method) : {}
    await this.send(method, uri)
    await this.offerProfile(answers)
  }
}
