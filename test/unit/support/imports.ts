import path from 'node:path'

/** One import or re-export of a source file. */
export interface Import {
  from: string
  /** Gone after compilation. */
  typeOnly: boolean
  /** `import()`: loaded when it is reached, not at the start. */
  dynamic: boolean
}

/** Reads the import and export-from statements of a TypeScript source; comments do not count. */
export function readImports(source: string): Import[] {
  const code = source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  const statements = code.matchAll(/^\s*(?:import|export)\s+(?:(type)\s+)?([\w*\s{},$]*?)\s*(?:from\s*)?(['"])([^'"\n]+)\3/gm)
  const statics = [...statements].map(
    ([, type, names = '', , from]): Import => ({ from: from!, typeOnly: type === 'type' || onlyTypes(names), dynamic: false })
  )
  const dynamics = [...code.matchAll(/\bimport\(\s*(['"])([^'"\n]+)\1\s*\)/g)].map(
    ([, , from]): Import => ({ from: from!, typeOnly: false, dynamic: true })
  )
  return [...statics, ...dynamics]
}

/** `{ type A, type B }` */
function onlyTypes(names: string): boolean {
  const list = /^\{([\s\S]*)\}$/.exec(names.trim())?.[1]
  const parts = list
    ?.split(',')
    .map((part) => part.trim())
    .filter(Boolean)
  return parts !== undefined && parts.length > 0 && parts.every((part) => part.startsWith('type '))
}

/** Source files by their path from the repository's root (`src/lib/errors.ts`). */
export type Sources = ReadonlyMap<string, string>

/** The file that a relative import means; `?text` and `?script` say only as what it is taken. */
export function resolveImport(file: string, from: string): string {
  return path.posix.join(path.posix.dirname(file), from.replace(/\?(text|script)$/, '')).replace(/\.js$/, '.ts')
}

/** The first circle among static imports of values, as the files of its way; undefined when there is none. */
export function findCycle(sources: Sources): string[] | undefined {
  const finished = new Set<string>()
  const visit = (file: string, way: readonly string[]): string[] | undefined => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file]
    if (finished.has(file)) return undefined
    for (const { from, typeOnly, dynamic } of readImports(sources.get(file) ?? '')) {
      if (typeOnly || dynamic || !from.startsWith('.')) continue
      const cycle = visit(resolveImport(file, from), [...way, file])
      if (cycle) return cycle
    }
    finished.add(file)
    return undefined
  }
  for (const file of sources.keys()) {
    const cycle = visit(file, [])
    if (cycle) return cycle
  }
  return undefined
}
