// Writes docs/licences.md: the packages that pbxkit brings and those it is made with, their versions and licences, from package-lock.json and node_modules.
// `--check` writes nothing and exits 1 when the committed page is not what the lock file gives.
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..')
const lock = JSON.parse(fs.readFileSync(path.join(root, 'package-lock.json'), 'utf8')).packages
const file = path.join(root, 'docs/licences.md')

/** A package is told by its folder in the lock file; of a platform that is not ours only the lock file speaks. */
function facts([folder, entry]) {
  const manifest = path.join(root, folder, 'package.json')
  const found = fs.existsSync(manifest) ? JSON.parse(fs.readFileSync(manifest, 'utf8')) : {}
  const licence =
    entry.license ?? found.license?.type ?? found.license ?? found.licenses?.map(({ type }) => type).join(' or ') ?? 'unknown'
  return {
    name: entry.name ?? folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length),
    version: entry.version,
    licence: String(licence).replace(/[()]/g, ''),
    optional: Boolean(entry.optional),
    dev: Boolean(entry.dev || entry.devOptional)
  }
}

const all = Object.entries(lock)
  .filter(([folder]) => folder !== '')
  .map(facts)
  .sort((a, b) => (a.name === b.name ? (a.version < b.version ? -1 : 1) : a.name < b.name ? -1 : 1))
const kept = process.argv.includes('--check') && fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : ''

const row = ({ name, version, licence, optional }) =>
  `| ${name} | ${version} | ${licence}${optional ? ' | where it fits the platform |' : ' | |'}`
const table = (packages) => `| package | version | licence | |\n|---|---|---|---|\n${packages.map(row).join('\n')}\n`
const counts = (packages) => {
  const byLicence = {}
  for (const { licence } of packages) byLicence[licence] = (byLicence[licence] ?? 0) + 1
  return Object.entries(byLicence)
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .map(([licence, count]) => `${licence} ${count}`)
    .join(', ')
}
const [shipped, made] = [all.filter(({ dev }) => !dev), all.filter(({ dev }) => dev)]

const text = `# Licences

Made by \`node bin/licences.mjs\` from package-lock.json; a test holds it current. pbxkit itself is under the MIT licence. Why each direct dependency was chosen stands in
[dependencies.md](dependencies.md).

## At run time: ${shipped.length} packages

${counts(shipped)}.

${table(shipped)}
## For development: ${made.length} packages

${counts(made)}. None of them is shipped.

${table(made)}`

if (!process.argv.includes('--check')) fs.writeFileSync(file, text)
else if (kept !== text) {
  console.error('docs/licences.md is stale. Run: node bin/licences.mjs')
  process.exitCode = 1
}
