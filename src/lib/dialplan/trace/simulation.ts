import type { Scene } from '../variables/evaluation.js'
import type { Leg, RungDevice, TraceStep } from './result.js'

/** What is chosen to come of the call, where the dialplan does not say it. Text has one character a byte. */
export interface Choices {
  /** What comes of a device, by `PJSIP/alice`, by its endpoint or by its number. */
  readonly statusOf: ReadonlyMap<string, string>
  /** What comes of the first Dial, the second, and so on; the last one goes on. */
  readonly statuses: readonly string[]
  /** What the caller presses; `w` lets the time run out once. */
  readonly digits: string
  /** By the application's name in small letters: variables that it sets, or `hangup`. */
  readonly results: ReadonlyMap<string, ApplicationResult>
  readonly maxSteps: number
}

export interface ApplicationResult {
  readonly variables: readonly (readonly [name: string, value: string])[]
  readonly endsCall: boolean
}

/** More legs than this are not followed: a Local channel that dials itself, twice each time, would never end. */
const maxLegs = 64

/** What all legs of a call have in common: its steps, the devices that ring, and what is left of the choices. */
export class Simulation {
  readonly scene: Scene
  readonly choices: Choices
  readonly steps: TraceStep[] = []
  readonly devices: RungDevice[] = []
  readonly legs: Leg[] = []
  #legCount = 0
  #dialled = 0
  #digitAt = 0

  constructor(scene: Scene, choices: Choices) {
    this.scene = scene
    this.choices = choices
  }

  /** The number of a new leg; undefined when there are too many. */
  openLeg(): number | undefined {
    return this.#legCount < maxLegs ? this.#legCount++ : undefined
  }

  get isFull(): boolean {
    return this.steps.length >= this.choices.maxSteps
  }

  nextDigit(): string | undefined {
    const digit = this.choices.digits[this.#digitAt]
    if (digit === undefined) return undefined
    this.#digitAt++
    return digit === 'w' ? undefined : digit
  }

  /** For the loops: what has been pressed changes what a step does. */
  get digitsPressed(): number {
    return this.#digitAt
  }

  statusOf(device: string, endpoint: string): string | undefined {
    const { statusOf, statuses } = this.choices
    const own =
      statusOf.get(device) ?? statusOf.get(endpoint) ?? statusOf.get(device.replace(/^[^/]*\//, '').replace(/@.*$/s, ''))
    return own ?? statuses[Math.min(this.#dialled, statuses.length - 1)]
  }

  /** A Dial is over: the next one has the next status. */
  finishDial(): void {
    this.#dialled++
  }
}
