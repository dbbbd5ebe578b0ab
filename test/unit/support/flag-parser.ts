import fs from 'node:fs'
import path from 'node:path'
import { type Command, Config } from '../../../src/lib/cli/oclif.js'
import { root } from './documents.js'

type CommandClass = Pick<typeof Command, 'flags' | 'baseFlags' | 'args' | 'strict'>
/** `parse` is for the command itself. */
type Parsing = { parse(options: object, argv: string[]): Promise<unknown> }

const folder = path.join(root, 'src/commands')

/** src/commands/agi/tunnel/index.ts is `agi tunnel`. */
export const commandFiles: ReadonlyMap<string, string> = new Map(
  fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => [
      file
        .replace(/(?:[/\\]index)?\.ts$/, '')
        .split(path.sep)
        .join(' '),
      path.join(folder, file)
    ])
)

/** What stands before a command in the command tree: `agi`, `agi tunnel user`. */
const topics = new Set(
  [...commandFiles.keys()].flatMap((id) => id.split(' ').map((_, at, words) => words.slice(0, at).join(' ')))
)

// Each command listens for a broken stdout, and all are made in one process here.
process.stdout.setMaxListeners(0)

const classes = new Map<string, Promise<CommandClass>>()
let config: Promise<Config> | undefined

/** The class of a command. @param id its words: `ami send` */
export function commandClass(id: string): Promise<CommandClass> {
  const known = classes.get(id)
  if (known) return known
  const loaded = import(commandFiles.get(id)!).then((module: { default: CommandClass }) => module.default)
  classes.set(id, loaded)
  return loaded
}

/** The command with the most words that a command line begins with. */
export function commandOf(words: readonly string[]): string | undefined {
  return [...commandFiles.keys()]
    .filter((id) => id.split(' ').every((word, at) => words[at] === word))
    .sort((a, b) => b.length - a.length)[0]
}

/**
 * Reads a command line as the program does, and does nothing else: no setting, no file, no network.
 * @param words behind `pbxkit`
 * @returns what is wrong with it; undefined when it can be run, is about a topic, or asks for help
 */
export async function faultOf(words: readonly string[]): Promise<string | undefined> {
  if (words.length === 0 || words[0] === '--version' || words[0] === '--help') return undefined
  if (words[0] === 'help') return faultOf(words.slice(1))
  if (topics.has(words.join(' '))) return undefined
  const id = commandOf(words)
  if (id === undefined) return `no command begins ${words.slice(0, 3).join(' ')}`
  const argv = words.slice(id.split(' ').length).filter((word) => word !== '--help' && word !== '-h')
  const Class = await commandClass(id)
  config ??= Config.load({ root })
  const command = new (Class as unknown as new (argv: string[], config: Config) => Parsing)(argv, await config)
  const { flags, baseFlags, args, strict } = Class
  try {
    await command.parse({ flags, baseFlags, args, strict }, argv)
    return undefined
  } catch (error) {
    return `${id}: ${(error as Error).message.replace(/\nSee more help.*/s, '')}`
  }
}

/** All names of flags of a command, those with `no-` among them. */
export async function flagNamesOf(id: string): Promise<Set<string>> {
  const { flags, baseFlags } = await commandClass(id)
  const all = Object.entries({ ...baseFlags, ...flags } as Record<string, { allowNo?: boolean; aliases?: string[] }>)
  return new Set([
    'help',
    ...all.flatMap(([name, { allowNo, aliases = [] }]) => [name, ...aliases, ...(allowNo ? [`no-${name}`] : [])])
  ])
}
