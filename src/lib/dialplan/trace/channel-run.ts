import { decode, encode } from '../../asterisk-config/text.js'
import { suggestion } from '../../nearest.js'
import type { MatchMode } from '../pattern-match.js'
import { Channel } from '../variables/channel.js'
import type { Notes } from '../variables/evaluation.js'
import { setVariable, substituteVariables } from '../variables/substitute-variables.js'
import type { LegRequest, LegResult, Outcome, Run } from './application.js'
import { findApplication } from './application-table.js'
import { enter } from './applications/subroutines.js'
import { causes } from './causes.js'
import { Lookup, type Match } from './lookup.js'
import { LoopWatch } from './loop-watch.js'
import type { TraceEnd, TraceStep } from './result.js'
import type { Simulation } from './simulation.js'

/** How the run of a channel ended. */
interface Ending {
  readonly end: TraceEnd
  readonly reason: string
}

/** Runs the dialplan for one channel, as __ast_pbx_run does (pbx.c), and notes each step. */
export class ChannelRun implements Run {
  readonly #simulation: Simulation
  readonly #channel: Channel
  readonly #leg: number
  readonly #lookup: Lookup
  readonly #loops = new LoopWatch()
  readonly #isRoutine: boolean
  #step: TraceStep | undefined
  #stopped: Ending | undefined

  constructor(simulation: Simulation, channel: Channel, leg: number, isRoutine = false) {
    this.#simulation = simulation
    this.#channel = channel
    this.#lookup = new Lookup(simulation.scene, channel)
    this.#leg = leg
    this.#isRoutine = isRoutine
  }

  /** From where the channel stands to its end, with its `h` extension. */
  run(): Ending {
    const ending = this.#isRoutine ? this.#routine() : this.#call()
    if (this.#stopped || this.#isRoutine) return this.#stopped ?? ending
    const channel = this.#channel
    channel.isHungUp = true
    if (this.exists(channel.context, 'h', 1)) {
      Object.assign(channel, { extension: 'h', priority: 1 })
      this.#priorities()
    }
    return this.#stopped ?? ending
  }

  #routine(): Ending {
    const outcome = this.#priorities()
    return outcome === 'hangup'
      ? { end: 'returned', reason: 'the routine is over' }
      : { end: 'fell-through', reason: 'the routine has no Return' }
  }

  #call(): Ending {
    const { contexts } = this.#simulation.scene.dialplan
    const context = decode(this.#channel.context)
    if (!contexts.has(context)) {
      const near = suggestion(context, contexts.keys())
      return { end: 'no-context', reason: `there is no context ${context}${near === undefined ? '' : `. ${near}`}` }
    }
    for (;;) {
      const outcome = this.#priorities()
      if (this.#stopped) return this.#stopped
      const ending = this.#after(outcome)
      if (ending) return ending
    }
  }

  /** One priority after the other, until there is none, or an application does not let it go on. */
  #priorities(): Outcome | undefined {
    for (;;) {
      const outcome = this.#spawn()
      if (outcome !== 'continue') return outcome
      this.#channel.priority++
    }
  }

  /** What comes when the priorities are over: another extension, `i`, `t`, `e`, or the end. */
  #after(outcome: Outcome | undefined): Ending | undefined {
    const channel = this.#channel
    if (outcome === 'hangup' || outcome === 'error') {
      if (outcome === 'error' && channel.extension !== 'e' && this.#special('e')) {
        this.raise('ERROR', 1)
        return undefined
      }
      return { end: 'hangup', reason: `hung up, cause ${channel.hangupCause || causes.NORMAL_CLEARING}` }
    }
    let digits = ''
    if (outcome === 'incomplete') {
      if (!this.exists(channel.context, channel.extension, 1, 'matchmore')) return this.#invalid(channel.extension)
      digits = channel.extension
    } else if (outcome !== undefined && typeof outcome === 'object') digits = outcome.digit
    else if (!this.exists(channel.context, channel.extension, 1)) return this.#invalid(channel.extension)
    else if (this.#hasAutoFallthrough) return { end: 'fell-through', reason: this.#fallThrough() }
    return this.#collect(digits, outcome === 'incomplete')
  }

  get #hasAutoFallthrough(): boolean {
    const setting = this.#simulation.scene.dialplan.general.get('autofallthrough')
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
    while (this.exists(channel.context, digits, 1, 'matchmore')) {
      const digit = this.nextDigit()
      if (digit === undefined) break
      digits += digit
    }
    const isTimeout = digits === '' || (isIncomplete && digits === start)
    if (!isTimeout && this.exists(channel.context, digits, 1)) {
      Object.assign(channel, { extension: digits, priority: 1 })
      return undefined
    }
    if (!isTimeout) return this.#invalid(digits)
    if (this.#special('t')) return undefined
    if (this.#special('e')) {
      this.raise('RESPONSETIMEOUT', 1)
      return undefined
    }
    return { end: 'no-timeout-extension', reason: `no digit came, and ${decode(channel.context)} has neither t nor e` }
  }

  #invalid(digits: string): Ending | undefined {
    const channel = this.#channel
    if (this.exists(channel.context, 'i', 1)) {
      channel.variables.set('INVALID_EXTEN', digits)
      Object.assign(channel, { extension: 'i', priority: 1 })
      return undefined
    }
    if (this.exists(channel.context, 'e', 1)) {
      this.raise('INVALID', 1)
      return undefined
    }
    return {
      end: 'invalid',
      reason: `${decode(digits)} is no extension of ${decode(channel.context)}, which has neither i nor e`
    }
  }

  #special(extension: string): boolean {
    if (!this.exists(this.#channel.context, extension, 1)) return false
    if (extension === 't') Object.assign(this.#channel, { extension, priority: 1 })
    return true
  }

  /** Looks for the priority and runs it. Undefined when there is none. */
  #spawn(): Outcome | undefined {
    const found = this.#lookup.find()
    if (!found) return undefined
    const simulation = this.#simulation
    const { scene } = simulation
    if (simulation.isFull) return this.#stop('too-many-steps', `more than ${simulation.choices.maxSteps} steps`)
    if (this.#loops.isLoop(this.#channel, scene.globals, `${simulation.digitsPressed} ${simulation.devices.length}`)) {
      return this.#stop('loop', `${this.#place()} comes again and again with nothing changed`)
    }
    const step = this.#open(found)
    this.#step = step
    simulation.steps.push(step)
    const appData = substituteVariables(encode(found.priority.data), { scene, channel: this.#channel, notes: this.#notes(step) })
    Object.assign(step, { appData: decode(appData) })
    return this.#apply(found.priority.application, appData, step)
  }

  #place(): string {
    return `${decode(this.#channel.context)},${decode(this.#channel.extension)},${this.#channel.priority}`
  }

  #stop(end: TraceEnd, reason: string): Outcome {
    this.#stopped = { end, reason }
    return 'hangup'
  }

  #open({ priority, extension, context, rivals }: Match): TraceStep {
    const name = extension.callerId === undefined ? extension.name : `${extension.name}/${extension.callerId}`
    return {
      leg: this.#leg,
      context: decode(this.#channel.context),
      extension: decode(this.#channel.extension),
      priority: priority.number,
      label: priority.label,
      application: findApplication(priority.application)?.name ?? priority.application,
      data: priority.data,
      appData: '',
      matched: name,
      matchedContext: context.name,
      file: priority.file,
      line: priority.line,
      rivals,
      notes: [],
      warnings: [],
      unknown: []
    }
  }

  #notes({ warnings, unknown }: Pick<TraceStep, 'warnings' | 'unknown'>): Notes {
    return {
      warn: (message) => void warnings.push(decode(message)),
      unknown: (what) => void (unknown.includes(decode(what)) || unknown.push(decode(what)))
    }
  }

  #apply(name: string, data: string, step: TraceStep): Outcome {
    const { scene, choices } = this.#simulation
    const application = findApplication(name)
    const evaluation = { scene, channel: this.#channel, notes: this.#notes(step) }
    if (!application && !choices.results.has(name.toLowerCase())) step.warnings.push(`${name} is not simulated: the call goes on`)
    const outcome = application?.run({ ...evaluation, application: application.name, data, run: this }) ?? 'continue'
    if (application?.name === 'Dial' || application?.name === 'Queue') this.#simulation.finishDial()
    const result = choices.results.get(name.toLowerCase())
    for (const [variable, value] of result?.variables ?? []) {
      setVariable(variable, value, evaluation)
      step.notes.push(`${decode(variable)} is ${decode(value)}, as was asked for`)
    }
    if (!result?.endsCall) return outcome
    this.#channel.isHungUp = true
    return 'hangup'
  }

  execute(application: string, data: string): Outcome {
    return this.#apply(application.trim(), data, this.#step!)
  }

  exists(context: string, extension: string, priority: number, mode?: MatchMode): boolean {
    return this.#lookup.exists(context, extension, priority, mode)
  }

  applicationAt(priority: number): string | undefined {
    return this.#lookup.applicationAt(priority)
  }

  /** The channel stands one before it, since the next priority comes then. */
  goTo(location: string): boolean {
    const channel = this.#channel
    const found = this.#lookup.locate(location)
    if ('missing' in found) {
      this.#step?.warnings.push(decode(found.missing))
      return false
    }
    Object.assign(channel, { context: found.context, extension: found.extension, priority: found.priority - 1 })
    return true
  }

  nextDigit(): string | undefined {
    return this.#simulation.nextDigit()
  }

  raise(reason: string, priority: number): void {
    const channel = this.#channel
    channel.exception = { reason, context: channel.context, extension: channel.extension, priority: channel.priority }
    Object.assign(channel, { extension: 'e', priority })
  }

  chosenStatus(device: string, endpoint: string): string | undefined {
    return this.#simulation.statusOf(device, endpoint)
  }

  ring(device: string, endpoint: string, status: string): void {
    const { file, line } = this.#step!
    this.#simulation.devices.push({ leg: this.#leg, device: decode(device), endpoint: decode(endpoint), status, file, line })
    this.#step!.notes.push(`rings ${decode(device)}: ${status}`)
  }

  note(text: string): void {
    this.#step!.notes.push(decode(text))
  }

  /** A channel that this one makes: it inherits variables and the caller's number. */
  runLeg(request: LegRequest): LegResult {
    const nothing: LegResult = { isFound: false, isAnswered: false, hangupCause: 0, variable: () => undefined }
    if (!this.exists(request.context, request.extension, request.priority)) {
      this.#step?.warnings.push(`There is no ${decode(request.extension)} in ${decode(request.context)}`)
      return nothing
    }
    const leg = this.#simulation.openLeg()
    if (leg === undefined) {
      this.#stop('too-many-steps', 'too many channels that dial each other')
      return nothing
    }
    const own = this.#channel
    const channel = new Channel(`${request.name}-0000000${leg};2`, `${own.uniqueId}.${leg}`, request.context, request.extension)
    for (const [name, value] of own.variables.inherited()) channel.variables.set(name, value)
    Object.assign(channel, {
      priority: request.priority,
      callerNumber: own.callerNumber,
      callerName: own.callerName,
      isUp: request.isUp
    })
    if (request.routineArguments)
      enter(channel, { context: request.context, extension: request.extension, priority: 0 }, request.routineArguments, true)
    const run = new ChannelRun(this.#simulation, channel, leg, request.routineArguments !== undefined)
    const { end, reason } = run.run()
    this.#simulation.legs.push({
      leg,
      channel: decode(request.name),
      parent: this.#leg,
      end,
      reason,
      isAnswered: channel.isUp,
      hangupCause: channel.hangupCause
    })
    if (end === 'loop' || end === 'too-many-steps') this.#stop(end, reason)
    return {
      isFound: true,
      isAnswered: channel.isUp,
      hangupCause: channel.hangupCause,
      variable: (name) => channel.variables.get(name)
    }
  }
}
