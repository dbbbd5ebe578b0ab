import { UsageError } from '../errors.js'
import { suggestion } from '../nearest.js'
import { HelpConfig } from './help-config.js'
import { Help } from './oclif-help.js'

/** Flags that ask for help, as package.json tells oclif. */
const helpFlags = ['--help', '-h']

/**
 * Answers a command line that runs no command: with help, or with the command that was perhaps meant.
 * @param root the folder of package.json and dist
 * @throws UsageError for what is no command
 */
export async function answerWithoutCommand(argv: readonly string[], root: string): Promise<void> {
  // `pbxkit help ami send` is the same as `pbxkit ami send --help`, and that as `pbxkit --help ami send`.
  const line = (argv[0] === 'help' ? argv.slice(1) : argv).filter((word) => !helpFlags.includes(word))
  const wantsHelp = line.length < argv.length || argv.length === 0
  const firstFlag = line.findIndex((word) => word.startsWith('-'))
  const words = firstFlag < 0 ? line : line.slice(0, firstFlag)
  const config = new HelpConfig(root, words)
  if (argv[0] === '--version') {
    process.stdout.write(`${config.userAgent}\n`)
    return
  }
  if (words.length > 0) refuseUnknownCommand(words, config, wantsHelp)
  else if (!wantsHelp)
    throw new UsageError(`"${argv[0]}" stands where a command belongs`, { hint: 'pbxkit --help lists the commands.' })
  await new PrintedHelp(config, config.pjson.oclif.helpOptions).showHelp([...words])
}

/** oclif's own goes through its spinners to the console. */
class PrintedHelp extends Help {
  protected override log(...parts: string[]): void {
    process.stdout.write(`${parts.join(' ')}\n`)
  }
}

/** A typo is answered with the nearest command. @throws UsageError */
function refuseUnknownCommand(words: readonly string[], config: HelpConfig, wantsHelp: boolean): void {
  const isTopic = config.topics.some((topic) => topic.name === words.join(':'))
  // With arguments; one that was to run would have been found.
  const isCommand = wantsHelp && words.some((_, end) => config.commandIDs.includes(words.slice(0, end + 1).join(':')))
  if (isTopic || isCommand) return
  const names = [...config.commandIDs, ...config.topics.map((topic) => topic.name)].map((id) => id.replaceAll(':', ' '))
  const near = [4, 3, 2, 1].map((count) => suggestion(words.slice(0, count).join(' '), names)).find(Boolean)
  throw new UsageError(`There is no command "${words.slice(0, 4).join(' ')}"`, {
    hint: near ?? 'pbxkit --help lists the commands.'
  })
}
