import { first, type Message } from './message.js'

/** The answer to one action. */
export interface Answer {
  response: Message
  /** Of a list. */
  items: Message[]
  /** How many items there were; more than are kept of a very long list. */
  itemCount: number
  complete: Message | undefined
}

/** As many channels as CoreShowChannels has on a very large PBX; more are counted. */
const maxItems = 30_000

/** Puts an answer together from messages that carry its ActionID. */
export class AnswerProgress {
  #response: Message | undefined
  readonly #items: Message[] = []
  #itemCount = 0

  /** @returns the answer once it is whole */
  push(message: Message): Answer | undefined {
    const isEvent = first(message, 'Event') !== undefined
    const list = (first(message, 'EventList') ?? '').toLowerCase()
    if (!isEvent) {
      this.#response ??= message
      return list === 'start' && first(message, 'Response') !== 'Error' ? undefined : this.#answer(undefined)
    }
    if (list === 'complete' || list === 'cancelled') return this.#answer(message)
    this.#itemCount++
    if (this.#items.length < maxItems) this.#items.push(message)
    return undefined
  }

  #answer(complete: Message | undefined): Answer {
    return { response: this.#response ?? {}, items: this.#items, itemCount: this.#itemCount, complete }
  }
}

/** An event with a Privilege is a broadcast, also when it carries an ActionID (OriginateResponse). */
export function isBroadcast(message: Message): boolean {
  return first(message, 'Event') !== undefined && first(message, 'Privilege') !== undefined
}

export function isSuccess({ response }: Pick<Answer, 'response'>): boolean {
  const said = first(response, 'Response') ?? first(response, 'ProxyResponse')
  return said !== undefined && !/^(Error|Failure)$/i.test(said)
}
