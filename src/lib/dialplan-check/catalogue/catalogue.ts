/** What Asterisk 22 has, by name: applications, functions, objects of PJSIP and their options. */
export interface Catalogue {
  /** By name in lower case. */
  readonly applications: ReadonlyMap<string, Application>
  /** By name: case counts. */
  readonly functions: ReadonlyMap<string, readonly string[]>
  /** The options of each type of pjsip.conf, and of `wizard`. */
  readonly objects: ReadonlyMap<string, ReadonlySet<string>>
  readonly modules: ReadonlySet<string>
}

export interface Application {
  readonly name: string
  /** Any of them brings it; `builtin` is there always. */
  readonly modules: readonly string[]
  /** By the number of the argument: the letters, or words, that may stand there. */
  readonly options: Readonly<Record<string, readonly string[]>>
}

interface Bundled {
  applications: Record<string, { modules: string[]; options?: Record<string, string[]> }>
  functions: Record<string, string[]>
  objects: Record<string, string[]>
  modules: string[]
}

let loaded: Promise<Catalogue> | undefined

/** The bundled catalogue. Read when it is first asked for. */
export function loadCatalogue(): Promise<Catalogue> {
  loaded ??= import('./asterisk-22.json').then((module) => build(module.default as unknown as Bundled))
  return loaded
}

/** `core show functions` prints so many characters of a name. */
const shownOfFunction = 20

/** The same with the names of a running Asterisk in place of ours; what is known of them stays. */
export function withServerNames(
  catalogue: Catalogue,
  { applications, functions }: { applications: readonly string[]; functions: readonly string[] }
): Catalogue {
  const known = (name: string): Application =>
    catalogue.applications.get(name.toLowerCase()) ?? { name, modules: ['builtin'], options: {} }
  const whole = (name: string) => [
    name,
    ...(name.length < shownOfFunction ? [] : [...catalogue.functions.keys()].filter((one) => one.startsWith(name)))
  ]
  return {
    ...catalogue,
    applications: new Map(applications.map((name) => [name.toLowerCase(), known(name)])),
    functions: new Map(functions.flatMap(whole).map((name) => [name, catalogue.functions.get(name) ?? ['builtin']]))
  }
}

function build({ applications, functions, objects, modules }: Bundled): Catalogue {
  const all = new Map(
    Object.entries(applications).map(([name, { modules: of, options = {} }]) => [
      name.toLowerCase(),
      { name, modules: of, options }
    ])
  )
  return {
    applications: all,
    functions: new Map(Object.entries(functions)),
    objects: new Map(Object.entries(objects).map(([type, options]) => [type, new Set(options)])),
    modules: new Set(modules)
  }
}
