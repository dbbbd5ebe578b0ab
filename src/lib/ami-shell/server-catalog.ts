import type { Answer } from '../ami/answer.js'
import { commandOutput } from '../ami/block.js'
import type { ActionDefinition, Catalog } from '../ami/catalog/catalog.js'
import { type Documentation, documentBundled } from '../ami/catalog/documentation.js'
import { isActionName, type ListedAction, readListCommands } from '../ami/catalog/list-commands.js'
import { readEventNames, readManagerShow } from '../ami/catalog/manager-show.js'
import type { Field } from '../ami/encode.js'

/** Sends an action to the server and gives its answer. */
export type Ask = (fields: readonly Field[]) => Promise<Answer>

/**
 * The actions and events of the connected server, in its own words as far as the user may ask for them, and the bundled catalogue for the rest:
 * ListCommands names the actions that this user may send, `manager show …` (through Command, which needs that privilege) has the fields.
 */
export class ServerCatalog {
  readonly bundled: Catalog
  /** By lower-case name; undefined when no server was asked, or it did not say. */
  readonly listed: ReadonlyMap<string, ListedAction> | undefined
  readonly #ask: Ask | undefined
  readonly #known = new Map<string, Promise<Documentation | undefined>>()
  #events: Promise<string[]> | undefined

  private constructor(bundled: Catalog, ask?: Ask, listed?: readonly ListedAction[]) {
    this.bundled = bundled
    this.#ask = ask
    if (listed?.length) this.listed = new Map(listed.map((action) => [action.name.toLowerCase(), action]))
  }

  /** Nothing but what is bundled. */
  static offline(bundled: Catalog): ServerCatalog {
    return new ServerCatalog(bundled)
  }

  /** Asks a server for its actions. @throws what `ask` throws */
  static async of(bundled: Catalog, ask: Ask): Promise<ServerCatalog> {
    const { response } = await ask([['Action', 'ListCommands']])
    return new ServerCatalog(bundled, ask, readListCommands(response))
  }

  /** Names of the actions that may be sent, in the server's order. */
  get actionNames(): string[] {
    return [...(this.listed ?? this.bundled.actions).values()].map(({ name }) => name)
  }

  /** May the user send CLI commands? */
  get mayCommand(): boolean {
    return this.#ask !== undefined && this.listed?.has('command') === true
  }

  /** Names of the events that the server documents, else the bundled ones. @throws what `ask` throws */
  eventNames(): Promise<string[]> {
    this.#events ??= this.#eventNames().catch((error) => {
      this.#events = undefined
      throw error
    })
    return this.#events
  }

  /**
   * All that is known of an action or an event; a name may be in any case. Kept once it is known.
   * @throws what `ask` throws
   */
  describe(kind: 'action' | 'event', name: string): Promise<Documentation | undefined> {
    const key = `${kind} ${name.toLowerCase()}`
    let known = this.#known.get(key)
    if (!known) {
      known = this.#describe(kind, name)
      this.#known.set(key, known)
      // Without a connection for a moment: the next one asks again.
      known.catch(() => this.#known.delete(key))
    }
    return known
  }

  /** What an action is held against before it is sent: the bundled catalogue, with the server's own fields of this action. */
  async catalogFor(action: string): Promise<Catalog> {
    const own = await this.describe('action', action)
    const listed: [string, ActionDefinition][] = [...(this.listed ?? [])].map(([key, { name }]) => [
      key,
      { name, module: '', params: [] }
    ])
    const actions = new Map([...listed, ...this.bundled.actions])
    if (own) actions.set(action.toLowerCase(), { name: own.name, module: own.module ?? '', params: own.fields })
    return { ...this.bundled, actions }
  }

  async #describe(kind: 'action' | 'event', name: string): Promise<Documentation | undefined> {
    const bundled = documentBundled(this.bundled, kind, name)
    const listed = kind === 'action' ? this.listed?.get(name.toLowerCase()) : undefined
    const own = await this.#documentation(kind, listed?.name ?? bundled?.name ?? name)
    if (!own && !listed && (kind === 'event' || !bundled)) return bundled
    const { synopsis, privilege } = listed ?? {}
    return {
      kind,
      name,
      source: 'bundled',
      ...bundled,
      ...(listed && { name: listed.name, privilege, ...(synopsis && { synopsis }) }),
      ...own,
      fields: mergeFields(own?.fields, bundled?.fields ?? [])
    }
  }

  async #documentation(kind: 'action' | 'event', name: string): Promise<Documentation | undefined> {
    if (!isActionName(name)) return undefined
    const text = await this.#cli(`manager show ${kind === 'action' ? 'command' : 'event'} ${name}`)
    const read = text === undefined ? undefined : readManagerShow(text)
    return read?.name.toLowerCase() === name.toLowerCase() && read.kind === kind ? read : undefined
  }

  async #eventNames(): Promise<string[]> {
    const text = await this.#cli('manager show events')
    const names = text === undefined ? [] : readEventNames(text)
    return names.length > 0 ? names : [...this.bundled.events.values()].map(({ name }) => name)
  }

  /** What a CLI command prints; undefined when it may not be asked. */
  async #cli(command: string): Promise<string | undefined> {
    if (!this.mayCommand) return undefined
    const { response } = await this.#ask!([
      ['Action', 'Command'],
      ['Command', command]
    ])
    return commandOutput(response)?.toString('utf8')
  }
}

/** The server's fields, with the words and defaults that only the bundled catalogue has: Asterisk prints no defaults. */
function mergeFields(own: Documentation['fields'] | undefined, bundled: Documentation['fields']): Documentation['fields'] {
  if (!own?.length) return bundled
  const byName = new Map(bundled.map((field) => [field.name.toLowerCase(), field]))
  return own.map((field) => ({ ...byName.get(field.name.toLowerCase()), ...field }))
}
