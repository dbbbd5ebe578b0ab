/** Asterisk's event classes (manager.c, `perms`). */
const knownClasses = [
  ...['system', 'call', 'log', 'verbose', 'command', 'agent', 'user', 'config', 'dtmf', 'reporting', 'cdr', 'dialplan'],
  ...['originate', 'agi', 'cc', 'aoc', 'test', 'security', 'message']
]

/** Which events a session wants: all, none, or those of some classes. */
export class EventMask {
  readonly #classes: ReadonlySet<string>

  /** @param mask `on`, `off`, or classes (`call,system`); words that are no class count for nothing, as in Asterisk */
  constructor(mask: string) {
    const words = mask.toLowerCase().split(/[\s,]+/)
    const all = words.some((word) => ['on', 'all', 'yes', 'true', 'y', '1', '-1'].includes(word))
    this.#classes = new Set(all ? knownClasses : words.filter((word) => knownClasses.includes(word)))
  }

  get wantsAny(): boolean {
    return this.#classes.size > 0
  }

  /** An event goes to those who want every one of its classes. */
  wants(classes: readonly string[]): boolean {
    return classes.every((name) => this.#classes.has(name))
  }

  get wantsAll(): boolean {
    return this.#classes.size === knownClasses.length
  }
}
