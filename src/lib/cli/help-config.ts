import fs from 'node:fs'
import path from 'node:path'
import { CommandConfig } from './command-config.js'
import { unwrapped } from './help-text.js'
import type { Command, Interfaces } from './oclif.js'

/** What oclif's help asks of its configuration, from the files that bin/build.mjs makes of the manifest. */
export class HelpConfig extends CommandConfig {
  readonly #commands: Command.Loadable[]
  readonly #topics: Interfaces.Topic[]

  /** @param words what help is about: the flags of a command are there only when they begin with its topic */
  constructor(root: string, words: readonly string[]) {
    super(root)
    this.topicSeparator = ' '
    this.userAgent = `${this.name}/${this.version} ${process.platform}-${process.arch} node-${process.version}`
    const { commands, topics } = readHelp(root, 'help.json') as { commands: Command.Loadable[]; topics: Interfaces.Topic[] }
    const topic = words[0]?.split(':')[0]
    const isTopic = (command: Command.Loadable) => command.id.split(':')[0] === topic
    const own = words.length > 0 && commands.some(isTopic) ? (readHelp(root, `help.${topic}.json`) as Command.Loadable[]) : []
    this.#commands = [...commands.filter((command) => own.length === 0 || !isTopic(command)), ...own]
    this.#topics = topics
    for (const command of own) {
      if (command.description) command.description = unwrapped(command.description)
      // The defaults that help shows are written down. oclif would load the command to ask again.
      command.hasDynamicHelp = false
    }
  }

  override get commands(): Command.Loadable[] {
    return this.#commands
  }

  override get commandIDs(): string[] {
    return this.#commands.map(({ id }) => id)
  }

  override get topics(): Interfaces.Topic[] {
    return this.#topics
  }

  override findCommand(id: string): Command.Loadable
  override findCommand(id: string): Command.Loadable | undefined {
    return this.#commands.find((command) => command.id === id)
  }

  override findTopic(name: string): Interfaces.Topic
  override findTopic(name: string): Interfaces.Topic | undefined {
    return this.#topics.find((topic) => topic.name === name)
  }
}

function readHelp(root: string, name: string): unknown {
  return JSON.parse(fs.readFileSync(path.join(root, 'dist', name), 'utf8'))
}
