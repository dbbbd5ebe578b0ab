// Builds what is shipped: minified CommonJS bundles in dist/, one for each topic. With `--manifest` also oclif.manifest.json, which is committed.
// `--check` builds nothing and exits 1 when the committed manifest is not what the sources give.
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import esbuild from 'esbuild'
import { bundleOptions } from './bundle-options.mjs'

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..')
const dist = path.join(root, 'dist')

/** The commands by their first word: src/commands/ami/send.ts is of `ami`, src/commands/keygen.ts of `keygen`. */
function topics() {
  const commands = listFiles(path.join(root, 'src/commands'))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.relative(path.join(root, 'src/commands'), file).replaceAll(path.sep, '/').replace(/\.ts$/, ''))
    .sort()
  const names = [...new Set(commands.map((command) => command.split('/')[0]))]
  return Object.fromEntries(names.map((name) => [name, commands.filter((command) => command.split('/')[0] === name)]))
}

/** src/commands/ami/send.ts -> ami:send. Commands are reached through getters, so that only the one that runs is evaluated. */
function entrySource(commands) {
  const getters = commands.map(
    (name) =>
      `  get ${JSON.stringify(name.replace(/\/index$/, '').replaceAll('/', ':'))}() { return require('./src/commands/${name}.ts').default },`
  )
  return `export { run } from './src/lib/cli/run.ts'\nexport const COMMANDS = {\n${getters.join('\n')}\n}\n`
}

function listFiles(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name)
    return entry.isDirectory() ? listFiles(file) : [file]
  })
}

/** A start reads and caches all of a bundle: one for each topic, and one without commands for help, is a third of what all in one would be. */
async function bundleAll() {
  const all = { '': [], ...topics() }
  const built = await Promise.all(Object.entries(all).map(async ([topic, commands]) => [topic, await bundle(commands)]))
  const files = built.map(([topic, code]) => {
    const hash = createHash('sha256').update(code).digest('hex').slice(0, 16)
    return { topic, code, name: `${topic || 'none'}.${hash}.cjs` }
  })
  fs.mkdirSync(dist, { recursive: true })
  for (const { name, code } of files) writeWhole(path.join(dist, name), code)
  const names = Object.fromEntries(files.map(({ topic, name }) => [topic, name]))
  writeWhole(
    path.join(dist, 'cli.cjs'),
    `module.exports = require('../bin/load.js').choose(__dirname, ${JSON.stringify(names)})\n`
  )
  const kept = ['cli.cjs', ...Object.values(names)]
  for (const old of fs.readdirSync(dist)) if (!kept.some((name) => old.startsWith(name))) fs.rmSync(path.join(dist, old))
}

async function bundle(commands) {
  const built = await esbuild.build({
    ...bundleOptions,
    stdin: { contents: entrySource(commands), resolveDir: root, sourcefile: 'entry.ts', loader: 'ts' }
  })
  return built.outputFiles[0].contents
}

/** A program that starts while we build finds the old file or the new one. */
function writeWhole(file, content) {
  fs.writeFileSync(`${file}.${process.pid}`, content)
  fs.renameSync(`${file}.${process.pid}`, file)
}

/** The manifest as the sources give it; `Config.load` would read the old one back. */
async function manifest() {
  // Every bundle is loaded, each with its own oclif and its own cache to write, which listen for the end: Node would warn of a leak.
  process.setMaxListeners(0)
  const { Plugin } = await import('@oclif/core/config')
  const plugin = new Plugin({
    root,
    ignoreManifest: true,
    errorOnManifestCreate: true,
    respectNoCacheDefault: true,
    isRoot: true
  })
  await plugin.load()
  return `${JSON.stringify(plugin.manifest, null, 2)}\n`
}

const manifestFile = path.join(root, 'oclif.manifest.json')
if (process.argv.includes('--check')) {
  const committed = fs.existsSync(manifestFile) ? fs.readFileSync(manifestFile, 'utf8') : ''
  if (committed !== (await manifest())) {
    console.error('oclif.manifest.json is stale. Run: npm run build')
    process.exitCode = 1
  }
} else {
  await bundleAll()
  if (process.argv.includes('--manifest')) fs.writeFileSync(manifestFile, await manifest())
}
