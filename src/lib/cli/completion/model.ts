import type { Catalog } from '../../ami/catalog/catalog.js'

/** What may stand at a place of the command line. `fields` and `actions` are those of AMI's catalogue. */
export type Values =
  | { kind: 'text' | 'file' | 'folder' | 'actions' | 'fields' }
  /** One of these words. */
  | { kind: 'list'; list: readonly string[] }

export interface CompletionFlag {
  /** As they are typed: `--field`, `-F`. */
  spellings: readonly string[]
  description: string
  /** What follows it; undefined where nothing does. */
  value: Values | undefined
}

export interface CompletionCommand {
  /** `agi tunnel serve` */
  words: string
  flags: readonly CompletionFlag[]
  /** Its arguments, one after the other. */
  args: readonly Values[]
}

export interface Child {
  name: string
  summary: string
}

/** All that a shell completes, in the order in which it is offered. */
export interface CompletionModel {
  /** The next words by those before: '' has the topics and the commands of one word. */
  children: ReadonlyMap<string, readonly Child[]>
  commands: readonly CompletionCommand[]
  actions: readonly { name: string; fields: readonly { name: string; values: readonly string[] }[] }[]
}

/** The parts of oclif's manifest that are used here. */
export interface ManifestCommand {
  id: string
  summary?: string | undefined
  hidden?: boolean | undefined
  flags: Record<string, ManifestFlag>
  args: Record<string, { name: string; options?: readonly string[] | undefined }>
}

export interface ManifestFlag {
  name: string
  type: 'boolean' | 'option'
  char?: string | undefined
  aliases?: readonly string[] | undefined
  charAliases?: readonly string[] | undefined
  allowNo?: boolean | undefined
  hidden?: boolean | undefined
  description?: string | undefined
  helpValue?: string | string[] | undefined
  options?: readonly string[] | undefined
}

export interface ManifestTopic {
  name: string
  description?: string | undefined
}

/** Puts together what shells complete. @param topics those with commands of their own below them */
export function completionModel(
  commands: readonly ManifestCommand[],
  topics: readonly ManifestTopic[],
  catalog: Pick<Catalog, 'actions'>
): CompletionModel {
  const shown = commands.filter(({ hidden }) => !hidden).sort((a, b) => (a.id < b.id ? -1 : 1))
  return {
    children: childrenOf(shown, topics),
    commands: shown.map((command) => ({
      words: command.id.replaceAll(':', ' '),
      flags: [...Object.values(command.flags).filter(({ hidden }) => !hidden), helpFlag].map(completionFlag),
      args: Object.values(command.args).map((arg) => argumentValues(command.id, arg))
    })),
    actions: [...catalog.actions.values()].map(({ name, params }) => ({
      name,
      fields: params.map((field) => ({ name: field.name, values: field.enum ?? [] }))
    }))
  }
}

/** oclif answers it for every command, and no manifest has it. */
const helpFlag: ManifestFlag = { name: 'help', type: 'boolean', char: 'h', description: 'show help' }

function childrenOf(commands: readonly ManifestCommand[], topics: readonly ManifestTopic[]): Map<string, Child[]> {
  const summaries = new Map(topics.map(({ name, description = '' }) => [name, description]))
  for (const { id, summary = '' } of commands) if (!summaries.has(id)) summaries.set(id, summary)
  const children = new Map<string, Child[]>()
  const paths = commands.flatMap(({ id }) => id.split(':').map((_, index, parts) => parts.slice(0, index + 1).join(':')))
  for (const path of [...new Set(paths)].sort()) {
    const words = path.split(':')
    const name = words.pop()!
    const siblings = children.get(words.join(' ')) ?? []
    children.set(words.join(' '), [...siblings, { name, summary: oneLine(summaries.get(path) ?? '') }])
  }
  return children
}

function completionFlag(flag: ManifestFlag): CompletionFlag {
  const long = [flag.name, ...(flag.aliases ?? []), ...(flag.allowNo ? [`no-${flag.name}`] : [])]
  const short = [flag.char, ...(flag.charAliases ?? [])].filter((char) => char !== undefined)
  return {
    spellings: [...long.map((name) => `--${name}`), ...short.map((char) => `-${char}`)],
    description: oneLine(flag.description ?? ''),
    value: flag.type === 'boolean' ? undefined : flagValues(flag)
  }
}

function flagValues({ name, helpValue, options }: ManifestFlag): Values {
  if (options && options.length > 0) return { kind: 'list', list: options }
  if (name === 'field' && helpValue === 'NAME=VALUE') return { kind: 'fields' }
  // The path of a URL is none of this machine.
  if (name === 'ws-path') return { kind: 'text' }
  if (helpValue === 'DIR') return { kind: 'folder' }
  return { kind: helpValue === 'FILE' || helpValue === 'PATH' ? 'file' : 'text' }
}

function argumentValues(id: string, { name, options }: { name: string; options?: readonly string[] | undefined }): Values {
  if (options && options.length > 0) return { kind: 'list', list: options }
  if (/^ami:(send|actions)$/.test(id) && /^(action|name)$/i.test(name)) return { kind: 'actions' }
  if (name === 'dir') return { kind: 'folder' }
  return { kind: name === 'file' || name === 'path' ? 'file' : 'text' }
}

/** A description in a list of a shell: one line, its colours and templates left out. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
