import type { CompletionModel, Values } from './model.js'

/** A branch of a shell's `case`: what it is for, and what is found there. */
export interface Branch<T> {
  /** Several where they have the same answer. */
  keys: string[]
  found: T
}

/** Which values follow which flag: `ami send --format`. Flags with the same answer are one branch, so that the script stays small. */
export function flagValueBranches(model: CompletionModel): Branch<Values>[] {
  const pairs = model.commands.flatMap(({ words, flags }) =>
    flags.flatMap(({ spellings, value }) => (value ? spellings.map((one) => [`${words} ${one}`, value] as const) : []))
  )
  return merge(pairs)
}

/** Which values an argument has, by command and place: `ami send 0`. */
export function argumentBranches(model: CompletionModel): Branch<Values>[] {
  return merge(model.commands.flatMap(({ words, args }) => args.map((values, index) => [`${words} ${index}`, values] as const)))
}

/** The fields of an action, by its name in lower case. */
export function fieldBranches(model: CompletionModel): Branch<readonly string[]>[] {
  const named = model.actions.map(({ name, fields }) => [name.toLowerCase(), fields.map((field) => field.name)] as const)
  return merge(named.filter(([, fields]) => fields.length > 0))
}

/** The values of a field of which Asterisk names them: `originate earlymedia`, in lower case. */
export function fieldValueBranches(model: CompletionModel): Branch<readonly string[]>[] {
  const pairs = model.actions.flatMap(({ name, fields }) =>
    fields.map((field) => [`${name} ${field.name}`.toLowerCase(), [...field.values]] as const)
  )
  return merge(pairs.filter(([, values]) => values.length > 0))
}

/** One branch for all keys with the same answer, in the order of their first. */
function merge<T>(pairs: readonly (readonly [string, T])[]): Branch<T>[] {
  const branches = new Map<string, Branch<T>>()
  for (const [key, found] of pairs) {
    const id = JSON.stringify(found)
    const branch = branches.get(id) ?? { keys: [], found }
    branch.keys.push(key)
    branches.set(id, branch)
  }
  return [...branches.values()]
}

/** A word of sh, bash or zsh that stands for itself. */
export function quoted(text: string): string {
  return /^[\w@%+,./:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

/** The branches of a `case` of bash or zsh. @param body the commands of a branch */
export function caseBranches<T>(branches: readonly Branch<T>[], body: (found: T) => string): string {
  return branches.map(({ keys, found }) => `    ${keys.map((key) => `'${key}'`).join('|')}) ${body(found)} ;;`).join('\n')
}
