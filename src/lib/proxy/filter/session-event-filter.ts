import type { Block } from '../../ami/block.js'
import { maxActionLineBytes } from '../../ami/validate.js'
import { ConfigError, DataError } from '../../errors.js'
import { forwardedAction } from '../rewrite.js'
import type { FilterSource } from '../view.js'
import { AsteriskEventFilter, maximumRules, parseEventFilter, ruleFromAction } from './asterisk-event-filter.js'
import type { FilterRule } from './asterisk-filter-rule.js'
import type { EventFilter } from './event-filter.js'

/** The event filters that one session has added with Filter actions. Asterisk has no way to take one away again but to log off. */
export class SessionEventFilter {
  #filter: AsteriskEventFilter | undefined

  /** Undefined while there is no rule. */
  get filter(): AsteriskEventFilter | undefined {
    return this.#filter
  }

  /** Adds the rule of an `Action: Filter`. @returns the message of an error answer; what was there then stays */
  add(action: Block): string | undefined {
    const rules = this.#filter?.rules ?? []
    // Before anything is compiled: who is full shall not cost more.
    if (rules.length >= maximumRules) return `A session has at most ${maximumRules} event filters`
    // No client can know longer ones to work, and 64 of them are then at most 128 kB of a session.
    if (forwardedAction(action).longestLineBytes > maxActionLineBytes)
      return `A line is longer than the ${maxActionLineBytes} bytes that Asterisk takes`
    const read = ruleFromAction(action)
    if ('error' in read) return read.error
    try {
      this.#filter = new AsteriskEventFilter([...rules, read.rule])
      return undefined
    } catch (error) {
      if (error instanceof DataError) return error.message
      throw error
    }
  }
}

/**
 * The event filters of an account.
 * @param lines as in manager.conf: `eventfilter(name(Hangup)) =` (the `=` may be left out where nothing follows it), or the pattern alone
 * @param where the account's place in the configuration, for messages
 * @throws ConfigError
 */
export function readEventFilters(lines: readonly string[], where: string): AsteriskEventFilter | undefined {
  if (lines.length === 0) return undefined
  let rule = ''
  try {
    const rules: FilterRule[] = []
    for (rule of lines) rules.push(parseEventFilter(/^\s*eventfilter\s*\([^=]*$/.test(rule) ? `${rule} =` : rule))
    return new AsteriskEventFilter(rules)
  } catch (cause) {
    if (!(cause instanceof DataError)) throw cause
    throw new ConfigError(`${where}: event-filter ${JSON.stringify(rule)}: ${cause.message}`, {
      cause,
      hint: 'Write it as a line of manager.conf: eventfilter(action(exclude),name(VarSet)), or !Event: VarSet.'
    })
  }
}

/** For views: clients with the same rules share one class. It sees events as the server sent them, without the proxy's `Server:` line. */
export function filterSourceOf(filter: AsteriskEventFilter): FilterSource {
  const shared: EventFilter = {
    isStateless: true,
    apply: (event) => (filter.apply(event.asSent) ? event.bytes : undefined)
  }
  return { key: `event filters ${filter.key}`, create: () => shared }
}
