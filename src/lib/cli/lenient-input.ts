import { UsageError } from '../errors.js'
import { suggestion } from '../nearest.js'
import type { Interfaces } from './oclif.js'

type Flags = Interfaces.FlagInput
type Args = Interfaces.ArgInput

/**
 * The flags as they are parsed: one that may be repeated takes one value each time. oclif would give it all words that follow, and
 * `agi call --var A=1 agi://pbx` would have no URL. Undefined: the command has none.
 */
export function repeatableFlags<T extends Flags>(flags: T | undefined): T {
  const entries = Object.entries(flags ?? {}).map(([name, flag]) => [
    name,
    flag.type === 'option' && flag.multiple ? { ...flag, multipleNonGreedy: true } : flag
  ])
  return Object.fromEntries(entries) as T
}

/** The arguments as they are parsed: a required one may be missing, since it can be asked for. */
export function optionalArgs<T extends Args>(args: T | undefined): T {
  return Object.fromEntries(Object.entries(args ?? {}).map(([name, arg]) => [name, { ...arg, required: false }])) as T
}

/**
 * Asks for the required arguments that were not given.
 * @param given the arguments; gets the answers
 * @param mayAsk how to ask, undefined where nobody can be; called only when something is missing, since a look at process.stdin makes it
 *   non-blocking, and a command that reads it at once would fail
 * @throws UsageError that names those that are missing, or the words that are possible
 */
export async function fillMissingArgs(
  definitions: Args | undefined,
  given: Record<string, unknown>,
  mayAsk: () => ((question: string) => Promise<string>) | undefined
): Promise<void> {
  const missing = Object.entries(definitions ?? {}).filter(([name, { required }]) => required && given[name] === undefined)
  if (missing.length === 0) return
  const ask = mayAsk()
  if (!ask) {
    const names = missing.map(([name]) => name.toUpperCase())
    const meanings = missing.map(([name, { description }]) => `${name.toUpperCase()}: ${description}`).join('; ')
    throw new UsageError(`${listed(names)} ${names.length === 1 ? 'is' : 'are'} missing`, { hint: `${meanings}. See --help.` })
  }
  for (const [name, { description, options }] of missing) {
    const answer = await ask(`${name.toUpperCase()} (${description}):`)
    if (answer === '') throw new UsageError(`${name.toUpperCase()} is missing`, { hint: 'See --help.' })
    if (options && !options.includes(answer))
      throw new UsageError(`${name.toUpperCase()} must be one of ${options.join(', ')}, not "${answer}"`)
    given[name] = answer
  }
}

/** "A, B and C" */
function listed(names: readonly string[]): string {
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

/**
 * A word too many may be a mistyped command below this one, as in `agi tunnel srve`.
 * @param ids the commands, `agi:tunnel:serve`
 * @returns what says so, else the error as it was
 */
export function nameNearestCommand(error: Error, id: string, ids: () => readonly string[]): Error {
  const { args: [word] = [] } = error as { args?: readonly unknown[] }
  if (typeof word !== 'string' || !error.message.startsWith('Unexpected argument')) return error
  const parts = id.split(':').length
  const below = ids().filter((one) => one.startsWith(`${id}:`))
  // With what follows, as of `agi tunnel user`, the word alone would seem far off.
  const near = suggestion(
    `${id}:${word}`,
    below.map((one) => one.split(':', parts + 1).join(':'))
  )
  return near ? new UsageError(error.message.split('\n')[0]!, { hint: near.replaceAll(':', ' '), cause: error }) : error
}
