/**
 * Asterisk's event classes, each at its bit of `EVENT_FLAG_…` (manager.h). `all` in a Privilege header is no class: Asterisk appends it to every
 * event's.
 */
const bits: Record<string, number> = {
  system: 0,
  call: 1,
  log: 2,
  verbose: 3,
  command: 4,
  agent: 5,
  user: 6,
  config: 7,
  dtmf: 8,
  reporting: 9,
  cdr: 10,
  dialplan: 11,
  originate: 12,
  agi: 13,
  hookresponse: 14,
  cc: 15,
  aoc: 16,
  test: 17,
  security: 18,
  message: 30
}
const classes = Object.keys(bits)
/** The bit of a class that no mask has: only who wants all sees such an event. */
const unknownClass = 1 << 31
const allBits = classes.reduce((sum, name) => sum | (1 << bits[name]!), 0)
const yes = new Set(['yes', 'true', 'y', 't', 'on', 'all'])
const no = new Set(['no', 'false', 'n', 'f', 'off', 'none'])

/** Which events a session wants, as Asterisk understands `Events:` and `EventMask:` (`strings_to_mask` of manager.c). */
export class EventMask {
  static readonly all = new EventMask('on')
  /** Asterisk's `EVENT_FLAG_…` of the classes. */
  readonly bits: number
  /** Masks with equal keys select the same events. */
  readonly key: string

  /** @param text `on`, `off`, a number of bits, or classes (`call,system`); words that are no class count for nothing */
  constructor(text: string) {
    const wanted = new Set(classesOf(text.trim().toLowerCase()))
    this.bits = EventMask.bitsOf([...wanted])
    this.key = classes.filter((name) => wanted.has(name)).join(',')
  }

  /** The bits of an event's classes (`Privilege`), in lower case; `all` is none. */
  static bitsOf(eventClasses: readonly string[]): number {
    return eventClasses.reduce((sum, name) => (name === 'all' ? sum : sum | bitOf(name)), 0)
  }

  /** Words that are no class, which Asterisk ignores: whoever wrote them wonders. */
  static unknownClasses(text: string): string[] {
    const words = text
      .trim()
      .toLowerCase()
      .split(/[\s,]+/)
    return words.filter((word) => !/^\d*$/.test(word) && !Object.hasOwn(bits, word) && !yes.has(word) && !no.has(word))
  }

  /** The names that `Events:` and `read` take. */
  static get classNames(): readonly string[] {
    return classes
  }

  get wantsAll(): boolean {
    return this.bits === allBits
  }

  get wantsAny(): boolean {
    return this.bits !== 0
  }

  /** What both want: of a user's rights and a client's wish. */
  intersect(other: EventMask): EventMask {
    if (other.wantsAll) return this
    return new EventMask(classes.filter((name) => (this.bits & other.bits & bitOf(name)) !== 0).join(',') || 'off')
  }

  /** An event goes to those who want every one of its classes. @param eventBits of `bitsOf` */
  wantsBits(eventBits: number): boolean {
    return this.wantsAll || (this.wantsAny && (eventBits & ~this.bits) === 0)
  }

  wants(eventClasses: readonly string[]): boolean {
    return this.wantsBits(EventMask.bitsOf(eventClasses))
  }
}

function bitOf(name: string): number {
  return Object.hasOwn(bits, name) ? 1 << bits[name]! : unknownClass
}

function classesOf(text: string): string[] {
  if (/^\d+$/.test(text)) return classes.filter((name) => (Number(text) & (1 << bits[name]!)) !== 0)
  const words = text.split(/[\s,]+/)
  return words.some((word) => yes.has(word)) ? classes : words.filter((word) => Object.hasOwn(bits, word))
}
