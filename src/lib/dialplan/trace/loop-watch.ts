import type { Channel } from '../variables/channel.js'

/** A place that came so often is looked at: a loop that counts comes by with another value each time. */
const suspicious = 3

/** Sees when a channel comes to the same place with all the same for the second time: then it goes on for ever. */
export class LoopWatch {
  readonly #visits = new Map<string, number>()
  readonly #states = new Set<string>()

  /** @param world all else that a step may depend on */
  isLoop(channel: Channel, globals: ReadonlyMap<string, string>, world: string): boolean {
    const { context, extension, priority, variables, frames } = channel
    const place = `${context},${extension},${priority}`
    const visits = (this.#visits.get(place) ?? 0) + 1
    this.#visits.set(place, visits)
    if (visits < suspicious) return false
    const values = variables.names().map((name) => [name, variables.get(name)])
    const stack = frames.map((frame) => [frame.context, frame.extension, frame.priority])
    const { callerNumber, callerName, isUp } = channel
    const state = JSON.stringify([
      place,
      values.sort(),
      stack,
      [...globals],
      [...channel.written],
      callerNumber,
      callerName,
      isUp,
      world
    ])
    if (this.#states.has(state)) return true
    this.#states.add(state)
    return false
  }
}
