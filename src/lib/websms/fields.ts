/** A name and its value, of a form or of a document. */
export type Field = readonly [name: string, value: string]

/** By the code units of their names. */
export function sortFields(fields: readonly Field[]): [string, string][] {
  return fields.map(([name, value]): [string, string] => [name, value]).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}

/** Documents of providers have three or four levels; deeper ones are nobody's. */
const maxDepth = 8

/**
 * Texts, numbers and booleans of a JSON document, each by its path (`messages.0.status`), in their order.
 * @param maxFields further ones are left out
 */
export function fieldsOfJson(json: unknown, maxFields: number): Field[] {
  const found: Field[] = []
  const walk = (value: unknown, path: string, depth: number): void => {
    if (found.length >= maxFields || depth > maxDepth) return
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') found.push([path, String(value)])
    else if (typeof value === 'object' && value !== null)
      for (const [name, one] of Object.entries(value)) walk(one, path === '' ? name : `${path}.${name}`, depth + 1)
  }
  walk(json, '', 0)
  return found
}

/** The values that a name stands for: a whole path, else all members of that name, wherever they are (as upstream looks for them). */
export function valuesOf(fields: readonly Field[], name: string): string[] {
  const exact = fields.filter(([path]) => path === name)
  const named = exact.length > 0 ? exact : fields.filter(([path]) => path.slice(path.lastIndexOf('.') + 1) === name)
  return named.map(([, value]) => value)
}
