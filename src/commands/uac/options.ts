import { Args } from '../../lib/cli/oclif.js'
import { pingFlags } from '../../lib/cli/ping-flags.js'
import { judge } from '../../lib/cli/ping-nagios.js'
import { factLines, hopLine, pingLine, summaryLines } from '../../lib/cli/ping-text.js'
import { readSipUri, SipCommand } from '../../lib/cli/sip-command.js'
import { escapeControls } from '../../lib/cli/terminal-text.js'
import { ExitStatus } from '../../lib/errors.js'
import type { SipUri } from '../../lib/sip/uri.js'
import { pingRow, traceroute } from '../../lib/uac/ping.js'
import { aliveCount, isAlive, type PingResult, type PingTask, runPings, splitTask } from '../../lib/uac/ping-run.js'
import type { UserAgent } from '../../lib/uac/user-agent.js'

export default class UacOptions extends SipCommand<typeof UacOptions> {
  static override summary = 'Ping SIP servers and phones with OPTIONS.'

  static override description =
    `Takes the place of \`sipsak -s\`, check_sip and Kamailio's dispatcher pings by hand: is it alive, how fast, what does it call itself and what can it
do, over UDP, TCP, TLS or a WebSocket (\`;transport=\` of the URI). Any final reply is a sign of life, also 404 or 405; with --strict only 2xx.
With --warn or --crit it is a Nagios plugin.

Exit status: 0 all answered, 1 some did not, 69 unreachable, 75 no reply in time. As a plugin 0, 1, 2.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> sip:pbx.example.org sip:10.0.0.2',
    '<%= config.bin %> <%= command.id %> "sip:10.0.0.1:5061;transport=tls" --tls-ca ca.pem --count 5 --interval 1',
    '<%= config.bin %> <%= command.id %> sip:pbx.example.org --warn 200ms --crit 1 --timeout 2',
    '<%= config.bin %> <%= command.id %> sip:alice@pbx.example.org --traceroute',
    '<%= config.bin %> <%= command.id %> sip:example.org --all-targets --json'
  ]

  static override args = {
    uri: Args.string({
      description: 'whom to ask; several are asked at the same time',
      required: false,
      multiple: true,
      ignoreStdin: true
    })
  }

  static override flags = pingFlags

  protected override async execute(): Promise<void> {
    const given = this.args.uri ?? []
    const texts = given.length > 0 ? given : [await this.required(undefined, { flag: 'The URI', question: 'SIP URI:' })]
    const uris = texts.map((text) => ({ name: text, uri: readSipUri('The URI', text) }))
    const agent = this.openAgent('connected')
    try {
      const { count, interval: intervalMs, deadline: deadlineMs } = this.flags
      const tasks: PingTask[] = []
      for (const { name, uri } of uris) {
        const digest = await this.digest(agent, [uri.host])
        tasks.push({ name, uri, options: { ...this.exchangeOptions(uri), digest, count, intervalMs, deadlineMs } })
      }
      if (this.flags.traceroute) await this.#trace(agent, tasks)
      else await this.#ping(agent, tasks)
    } finally {
      agent.close()
    }
  }

  async #ping(agent: UserAgent, given: readonly PingTask[]): Promise<void> {
    const { json, warn, crit, 'all-targets': allTargets } = this.flags
    const tasks = allTargets ? (await Promise.all(given.map((task) => splitTask(agent, task)))).flat() : given
    const isPlugin = warn !== undefined || crit !== undefined
    const isQuiet = json || isPlugin
    const results = await runPings(
      agent,
      tasks,
      (uri) => this.#draft(agent, uri),
      async (task, one) => {
        if (isQuiet) return
        const lines = [pingLine(one, tasks.length > 1 ? task.name : undefined), ...(one.sequence === 1 ? factLines(one) : [])]
        await this.out.write(lines.map((line) => `${escapeControls(line)}\n`).join(''))
      }
    )
    if (json)
      await this.out.json({ targets: results.map(({ uri, summary, pings }) => ({ uri, summary, pings: pings.map(pingRow) })) })
    else if (!isPlugin && (tasks.length > 1 || this.flags.count !== 1)) {
      for (const { uri, summary } of results)
        for (const line of summaryLines(uri, summary)) await this.out.line(escapeControls(line))
    }
    if (isPlugin) {
      const { state, line } = judge(results, { warnMs: warn, critMs: crit }, this.flags.strict)
      process.exitCode = state
      if (!json) await this.out.line(escapeControls(line))
    } else if (!this.signal.aborted) this.#setStatus(results)
  }

  #setStatus(results: readonly PingResult[]): void {
    const sum = (count: (one: PingResult) => number) => results.reduce((total, one) => total + count(one), 0)
    const sent = sum(({ summary }) => summary.sent)
    if (sent > 0 && sum((one) => aliveCount(one, this.flags.strict)) === sent) return
    const failure = results.find((one) => one.failure)?.failure
    // Nobody has answered: the reason says more than "no".
    process.exitCode = failure && sum(({ summary }) => summary.received) === 0 ? failure.exit : ExitStatus.no
  }

  async #trace(agent: UserAgent, tasks: readonly PingTask[]): Promise<void> {
    for (const { name, uri, options } of tasks) {
      if (tasks.length > 1 && !this.flags.json) await this.out.line(escapeControls(name))
      let isAnswered = false
      let failure: ExitStatus | undefined
      for await (const hop of traceroute(agent, () => this.#draft(agent, uri), { ...options, maxHops: 70 })) {
        isAnswered = isAlive(hop.ping, this.flags.strict)
        if ('error' in hop.ping) failure = hop.ping.error.exit
        if (this.flags.json) await this.out.ndjson({ uri: name, maxForwards: hop.maxForwards, ...pingRow(hop.ping) })
        else await this.out.line(escapeControls(hopLine(hop)))
      }
      if (!isAnswered && !this.signal.aborted) process.exitCode = failure ?? ExitStatus.no
    }
  }

  #draft(agent: UserAgent, uri: SipUri) {
    return { ...this.draft(agent, 'OPTIONS', uri), headers: [['Accept', 'application/sdp'] as const], contactUser: '' }
  }
}
