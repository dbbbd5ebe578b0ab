import type { UserDirectory, UserHolder } from './directory.js'

/**
 * Several hosts as one: a call goes to a tunnel of its own host when there is one that takes it now, else to the first that any host has or gets before the search ends.
 *
 * In one process the others are the `LocalTunnels` of other servers. Across machines each of them is whatever asks a bus or a link "who holds this user?" and gives a
 * holder whose `take` opens the call on that host; it says ConnectionLostError for an answer that has become old, and the call looks again.
 */
export class JoinedDirectory implements UserDirectory {
  readonly #local: UserDirectory
  readonly #others: () => Iterable<UserDirectory>

  /** @param others asked at each search, since hosts come and go; the local one may be among them */
  constructor(local: UserDirectory, others: () => Iterable<UserDirectory>) {
    this.#local = local
    this.#others = others
  }

  findNow(username: string): UserHolder | undefined {
    return this.#local.findNow?.(username)
  }

  async find(username: string, signal: AbortSignal): Promise<UserHolder | undefined> {
    const own = await this.#local.find(username, AbortSignal.abort())
    if (own) return own
    const found = new AbortController()
    const search = AbortSignal.any([signal, found.signal])
    // A host that fails is a host that has nobody.
    const ask = (directory: UserDirectory) => directory.find(username, search).catch(() => undefined)
    const answers = [this.#local, ...this.#othersOnly()].map(ask)
    try {
      return await firstOf(answers)
    } finally {
      found.abort()
    }
  }

  async has(username: string): Promise<boolean> {
    if (await this.#local.has(username)) return true
    const answers = await Promise.all(
      this.#othersOnly().map(async (directory) => {
        try {
          return await directory.has(username)
        } catch {
          return false
        }
      })
    )
    return answers.includes(true)
  }

  #othersOnly(): UserDirectory[] {
    return [...this.#others()].filter((directory) => directory !== this.#local)
  }
}

/** The first answer that is somebody; undefined when all are nobody. */
function firstOf(answers: readonly Promise<UserHolder | undefined>[]): Promise<UserHolder | undefined> {
  return new Promise((resolve) => {
    let open = answers.length
    for (const answer of answers)
      void answer.then((holder) => {
        open--
        if (holder || open === 0) resolve(holder)
      })
  })
}
