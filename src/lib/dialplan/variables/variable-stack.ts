/** A variable's value, and how far it is inherited: by no channel, by those that this one dials (`_NAME`), or by theirs too (`__NAME`). */
interface Entry {
  readonly value: string
  readonly inheritance: 0 | 1 | 2
}

/**
 * The variables of a channel (pbx_variables.c). A name may be there several times: Gosub and LOCAL put a value over the earlier one, and what is taken away uncovers it.
 * Strings have one character a byte.
 */
export class VariableStack {
  readonly #entries = new Map<string, Entry[]>()

  get(name: string): string | undefined {
    return this.#entries.get(name)?.at(-1)?.value
  }

  /** The n-th from the top, as LOCAL_PEEK counts. */
  peek(name: string, depth: number): string | undefined {
    return this.#entries.get(name)?.at(-1 - depth)?.value
  }

  names(): string[] {
    return [...this.#entries.keys()]
  }

  /** Replaces the top value; up to two underscores before the name say who inherits it. Undefined takes it away. */
  set(name: string, value: string | undefined): void {
    const bare = bareName(name)
    const values = this.#entries.get(bare) ?? []
    values.pop()
    // Asterisk puts the newest first in its list; order shows in HASHKEYS only.
    this.#entries.delete(bare)
    if (value !== undefined) values.push({ value, inheritance: (name.length - bare.length) as Entry['inheritance'] })
    if (values.length > 0) this.#entries.set(bare, values)
  }

  /** Puts a value over the one that is there. */
  push(name: string, value: string): void {
    const bare = bareName(name)
    const values = this.#entries.get(bare) ?? []
    this.#entries.set(bare, [...values, { value, inheritance: (name.length - bare.length) as Entry['inheritance'] }])
  }

  /** What a channel gets that this one dials: by the names under which it has them. */
  inherited(): [name: string, value: string][] {
    return [...this.#entries].flatMap(([name, values]) => {
      const top = values.at(-1)!
      if (top.inheritance === 0) return []
      return [[top.inheritance === 2 ? `__${name}` : name, top.value] as [string, string]]
    })
  }
}

function bareName(name: string): string {
  return name.replace(/^__?/, '')
}
