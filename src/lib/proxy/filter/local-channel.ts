/** A dial string `Local/extension[@context][/options]`. */
export class LocalChannel {
  readonly extension: string
  /** Asterisk takes `default` when there is none. */
  readonly context: string
  /** With the slash before them; empty without any. */
  readonly options: string
  /** Could it be read in two ways: several `@`, or one behind a `/`? */
  readonly isAmbiguous: boolean

  private constructor(rest: string) {
    const slash = rest.indexOf('/')
    const place = slash < 0 ? rest : rest.slice(0, slash)
    const at = place.indexOf('@')
    this.options = slash < 0 ? '' : rest.slice(slash)
    this.extension = at < 0 ? place : place.slice(0, at)
    this.context = at < 0 ? 'default' : place.slice(at + 1)
    this.isAmbiguous = rest.includes('@', rest.indexOf('@') + 1) || this.options.includes('@')
  }

  /** @returns undefined when it is no Local channel */
  static parse(dialled: string): LocalChannel | undefined {
    return /^local\//i.test(dialled) ? new LocalChannel(dialled.slice('Local/'.length)) : undefined
  }

  inContext(context: string): string {
    return `Local/${this.extension}@${context}${this.options}`
  }
}
