import type { Readable } from 'node:stream'
import { readActions } from '../ami/action-input.js'
import { type Catalog, loadCatalog } from '../ami/catalog/catalog.js'
import { assertSafe, type Field } from '../ami/encode.js'
import { PbxkitError, UsageError } from '../errors.js'
import { assertSendable } from './action-check.js'
import { askText } from './prompt.js'

export interface ActionSourceOptions {
  /** Hold actions against the catalogue. */
  validate: boolean
  /** Goes to every action: the `Server` header for a proxy. */
  extra: readonly Field[]
  note: (message: string) => void
  signal: AbortSignal
}

/** The actions to send, wherever they come from, checked before they are given out. */
export class ActionSource {
  readonly #options: ActionSourceOptions
  #catalog: Catalog | undefined

  constructor(options: ActionSourceOptions) {
    this.#options = options
  }

  /** The action of the command line. @throws UsageError, UnsafeHeaderError */
  async typed(name: string, fields: readonly Field[]): Promise<Field[]> {
    return this.#checked([['Action', name], ...fields], true)
  }

  /** Asks on the terminal for the fields that an action needs and that were not given. */
  async askForMissing(name: string, given: readonly Field[]): Promise<Field[]> {
    if (!this.#options.validate) return [...given]
    const definition = (await loadCatalog()).actions.get(name.toLowerCase())
    const fields = [...given]
    for (const param of definition?.params ?? []) {
      if (!param.required || fields.some(([field]) => field.toLowerCase() === param.name.toLowerCase())) continue
      fields.push([param.name, await askText(`${param.name}:`, this.#options.signal, param.default)])
    }
    return fields
  }

  /** Actions from stdin as they come. @throws DataError, UnsafeHeaderError, UsageError when there is none */
  async *from(stdin: Readable): AsyncGenerator<Field[]> {
    let count = 0
    for await (const fields of readActions(stdin as AsyncIterable<Buffer>)) {
      count++
      yield await this.#checked(fields, false).catch((error: Error) => {
        // Which of a hundred it was is what whoever wrote them has to know.
        if (error instanceof PbxkitError) error.message = `Action ${count} on stdin: ${error.message}`
        throw error
      })
    }
    if (count === 0) throw new UsageError('The action is missing: there is none on the command line, and none on stdin')
  }

  async #checked(fields: Field[], typed: boolean): Promise<Field[]> {
    const { validate, extra, note } = this.#options
    for (const [name, value] of fields) assertSafe(name, value)
    if (validate) {
      this.#catalog ??= await loadCatalog()
      // A ProxyAction is the proxy's matter.
      if (typed || fields.some(([name]) => name.toLowerCase() === 'action'))
        assertSendable(fields, this.#catalog, { typed, note })
    }
    return [...fields, ...extra]
  }
}

/** Reads `-F Name=Value`. @throws UsageError */
export function parseField(text: string): Field {
  const at = text.indexOf('=')
  if (at < 1) throw new UsageError(`"${text}" is not a field`, { hint: 'Write -F Name=Value.' })
  return [text.slice(0, at).trim(), text.slice(at + 1)]
}
