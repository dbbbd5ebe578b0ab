import { BaseCommand } from '../../lib/cli/base-command.js'
import { callFlags, choiceFlags, parseClock, parseResults, parseSet } from '../../lib/cli/dialplan-trace-flags.js'
import { Args, Flags } from '../../lib/cli/oclif.js'
import type { LoadedDialplan } from '../../lib/dialplan/trace/load-scene.js'
import type { Trace } from '../../lib/dialplan/trace/result.js'
import { ExitStatus, UsageError } from '../../lib/errors.js'

export default class DialplanTrace extends BaseCommand<typeof DialplanTrace> {
  static override summary = 'Follow a number through a dialplan, offline.'

  static override description =
    `Reads extensions.conf and PJSIP's endpoints, and runs the call as Asterisk 22 would: which extension has each step and which others could have had it, variables, functions and
expressions put in, Gosub, loops, Dial with what is chosen to come of it, digits, and the h extension. No Asterisk is needed, and nothing is rung, written or sent.
What cannot be known here (a header, a file, a database) is empty and said to be unknown, unless --set gives it.

--expect FILE has a table of numbers and where they have to go, one a line: 100 @from-internal -> alice

Exit status: 0 done, 1 the call ends nowhere (no such extension, a loop) or an expectation is not met, 78 extensions.conf cannot be read.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> 100 --context from-internal --dir ./etc',
    '<%= config.bin %> <%= command.id %> +46701234567 --from alice --dial NOANSWER',
    "<%= config.bin %> <%= command.id %> 9 --from alice --digits 1w --set 'DEVICE_STATE(PJSIP/bob)=BUSY'",
    '<%= config.bin %> <%= command.id %> --expect numbers.txt --dir ./etc',
    "<%= config.bin %> <%= command.id %> 100 --from bob --json | jq '.devices[].endpoint'"
  ]

  static override args = { number: Args.string({ description: 'the number that is called', required: false }) }

  static override flags = {
    ...callFlags,
    ...choiceFlags,
    'max-steps': Flags.integer({
      description: 'how many steps a call may have',
      default: 1000,
      min: 1,
      max: 100_000,
      helpGroup: 'WHAT HAPPENS'
    }),
    expect: Flags.string({ description: 'a table of numbers and where they have to go', helpValue: 'FILE' })
  }

  protected override async execute(): Promise<void> {
    const { number } = this.args
    if ((number === undefined) === (this.flags.expect === undefined))
      throw new UsageError('Either a number or --expect FILE', { hint: 'pbxkit dialplan trace 100 --context from-internal' })
    const { ConfigFolder } = await import('../../lib/dialplan/config-folder.js')
    const { loadTraceFiles } = await import('../../lib/dialplan/trace/load-scene.js')
    const { noteUnfinished } = await import('../../lib/cli/render-journal.js')
    noteUnfinished(this.flags.dir, (message) => this.note(message))
    const loaded = loadTraceFiles(new ConfigFolder(this.flags.dir))
    if (this.flags.expect !== undefined) return this.#expect(this.flags.expect, loaded)
    const trace = await this.#trace(loaded, { number: number! })
    if (this.flags.json) await this.out.json(trace)
    else {
      const { dialplanTraceText } = await import('../../lib/cli/dialplan-trace-text.js')
      await this.out.write(dialplanTraceText(trace))
    }
    const isLost = ['no-context', 'invalid', 'loop', 'too-many-steps', 'error'].includes(trace.legs[0]!.end)
    if (isLost) process.exitCode = ExitStatus.no
  }

  /** Each call has globals of its own. */
  async #trace(
    loaded: LoadedDialplan,
    call: { number: string; context?: string; from?: string; dial?: readonly string[]; digits?: string }
  ): Promise<Trace> {
    const { makeScene } = await import('../../lib/dialplan/trace/load-scene.js')
    const { traceCall } = await import('../../lib/dialplan/trace/trace-call.js')
    const { context, from, message, dial = [], digits, set = [], result = [], now, timezone } = this.flags
    const { given, variables } = parseSet(set)
    return traceCall(makeScene(loaded, { given, ...parseClock(now, timezone) }), {
      ...(context !== undefined && { context }),
      ...(from !== undefined && { from }),
      ...(message !== undefined && { message }),
      ...(digits !== undefined && { digits }),
      ...(this.flags['caller-id'] !== undefined && { callerId: this.flags['caller-id'] }),
      ...{ dial, variables, results: parseResults(result), maxSteps: this.flags['max-steps'] },
      ...call
    })
  }

  async #expect(file: string, loaded: LoadedDialplan): Promise<void> {
    const { readTextFile } = await import('../../lib/cli/text-source.js')
    const { meets, outcomeOf, parseExpectations } = await import('../../lib/dialplan/trace/expectations.js')
    const rows = []
    for (const { number, context, from, dial, digits, targets, line } of parseExpectations(await readTextFile(file), file)) {
      const call = {
        number,
        ...(context && { context }),
        ...(from && { from }),
        ...(dial.length > 0 && { dial }),
        ...(digits && { digits })
      }
      const trace = await this.#trace(loaded, call)
      const isMet = targets.every((target) => meets(trace, target))
      rows.push({ line, number, context: trace.context, expected: targets.join(' & '), actual: outcomeOf(trace), met: isMet })
    }
    const failed = rows.filter(({ met }) => !met)
    if (this.flags.json) await this.out.json({ expectations: rows, met: rows.length - failed.length, differing: failed.length })
    else {
      const { escapeControls } = await import('../../lib/cli/terminal-text.js')
      const text = failed.map(
        (row) => `${file}:${row.line}: ${row.number} @${row.context}: expected ${row.expected}, got ${row.actual}`
      )
      for (const one of [...text, `${rows.length} expectations, ${failed.length} differ`])
        await this.out.line(escapeControls(one))
    }
    if (failed.length > 0) process.exitCode = ExitStatus.no
  }
}
