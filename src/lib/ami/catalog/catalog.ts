import { followedByOneEvent, listEnds, olderActions } from './overlay.js'

/** A field of an action, as Asterisk documents it. */
export interface FieldDefinition {
  name: string
  required?: boolean
  default?: string
  enum?: string[]
}

export interface ActionDefinition {
  name: string
  module: string
  params: FieldDefinition[]
  /** Names of the events that are the items of its list. */
  list?: string[]
  /** Names of the events that close its list. */
  complete?: string[]
}

export interface EventDefinition {
  name: string
  class: string
  module: string
  params: string[]
}

/** Names, fields and classes of AMI's actions and events: Asterisk 22's own documentation, and a small overlay by hand. */
export interface Catalog {
  source: string
  actions: ReadonlyMap<string, ActionDefinition>
  events: ReadonlyMap<string, EventDefinition>
  /** Known by name only: of older releases. */
  olderActions: readonly string[]
}

let loaded: Promise<Catalog> | undefined

/** The bundled catalogue, keyed by lower-case name. Read when it is first asked for. */
export function loadCatalog(): Promise<Catalog> {
  loaded ??= import('./asterisk-22.json').then((module) => {
    const { source, actions, events } = module.default as {
      source: string
      actions: ActionDefinition[]
      events: EventDefinition[]
    }
    return {
      source,
      actions: new Map(actions.map((action) => [action.name.toLowerCase(), action])),
      events: new Map(events.map((event) => [event.name.toLowerCase(), event])),
      olderActions
    }
  })
  return loaded
}

const byLowerCase = (names: Record<string, string>) =>
  new Map(Object.entries(names).map(([action, event]) => [action.toLowerCase(), event]))
const listEndOf = byLowerCase(listEnds)
const followerOf = byLowerCase(followedByOneEvent)

/** The event that ends an action's list, even where no `EventList` header says so (Asterisk before 13). */
export function listEndEvent(action: string): string | undefined {
  return listEndOf.get(action.toLowerCase())
}

/** The single event that an action's response announces. */
export function followingEvent(action: string): string | undefined {
  return followerOf.get(action.toLowerCase())
}
