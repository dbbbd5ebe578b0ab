import type { Block } from '../../ami/block.js'
import type { UserOptions } from '../user-options.js'
import { WriteClasses } from './action-classes.js'
import { ActionView } from './action-view.js'
import { dangersOf } from './dangerous.js'
import { Rule } from './rule.js'

export type Decision =
  | { allowed: true }
  | { allowed: false; reason: string }
  /** A dry run: it passes, and without the dry run it would not. */
  | { allowed: true; wouldRefuse: string }

const allowed: Decision = { allowed: true }

/**
 * What one account may send. In this order, and the first that refuses decides:
 * 1. blocks that Asterisk would read differently from us: with a NUL, or with the name of another action;
 * 2. `write`: the action needs one of its classes, as in Asterisk;
 * 3. `deny`: no rule may match;
 * 4. `allow`: if there are any, one must match;
 * 5. what is dangerous (see `dangersOf`) is for administrators, for who has the class of it in `write` in so many words, and for who has an `allow`
 *    rule that names the action and the dangerous field (`Originate Application=System Data=*`).
 * An administrator is free of the fifth only.
 */
export class Rights {
  readonly #admin: boolean
  readonly #dryRun: boolean
  readonly #write: WriteClasses | undefined
  readonly #allow: readonly Rule[]
  readonly #deny: readonly Rule[]

  /** @throws ConfigError for a class or a rule that cannot be read */
  constructor({
    admin,
    dryRun,
    write,
    allow,
    deny,
    where
  }: Pick<UserOptions, 'admin' | 'dryRun' | 'write' | 'allow' | 'deny' | 'where'>) {
    this.#admin = admin
    this.#dryRun = dryRun
    this.#write = write === undefined ? undefined : new WriteClasses(write, where)
    this.#allow = allow.map((text) => Rule.parse(text, 'allow', where))
    this.#deny = deny.map((text) => Rule.parse(text, 'deny', where))
  }

  /** Has it rules, which may ask for any header, or a dry run, which logs each time? */
  get hasRules(): boolean {
    return this.#dryRun || this.#allow.length > 0 || this.#deny.length > 0
  }

  /**
   * @param action as it goes to Asterisk
   * @param effectiveAction the action's name, as the proxy has read it
   */
  check(action: Block, effectiveAction: string): Decision {
    if (this.#admin && !this.#write && this.#allow.length === 0 && this.#deny.length === 0) return allowed
    const reason = this.#refusal(new ActionView(action, effectiveAction))
    if (reason === undefined) return allowed
    return this.#dryRun ? { allowed: true, wouldRefuse: reason } : { allowed: false, reason }
  }

  #refusal(view: ActionView): string | undefined {
    if (view.hasNul) return 'a NUL hides what follows it from Asterisk'
    if (view.otherAction !== undefined) return `the block names another action: ${view.otherAction}`
    if (this.#write && !this.#write.permits(view.action)) return `write has no class for ${view.action}`
    const denied = this.#deny.find((rule) => rule.matches(view))
    if (denied) return `the rule "${denied.text}" denies it`
    if (this.#allow.length > 0 && !this.#allow.some((rule) => rule.matches(view))) return 'no allow rule matches'
    return this.#admin ? undefined : this.#danger(view)
  }

  #danger(view: ActionView): string | undefined {
    return dangersOf(view).find(
      ({ field, classes }) => !this.#write?.hasAny(classes) && !this.#allow.some((rule) => rule.grants(view, field))
    )?.reason
  }
}
