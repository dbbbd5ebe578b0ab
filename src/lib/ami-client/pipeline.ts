import type { Answer } from '../ami/answer.js'
import type { Field } from '../ami/encode.js'

export interface PipelineOptions {
  /** So many actions wait for their answer at a time. */
  concurrency: number
  send: (fields: Field[]) => Promise<Answer>
}

/**
 * Sends actions as they come and gives their answers in the order of the actions, each as soon as it is its turn: also while the next action is
 * still being typed.
 * @throws what reading an action or sending it throws; answers before it have been given
 */
export async function* pipeline(actions: AsyncIterator<Field[]>, { concurrency, send }: PipelineOptions): AsyncGenerator<Answer> {
  const inFlight: Promise<Answer>[] = []
  let next: Promise<IteratorResult<Field[]>> | undefined = handled(actions.next())
  while (next || inFlight.length > 0) {
    const readable: typeof next = inFlight.length < concurrency ? next : undefined
    const step: { action: IteratorResult<Field[]> } | { answer: Answer } = await Promise.race([
      ...(inFlight[0] ? [inFlight[0].then((answer) => ({ answer }))] : []),
      ...(readable ? [afterAnswers(readable, inFlight).then((action) => ({ action }))] : [])
    ])
    if ('answer' in step) {
      inFlight.shift()
      yield step.answer
    } else if (step.action.done) {
      next = undefined
    } else {
      const sent = send(step.action.value)
      inFlight.push(handled(sent))
      next = handled(actions.next())
    }
  }
}

/** It is awaited when it is its turn; until then a failure is not unhandled. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

/** An action that cannot be read fails after the answers of those before it have been given. */
async function afterAnswers<T>(reading: Promise<T>, inFlight: readonly Promise<unknown>[]): Promise<T> {
  try {
    return await reading
  } catch (error) {
    await Promise.allSettled(inFlight)
    throw error
  }
}
