import { decode } from '../../asterisk-config/text.js'
import type { Dialplan } from '../dialplan.js'
import type { Channel } from '../variables/channel.js'
import type { Outcome, Run } from './application.js'
import { causes } from './causes.js'
import type { TraceEnd } from './result.js'

/** How the run of a channel ended. */
export interface Ending {
  readonly end: TraceEnd
  readonly reason: string
}

/** What comes when an extension has no further priority, as in __ast_pbx_run (pbx.c): digits of another one, `i`, `t`, `e`, or the end. */
export class NextExtension {
  readonly #dialplan: Dialplan
  readonly #channel: Channel
  readonly #run: Pick<Run, 'exists' | 'nextDigit' | 'raise'>

  constructor(dialplan: Dialplan, channel: Channel, run: Pick<Run, 'exists' | 'nextDigit' | 'raise'>) {
    this.#dialplan = dialplan
    this.#channel = channel
    this.#run = run
  }

  /** What comes when the priorities are over: another extension, `i`, `t`, `e`, or the end. */
  after(outcome: Outcome | undefined): Ending | undefined {
    const channel = this.#channel
    if (outcome === 'hangup' || outcome === 'error') {
      if (outcome === 'error' && channel.extension !== 'e' && this.#special('e')) {
        this.#run.raise('ERROR', 1)
        return undefined
      }
      return { end: 'hangup', reason: `hung up, cause ${channel.hangupCause || causes.NORMAL_CLEARING}` }
    }
    let digits = ''
    if (outcome === 'incomplete') {
      if (!this.#run.exists(channel.context, channel.extension, 1, 'matchmore')) return this.#invalid(channel.extension)
      digits = channel.extension
    } else if (outcome !== undefined && typeof outcome === 'object') digits = outcome.digit
    else if (!this.#run.exists(channel.context, channel.extension, 1)) return this.#invalid(channel.extension)
    else if (this.#hasAutoFallthrough) return { end: 'fell-through', reason: this.#fallThrough() }
    return this.#collect(digits, outcome === 'incomplete')
  }

  get #hasAutoFallthrough(): boolean {
    const setting = this.#dialplan.general.get('autofallthrough')
    return setting === undefined || /^(yes|true|y|t|1|on)$/i.test(setting)
  }

  #fallThrough(): string {
    const status = this.#channel.variables.get('DIALSTATUS') ?? 'UNKNOWN'
    const channel = this.#channel
    if (!channel.isUp && /^(CONGESTION|CHANUNAVAIL)$/i.test(status)) channel.hangupCause = causes.NORMAL_CIRCUIT_CONGESTION
    if (!channel.isUp && /^BUSY$/i.test(status)) channel.hangupCause = causes.USER_BUSY
    return `no priority ${channel.priority} of ${decode(channel.extension)} in ${decode(channel.context)}: falls through with ${decode(status)}`
  }

  /** More digits, as long as they could be of a longer extension. */
  #collect(start: string, isIncomplete: boolean): Ending | undefined {
    const channel = this.#channel
    let digits = start
    while (this.#run.exists(channel.context, digits, 1, 'matchmore')) {
      const digit = this.#run.nextDigit()
      if (digit === undefined) break
      digits += digit
    }
    const isTimeout = digits === '' || (isIncomplete && digits === start)
    if (!isTimeout && this.#run.exists(channel.context, digits, 1)) {
      Object.assign(channel, { extension: digits, priority: 1 })
      return undefined
    }
    if (!isTimeout) return this.#invalid(digits)
    if (this.#special('t')) return undefined
    if (this.#special('e')) {
      this.#run.raise('RESPONSETIMEOUT', 1)
      return undefined
    }
    return { end: 'no-timeout-extension', reason: `no digit came, and ${decode(channel.context)} has neither t nor e` }
  }

  #invalid(digits: string): Ending | undefined {
    const channel = this.#channel
    if (this.#run.exists(channel.context, 'i', 1)) {
      channel.variables.set('INVALID_EXTEN', digits)
      Object.assign(channel, { extension: 'i', priority: 1 })
      return undefined
    }
    if (this.#run.exists(channel.context, 'e', 1)) {
      this.#run.raise('INVALID', 1)
      return undefined
    }
    return {
      end: 'invalid',
      reason: `${decode(digits)} is no extension of ${decode(channel.context)}, which has neither i nor e`
    }
  }

  #special(extension: string): boolean {
    if (!this.#run.exists(this.#channel.context, extension, 1)) return false
    if (extension === 't') Object.assign(this.#channel, { extension, priority: 1 })
    return true
  }
}
