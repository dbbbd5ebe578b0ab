/** Far more than anything here takes on two slow cores that another file of tests uses, too; what takes longer hangs. */
export const limitMs = 20_000

/** The promise's outcome, or an error that says what did not come. @param describe asked when it did not */
export async function within<T>(promise: Promise<T>, describe: () => string, timeoutMs = limitMs): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${timeoutMs / 1000} s: ${describe()}`)), timeoutMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Wakes those who wait for a state whenever something has changed. */
export class Watched {
  readonly #waiting = new Set<() => void>()

  changed(): void {
    for (const look of [...this.#waiting]) look()
  }

  /** Resolves with what `look` finds, now or after some change. */
  async until<T>(look: () => T | undefined, describe: () => string, timeoutMs = limitMs): Promise<T> {
    let again: (() => void) | undefined
    const found = new Promise<T>((resolve, reject) => {
      again = () => {
        try {
          const result = look()
          if (result !== undefined) resolve(result)
        } catch (error) {
          reject(error as Error)
        }
      }
      this.#waiting.add(again)
      again()
    })
    try {
      return await within(found, describe, timeoutMs)
    } finally {
      this.#waiting.delete(again!)
    }
  }
}
