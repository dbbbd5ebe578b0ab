/** A field of an action in the form. */
export interface FormField {
  name: string
  required?: boolean
  default?: string
  enum?: string[]
  /** Typed unseen. */
  secret?: boolean
}

export interface FormAction {
  name: string
  fields: FormField[]
}

/** `/actions.json`. */
export interface FormCatalog {
  /** Where it comes from. */
  source: string
  actions: FormAction[]
}

/** They concern the page's own session, which would end, or go deaf. */
const ofTheSession = new Set(['login', 'logoff', 'challenge', 'events', 'filter', 'waitevent'])

export function isOfTheSession(name: string): boolean {
  return ofTheSession.has(name.trim().toLowerCase())
}

/** Those that the form offers, by their names in lower case. */
export function offeredActions({ actions }: FormCatalog): ReadonlyMap<string, FormAction> {
  return new Map(actions.filter(({ name }) => !isOfTheSession(name)).map((action) => [action.name.toLowerCase(), action]))
}

/** `Name: value` lines below the documented fields, for those that may be repeated (Variable) or are not documented. @throws Error with the line */
export function readMoreFields(text: string): [name: string, value: string][] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => {
      const match = /^([\w.-]+)\s*[:=]\s*(.*)$/.exec(line)
      if (!match) throw new Error(`"${line.slice(0, 60)}" is not "Name: value"`)
      if (/^action(id)?$/i.test(match[1]!)) throw new Error(`${match[1]} is set by the page`)
      return [match[1]!, match[2]!]
    })
}

/** The fields as one object for the WebSocket: repeated ones become arrays. */
export function asMessage(fields: readonly (readonly [name: string, value: string])[]): Record<string, string | string[]> {
  const names = [...new Set(fields.map(([name]) => name))]
  return Object.fromEntries(
    names.map((name) => {
      const values = fields.flatMap(([other, value]) => (other === name ? [value] : []))
      return [name, values.length === 1 ? values[0]! : values]
    })
  )
}
