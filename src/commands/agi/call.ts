import type { PlayedCommand } from '../../lib/agi-call/play-call.js'
import { agiCallFlags, agiCallOptions } from '../../lib/cli/agi-call-flags.js'
import { callText, callWarnings, commandText } from '../../lib/cli/agi-call-text.js'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { Args } from '../../lib/cli/oclif.js'
import { ExitStatus } from '../../lib/errors.js'

export default class AgiCall extends BaseCommand<typeof AgiCall> {
  static override summary = 'Call an AGI application as Asterisk would.'

  static override description =
    `Takes the place of a test Asterisk with an extension for each try. Sends the headers of Asterisk 22, answers commands as it does, and shows them; ends when
the application has. Warns of what would harm a real Asterisk: several commands at once, and half a line. --replay plays a transcript again (of agi tunnel or
agi serve), and compares what the application says with what it said then.

Exit status: 0 the call ended well, 1 it did not (AGISTATUS=FAILURE, the connection broke, or it differs from the transcript), 65 that is no transcript,
69 nobody answers there, 75 not in time.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> agi://127.0.0.1/ivr',
    '<%= config.bin %> <%= command.id %> agi://127.0.0.1:4574 --var SANDBOX_USERNAME=alice --json',
    '<%= config.bin %> <%= command.id %> agi://127.0.0.1 --arg sales --digits 12# --hangup-after 2',
    '<%= config.bin %> <%= command.id %> agi://127.0.0.1 --calls 1000 --parallel 16 --quiet',
    '<%= config.bin %> <%= command.id %> agi://127.0.0.1/ivr --replay calls.ndjson',
    "<%= config.bin %> <%= command.id %> agi://127.0.0.1 --reply 'GET DATA=200 result=5' --missing-file hello --die-after 3"
  ]

  static override args = { url: Args.string({ description: 'agi://HOST[:PORT][/PATH]', required: true, ignoreStdin: true }) }

  static override flags = agiCallFlags

  protected override async execute(): Promise<void> {
    const { calls, parallel, json, quiet } = this.flags
    const { placeCalls } = await import('../../lib/agi-call/place-calls.js')
    const { replayDifferences } = await import('../../lib/agi-call/replay.js')
    const options = {
      ...(await agiCallOptions(this.args.url, this.flags)),
      signal: this.signal,
      // A failure to write ends the command by itself.
      ...(calls === 1 &&
        !json &&
        !quiet && { onCommand: (command: PlayedCommand) => void this.out.write(commandText(command)).catch(() => {}) })
    }
    const { replay } = options
    let failed = 0
    const started = performance.now()
    await placeCalls(options, { calls, parallel }, async (report) => {
      const differences = replay && replayDifferences(replay, report)
      if (report.status === 'FAILURE' || report.error || differences?.length) failed++
      if (json) return this.out.ndjson({ ...report, error: report.error?.message, differences })
      if (calls > 1) return
      for (const warning of callWarnings(report, differences)) this.note(warning)
      await this.out.write(callText(report))
    })
    if (calls > 1 && !json) {
      const seconds = (performance.now() - started) / 1000
      await this.out.line(`${calls} calls, ${failed} failed, ${(calls / seconds).toFixed(1)} calls/s`)
    }
    if (failed > 0) process.exitCode = ExitStatus.no
  }
}
