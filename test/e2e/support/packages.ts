import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { root } from './pbxkit.js'

export interface InstalledPackage {
  /** Relative to the repository: node_modules/chalk */
  folder: string
  name: string
  version: string
  scripts: Record<string, string>
}

/** What `dependencies` of package.json brings, all the way down, as it is installed here. What is optional may be missing. */
export function runtimePackages(): InstalledPackage[] {
  const found = new Map<string, InstalledPackage>()
  const visit = (folder: string) => {
    const file = path.join(root, folder, 'package.json')
    const { name, version, scripts = {}, ...needs } = JSON.parse(fs.readFileSync(file, 'utf8'))
    const { dependencies = {}, optionalDependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = needs
    // npm installs a peer as well, unless it is marked as optional.
    const peers = Object.keys(peerDependencies).filter((peer) => !peerDependenciesMeta[peer]?.optional)
    if (folder !== '') found.set(folder, { folder, name, version, scripts })
    for (const needed of [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers]) {
      const at = whereIs(needed, folder)
      if (at === undefined && !(needed in optionalDependencies))
        throw new Error(`${name} needs ${needed}, which is not installed`)
      if (at !== undefined && !found.has(at)) visit(at)
    }
  }
  visit('')
  return [...found.values()]
}

/** As Node looks for it: in the folder's own node_modules, then in those above. */
function whereIs(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const candidate = path.posix.join(folder, 'node_modules', name)
    if (fs.existsSync(path.join(root, candidate, 'package.json'))) return candidate
    if (folder === '') return undefined
  }
}

/** Makes the tarball that a registry has of a package. @returns its path */
export function tarballOf({ folder, name }: InstalledPackage, into: string): string {
  const file = path.join(into, `${name.replace('/', '+')}.tgz`)
  execFileSync('tar', [
    '-czf',
    file,
    '--exclude',
    './node_modules',
    '--transform',
    's,^\\.,package,',
    '-C',
    path.join(root, folder),
    '.'
  ])
  return file
}
