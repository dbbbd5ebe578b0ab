import { decode, encode } from '../../asterisk-config/text.js'
import { suggestion } from '../../nearest.js'
import type { MatchMode } from '../pattern-match.js'
import { Channel } from '../variables/channel.js'
import { setVariable, substituteVariables } from '../variables/substitute-variables.js'
import type { LegRequest, LegResult, Outcome, Run } from './application.js'
import { findApplication } from './application-table.js'
import { enter } from './applications/subroutines.js'
import { Lookup } from './lookup.js'
import { LoopWatch } from './loop-watch.js'
import { type Ending, NextExtension } from './next-extension.js'
import { notesOf, openStep } from './open-step.js'
import type { TraceEnd, TraceStep } from './result.js'
import type { Simulation } from './simulation.js'

/** Runs the dialplan for one channel, as __ast_pbx_run does (pbx.c), and notes each step. */
export class ChannelRun implements Run {
  readonly #simulation: Simulation
  readonly #channel: Channel
  readonly #leg: number
  readonly #lookup: Lookup
  readonly #next: NextExtension
  readonly #loops = new LoopWatch()
  readonly #isRoutine: boolean
  #step: TraceStep | undefined
  #stopped: Ending | undefined

  constructor(simulation: Simulation, channel: Channel, leg: number, isRoutine = false) {
    this.#simulation = simulation
    this.#channel = channel
    this.#lookup = new Lookup(simulation.scene, channel)
    this.#next = new NextExtension(simulation.scene.dialplan, channel, this)
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
      const ending = this.#next.after(outcome)
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
    const step = openStep(found, this.#channel, this.#leg)
    this.#step = step
    simulation.steps.push(step)
    const appData = substituteVariables(encode(found.priority.data), { scene, channel: this.#channel, notes: notesOf(step) })
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

  #apply(name: string, data: string, step: TraceStep): Outcome {
    const { scene, choices } = this.#simulation
    const application = findApplication(name)
    const evaluation = { scene, channel: this.#channel, notes: notesOf(step) }
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
