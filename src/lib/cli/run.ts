import path from 'node:path'
import { ExitStatus } from '../errors.js'
import { CommandConfig } from './command-config.js'
import { jsonWanted } from './flag-values.js'
import type { Command } from './oclif.js'
import { reportError } from './report-error.js'

/** A command that a line begins with. */
export interface FoundCommand {
  /** `ami:send` */
  id: string
  /** How many words of the line are its name. */
  words: number
  /** Evaluates its modules. */
  load: () => Command.Class
}

/**
 * Runs one command line. Never rejects and never ends the process: it sets the exit status and returns.
 * @param found the command; without one there is help to be printed, or a typo to be answered
 */
export async function run(argv: string[], found?: FoundCommand): Promise<void> {
  // oclif throws there; a command has its own listener, and for help and the like this one is enough.
  process.stdout.removeAllListeners('error').on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.exitCode = ExitStatus.io
  })
  // Nobody reads the notes any more: no reason to end.
  process.stderr.on('error', () => {})
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) process.on(event, (error) => endWithBug(error, argv))
  try {
    const root = path.join(__dirname, '..')
    if (found) {
      await runCommand(found, argv, root)
    } else {
      const { answerWithoutCommand } = await import('./without-command.js')
      await answerWithoutCommand(argv, root)
    }
  } catch (error) {
    if ((error as { oclif?: { exit?: number } }).oclif?.exit === 0) return
    reportError(error, { json: jsonWanted(argv) })
  }
}

/** What oclif does for a command, without the search for it. */
async function runCommand({ id, words, load }: FoundCommand, argv: readonly string[], root: string): Promise<void> {
  const Found = load() as unknown as { new (argv: string[], config: CommandConfig): { _run(): Promise<void> }; id: string }
  Found.id = id
  await new Found(argv.slice(words), new CommandConfig(root))._run()
}

/** What nobody foresaw leaves the program in a state that nobody knows: it ends, with the status that says so. */
function endWithBug(error: unknown, argv: readonly string[]): void {
  reportError(error, { json: jsonWanted(argv) })
  process.exit(ExitStatus.bug)
}
