// What a fresh clone needs before anything runs: dependencies installed as locked, and the bundle built.
// Uses nothing but Node itself, and does nothing when all is there.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..')
const need = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
  .engines.node.match(/(\d+)\.(\d+)/)
  .slice(1)
  .map(Number)
const have = process.versions.node.split('.').map(Number)

if (have[0] < need[0] || (have[0] === need[0] && have[1] < need[1])) {
  console.error(`pbxkit needs Node.js ${need.join('.')} or newer; this is ${process.versions.node} (${process.execPath}).`)
  process.exit(78)
}

const stamp = path.join(root, 'node_modules', '.pbxkit-lock')
const lock = createHash('sha256')
  .update(fs.readFileSync(path.join(root, 'package-lock.json')))
  .digest('hex')
if (!fs.existsSync(stamp) || fs.readFileSync(stamp, 'utf8') !== lock) {
  console.error('pbxkit: installing dependencies (npm ci) ...')
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, stdio: ['ignore', 2, 2] })
  fs.writeFileSync(stamp, lock)
}

const built = path.join(root, 'dist', 'cli.cjs')
const newestSource = Math.max(
  ...['src', 'bin/build.mjs', 'bin/bundle-options.mjs', 'package.json'].map((name) => newest(path.join(root, name)))
)
if (!fs.existsSync(built) || fs.statSync(built).mtimeMs < newestSource) {
  console.error('pbxkit: building ...')
  execFileSync(process.execPath, [path.join(root, 'bin', 'build.mjs')], { cwd: root, stdio: ['ignore', 2, 2] })
}

/** The latest modification below a path, in milliseconds since 1970. */
function newest(file) {
  const stat = fs.statSync(file)
  if (!stat.isDirectory()) return stat.mtimeMs
  return Math.max(stat.mtimeMs, ...fs.readdirSync(file).map((name) => newest(path.join(file, name))))
}
