import { findHeader } from '../ami/block.js'

/**
 * A client's event mask as Asterisk understands `Events:`: `on`, `off`, or classes (`call,system`), which select the events whose
 * `Privilege` names one of them.
 */
export type EventMask = 'on' | 'off' | ReadonlySet<string>

/** Words that mean all or nothing in manager.conf and in the action (`strings_to_mask` of manager.c). */
const allWords = new Set(['on', 'yes', 'true', '1', 'all', '-1'])
const noWords = new Set(['off', 'no', 'false', '0', 'none'])

/** Every class of Asterisk's manager.c, by its name in `Privilege:`. */
const classes = new Set([
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
])

/** @returns the mask, or undefined when a word is no class */
export function parseEventMask(text: string): EventMask | undefined {
  const words = text
    .toLowerCase()
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean)
  if (words.length === 0 || words.some((word) => noWords.has(word))) return 'off'
  if (words.some((word) => allWords.has(word))) return 'on'
  return words.every((word) => classes.has(word)) ? new Set(words) : undefined
}

/** Clients with equal keys see the same events. */
export function maskKey(mask: EventMask): string {
  return typeof mask === 'string' ? mask : [...mask].sort().join(',')
}

/** May this event be seen? One without a Privilege header may by everybody who sees events. */
export function passesMask(mask: EventMask, event: Buffer): boolean {
  if (typeof mask === 'string') return mask === 'on'
  const privilege = findHeader(event, 'Privilege')
  if (!privilege) return true
  return event
    .toString('latin1', privilege.valueStart, privilege.valueEnd)
    .split(',')
    .some((word) => mask.has(word.trim()))
}
