import type { CallReport } from '../../lib/agi-call/play-call.js'
import { BaseCommand, durationFlag } from '../../lib/cli/base-command.js'
import { Args, Flags } from '../../lib/cli/oclif.js'
import { escapeControls } from '../../lib/cli/terminal-text.js'
import { ExitStatus, UsageError } from '../../lib/errors.js'

export default class AgiCall extends BaseCommand<typeof AgiCall> {
  static override summary = 'Call an AGI application as Asterisk would.'

  static override description =
    `Takes the place of a test Asterisk with an extension for each try. Sends the headers of Asterisk 22, answers commands as it does, and shows them; ends when
the application has. Warns of what would harm a real Asterisk: several commands at once, and half a line.

Exit status: 0 the call ended well, 1 it did not (AGISTATUS=FAILURE, or the connection broke), 69 nobody answers there, 75 not in time.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> agi://127.0.0.1/ivr',
    '<%= config.bin %> <%= command.id %> agi://127.0.0.1:4574 --var SANDBOX_USERNAME=alice --json',
    '<%= config.bin %> <%= command.id %> agi://127.0.0.1 --arg sales --digits 12# --hangup-after 2',
    '<%= config.bin %> <%= command.id %> agi://127.0.0.1 --calls 1000 --parallel 16 --quiet'
  ]

  static override args = { url: Args.string({ description: 'agi://HOST[:PORT][/PATH]', required: true, ignoreStdin: true }) }

  static override flags = {
    var: Flags.string({ description: 'a variable of the channel; repeatable', helpValue: 'NAME=VALUE', multiple: true }),
    header: Flags.string({ description: 'a header with another value; repeatable', helpValue: 'agi_NAME=VALUE', multiple: true }),
    arg: Flags.string({ description: 'an argument of AGI(); repeatable', helpValue: 'TEXT', multiple: true }),
    digits: Flags.string({ description: 'what the caller presses at the next GET DATA; repeatable', multiple: true }),
    'hangup-after': durationFlag({ description: 'the caller hangs up after this time' }),
    calls: Flags.integer({ description: 'so many calls', default: 1, min: 1 }),
    parallel: Flags.integer({ char: 'c', description: 'so many at a time', default: 1, min: 1, max: 1_000 }),
    split: Flags.integer({ description: 'write in pieces of so many bytes', helpValue: 'N', min: 1 }),
    'die-after': Flags.integer({ description: 'Asterisk is gone after so many commands', helpValue: 'N', min: 0 })
  }

  protected override async execute(): Promise<void> {
    const { calls, parallel, json, quiet } = this.flags
    const { placeCalls } = await import('../../lib/agi-call/place-calls.js')
    const options = {
      url: this.args.url,
      args: this.flags.arg,
      values: pairs(this.flags.header, '--header'),
      variables: pairs(this.flags.var, '--var'),
      digits: this.flags.digits,
      hangUpAfterMs: this.flags['hangup-after'],
      splitBytes: this.flags.split,
      diesAfterCommands: this.flags['die-after'],
      timeoutMs: this.flags.timeout,
      signal: this.signal,
      ...(calls === 1 && !json && !quiet && { onCommand: (command: CallReport['commands'][number]) => this.#show(command) })
    }
    let failed = 0
    const started = performance.now()
    await placeCalls(options, { calls, parallel }, async (report) => {
      if (report.status === 'FAILURE' || report.error) failed++
      if (json) await this.out.ndjson({ ...report, error: report.error?.message })
      else if (calls === 1) await this.#summary(report)
    })
    if (calls > 1 && !json) {
      const seconds = (performance.now() - started) / 1000
      await this.out.line(`${calls} calls, ${failed} failed, ${(calls / seconds).toFixed(1)} calls/s`)
    }
    if (failed > 0) process.exitCode = ExitStatus.no
  }

  #show({ line, said, atMs }: CallReport['commands'][number]): void {
    const at = `${(atMs / 1000).toFixed(3)}`.padStart(8)
    // A failure to write ends the command by itself.
    this.out.write(`${at}  > ${escapeControls(line)}\n          < ${escapeControls(said?.trimEnd() ?? '')}\n`).catch(() => {})
  }

  async #summary({
    status,
    commands,
    durationMs,
    hasPipelined,
    hadHalfLine,
    hadLongLine,
    variables,
    error
  }: CallReport): Promise<void> {
    if (hasPipelined) this.note('several commands came at once: Asterisk answers the first, and lets the others wait')
    if (hadHalfLine) this.note('a line came in two pieces: Asterisk burns a core until the rest is there')
    if (hadLongLine) this.note('a line was longer than 8191 bytes: Asterisk would run it as several commands')
    if (error) this.note(`the connection broke: ${error.message}`)
    await this.out.line(`${status}, ${commands.length} commands in ${(durationMs / 1000).toFixed(3)} s`)
    for (const [name, value] of Object.entries(variables)) await this.out.line(`  ${escapeControls(`${name}=${value}`)}`)
  }
}

/** @throws UsageError */
function pairs(texts: readonly string[] = [], flag: string): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, name, value] = /^(\w+)=(.*)$/s.exec(text) ?? []
      if (name === undefined) throw new UsageError(`${flag} ${text} is not NAME=VALUE`)
      return [name, value!]
    })
  )
}
