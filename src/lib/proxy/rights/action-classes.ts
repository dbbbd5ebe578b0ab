import { ConfigError } from '../../errors.js'
import known from './action-classes.json' with { type: 'json' }

/** The classes of manager.conf (`perms` in Asterisk's manager.c), in its order. */
const classNames: readonly string[] = [
  'system',
  'call',
  'log',
  'verbose',
  'command',
  'agent',
  'user',
  'config',
  'dtmf',
  'reporting',
  'cdr',
  'dialplan',
  'originate',
  'agi',
  'cc',
  'aoc',
  'test',
  'security',
  'message'
]

/** The classes of actions, by name in lower case, as Asterisk 22 has them: one of them is enough, and none means that everybody may. */
const classesByAction: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(known as Record<string, string[]>).map(([action, classes]) => [action.toLowerCase(), classes])
)

/** The actions of Asterisk 22 without further modules. */
export const knownActions: readonly string[] = Object.keys(known)

/** @returns undefined for an action that Asterisk 22 without further modules does not have */
export function classesOf(action: string): readonly string[] | undefined {
  return classesByAction.get(action.toLowerCase())
}

/** What `write` of manager.conf lets through. */
export class WriteClasses {
  readonly #all: boolean
  readonly #classes: ReadonlySet<string>

  /**
   * @param text `call,originate`, `all`, or `none`; empty is `none`, as in manager.conf
   * @param where the place in the configuration, for messages
   * @throws ConfigError for a class that there is none of: Asterisk ignores it, and the user wonders
   */
  constructor(text: string, where: string) {
    const names = text
      .split(',')
      .map((name) => name.trim().toLowerCase())
      .filter((name) => name !== '' && name !== 'none')
    this.#all = names.includes('all')
    this.#classes = new Set(names)
    const unknown = names.find((name) => name !== 'all' && !classNames.includes(name))
    if (unknown !== undefined) {
      throw new ConfigError(`${where}: write has "${unknown}", which is no class of actions`, {
        hint: `The classes are all, ${classNames.join(', ')}.`
      })
    }
  }

  /** Has it one of these? Never of none, even with `all`. */
  hasAny(classes: readonly string[]): boolean {
    return classes.some((name) => this.#all || this.#classes.has(name))
  }

  /** As Asterisk decides (process_message in manager.c). An action whose classes nobody knows needs `all`. */
  permits(action: string): boolean {
    const classes = classesOf(action)
    if (classes === undefined) return this.#all
    return classes.length === 0 || this.hasAny(classes)
  }
}
