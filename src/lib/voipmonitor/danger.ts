import { commandCatalogue } from './catalogue.js'
import type { Command } from './command.js'

/**
 * Why a command wants a question first; undefined when it may just be sent. A name that the sniffer may not know is dangerous by what it would run
 * instead: the first of its commands, by name, that occurs anywhere in the text.
 */
export function dangerOf({ name, text, argument, definition }: Command): string | undefined {
  if (definition) return name === 'manager_file' && !argument.startsWith('start ') ? undefined : definition.danger
  const instead = commandRunFor(text)
  if (instead === undefined) return undefined
  const why = commandCatalogue.get(instead)!.danger
  return `if the sniffer does not know "${name}" it runs "${instead}"${why === undefined ? '' : `: ${why}`}`
}

/** What the sniffer runs for a text whose first word is no command of its own. */
export function commandRunFor(text: string): string | undefined {
  return [...commandCatalogue.keys()].sort().find((name) => text.includes(name))
}
