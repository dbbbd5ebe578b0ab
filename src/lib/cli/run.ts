import path from 'node:path'
import { ExitStatus, UsageError } from '../errors.js'
import { suggestion } from '../nearest.js'
import { jsonWanted } from './flag-values.js'
import { unwrapped } from './help-text.js'
import { Config, Help, runOclif } from './oclif.js'
import { reportError } from './report-error.js'

/** Runs one command line. Never rejects and never ends the process: it sets the exit status and returns. */
export async function run(argv: string[]): Promise<void> {
  // oclif throws there; a command has its own listener, and for help and the like this one is enough.
  process.stdout.removeAllListeners('error').on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.exitCode = ExitStatus.io
  })
  // Nobody reads the notes any more: no reason to end.
  process.stderr.on('error', () => {})
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) process.on(event, (error) => endWithBug(error, argv))
  try {
    const config = await Config.load(path.join(__dirname, '..'))
    for (const command of config.commands) if (command.description) command.description = unwrapped(command.description)
    if (await answerHelp(argv, config)) return
    refuseUnknownCommand(argv, config)
    await runOclif(argv, config)
  } catch (error) {
    if ((error as { oclif?: { exit?: number } }).oclif?.exit === 0) return
    reportError(error, { json: jsonWanted(argv) })
  }
}

/** What nobody foresaw leaves the program in a state that nobody knows: it ends, with the status that says so. */
function endWithBug(error: unknown, argv: readonly string[]): void {
  reportError(error, { json: jsonWanted(argv) })
  process.exit(ExitStatus.bug)
}

/** `pbxkit help ami send` is the same as `pbxkit ami send --help`. */
async function answerHelp(argv: string[], config: Config): Promise<boolean> {
  if (argv[0] !== 'help') return false
  const words = argv.slice(1).filter((word) => !word.startsWith('-'))
  refuseUnknownCommand(words, config)
  await new Help(config, config.pjson.oclif.helpOptions).showHelp(words)
  return true
}

/** A typo is answered with the nearest command. @throws UsageError */
function refuseUnknownCommand(argv: string[], config: Config): void {
  const firstFlag = argv.findIndex((word) => word.startsWith('-'))
  const words = firstFlag < 0 ? argv : argv.slice(0, firstFlag)
  const isTopic = config.topics.some((topic) => topic.name === words.join(':'))
  const isCommand = words.some((_, end) => config.commandIDs.includes(words.slice(0, end + 1).join(':')))
  if (words.length === 0 || isTopic || isCommand) return
  const names = [...config.commandIDs, ...config.topics.map((topic) => topic.name)].map((id) => id.replaceAll(':', ' '))
  const near = [3, 2, 1].map((count) => suggestion(words.slice(0, count).join(' '), names)).find(Boolean)
  throw new UsageError(`There is no command "${words.slice(0, 3).join(' ')}"`, {
    hint: near ?? 'pbxkit --help lists the commands.'
  })
}
