import { decode } from '../../asterisk-config/text.js'
import type { Context, Extension, Priority } from '../dialplan.js'
import { findExtension, type SearchStep } from '../find-extension.js'
import type { MatchMode } from '../pattern-match.js'
import type { Channel } from '../variables/channel.js'
import { leadingInteger } from '../variables/condition.js'
import type { Scene } from '../variables/evaluation.js'
import type { Rival } from './result.js'
import { findRivals } from './rivals.js'

/** The priority that runs next, and what did not. */
export interface Match {
  readonly context: Context
  readonly extension: Extension
  readonly priority: Priority
  readonly rivals: readonly Rival[]
}

/** A place in a dialplan. Strings have one character a byte. */
export interface Place {
  readonly context: string
  readonly extension: string
  readonly priority: number
}

/** Where a channel may go from where it stands. */
export class Lookup {
  readonly #scene: Scene
  readonly #channel: Channel
  #lastMatch: unknown

  constructor(scene: Scene, channel: Channel) {
    this.#scene = scene
    this.#channel = channel
  }

  /** The priority that the channel stands at. Rivals are looked for where the extension is another one than before. */
  find(): Match | undefined {
    const { context, extension, priority } = this.#channel
    const seen: SearchStep[] = []
    const query = { ...this.#query(context, extension), priority }
    const found = findExtension(this.#scene.dialplan, { ...query, onStep: (step) => seen.push(step) })
    if (found.found !== 'extension') return undefined
    const isNew = this.#lastMatch !== found.extension
    this.#lastMatch = found.extension
    const rivals = isNew
      ? findRivals(this.#scene.dialplan, seen, found, {
          context: query.context,
          number: query.extension,
          priority,
          callerId: query.callerId
        })
      : []
    return { ...found, rivals }
  }

  exists(context: string, extension: string, priority: number, mode: MatchMode = 'match'): boolean {
    return findExtension(this.#scene.dialplan, { ...this.#query(context, extension), priority, mode }).found !== undefined
  }

  /** The application of a priority of the channel's extension, in small letters. */
  applicationAt(priority: number): string | undefined {
    const { context, extension } = this.#channel
    const found = findExtension(this.#scene.dialplan, { ...this.#query(context, extension), priority })
    return found.found === 'extension' ? found.priority.application.toLowerCase() : undefined
  }

  /** `[[context,]extension,]priority` as pbx_parse_location reads it: a number, `+n` or `-n`, or a label. */
  locate(location: string): Place | { readonly missing: string } {
    const fields = location.split(',')
    const [context, extension, target = ''] =
      fields.length === 1 ? ['', '', fields[0]] : fields.length === 2 ? ['', ...fields] : fields
    const where = { context: context || this.#channel.context, extension: extension || this.#channel.extension }
    const sign = /^[+-]/.exec(target)?.[0]
    const text = sign ? target.slice(1) : target
    const number = /^\s*[+-]?\d+\s*$/.test(text) ? leadingInteger(text) : undefined
    if (number !== undefined) {
      const priority = sign === undefined ? number : this.#channel.priority + (sign === '+' ? number : -number)
      return { ...where, priority }
    }
    const query = { ...this.#query(where.context, where.extension), label: decode(text) }
    const found = findExtension(this.#scene.dialplan, query)
    if (found.found === 'extension') return { ...where, priority: found.priority.number }
    return { missing: `${text} is no label of ${where.extension} in ${where.context}` }
  }

  #query(context: string, extension: string) {
    return {
      context: decode(context),
      extension: decode(extension),
      callerId: decode(this.#channel.callerNumber ?? ''),
      now: this.#scene.now,
      ...(this.#scene.timeZone !== undefined && { timeZone: this.#scene.timeZone })
    }
  }
}
