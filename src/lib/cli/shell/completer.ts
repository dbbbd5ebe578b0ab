import { commandOutput } from '../../ami/block.js'
import { matchesQuery, splitMatches } from '../../ami-shell/cli-matches.js'
import { type CompletionSource, complete } from '../../ami-shell/completion.js'
import type { FieldValues } from '../../ami-shell/field-values.js'
import type { Ask, ServerCatalog } from '../../ami-shell/server-catalog.js'
import type { Completer } from './screen.js'

/** The terminal stands still while it completes, Ctrl-C included: no answer is waited for any longer. */
const patienceMs = 1_500

export interface CompleterOptions {
  catalog: ServerCatalog
  values: FieldValues
  ask: Ask
}

/** Completion from the connected server: its actions and their fields, the values that it has, and its own completion of CLI commands. */
export function serverCompleter({ catalog, values, ask }: CompleterOptions): Completer {
  const source: CompletionSource = {
    actionNames: () => catalog.actionNames,
    eventNames: () => [...catalog.bundled.events.values()].map(({ name }) => name),
    fields: async (action) => (await catalog.describe('action', action))?.fields ?? [],
    values: (action, field, given) => values.valuesFor(action, field, given),
    cli: async (command) => {
      const query = matchesQuery(command)
      if (!query || !catalog.mayCommand) return []
      const { response } = await ask(query)
      return splitMatches(commandOutput(response)?.toString('utf8') ?? '')
    }
  }
  return (line, done) => {
    const nothing: [string[], string] = [[], line]
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<typeof nothing>((resolve) => {
      timer = setTimeout(() => resolve(nothing), patienceMs)
    })
    const found = complete(line, source).then(({ typed, candidates }): typeof nothing => [candidates, typed])
    Promise.race([found, late])
      .catch(() => nothing)
      .then((result) => done(null, result))
      .finally(() => clearTimeout(timer))
  }
}
