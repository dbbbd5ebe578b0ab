// Builds what is shipped: minified CommonJS bundles in dist/, one for each topic and one for each service. With `--manifest` also oclif.manifest.json, which is committed.
// `--check` builds nothing and exits 1 when the committed manifest is not what the sources give.
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import esbuild from 'esbuild'
import { bundleOptions } from './bundle-options.mjs'

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..')
const dist = path.join(root, 'dist')

/**
 * The commands of each bundle. Those of a topic share one: src/commands/ami/send.ts is of `ami`, src/commands/keygen.ts of `keygen`. A service has its own, with
 * all that only services need, which the short commands beside it would read at each start.
 */
function commandsByBundle() {
  const commands = listFiles(path.join(root, 'src/commands'))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.relative(path.join(root, 'src/commands'), file).replaceAll(path.sep, '/').replace(/\.ts$/, ''))
    .sort()
  const bundleOf = (command) => (command.endsWith('/serve') ? idOf(command) : command.split('/')[0])
  const names = [...new Set(commands.map(bundleOf))]
  return Object.fromEntries(names.map((name) => [name, commands.filter((command) => bundleOf(command) === name)]))
}

/** src/commands/ami/send.ts is ami:send. */
function idOf(name) {
  return name.replace(/\/index$/, '').replaceAll('/', ':')
}

/** Commands are reached through getters, so that only the one that runs is evaluated. */
function entrySource(commands) {
  const getters = commands.map(
    (name) => `  get ${JSON.stringify(idOf(name))}() { return require('./src/commands/${name}.ts').default },`
  )
  return `import { run as start } from './src/lib/cli/run.ts'
export const COMMANDS = {\n${getters.join('\n')}\n}
export const run = (argv, found) => start(argv, found && { ...found, load: () => COMMANDS[found.id] })\n`
}

function listFiles(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name)
    return entry.isDirectory() ? listFiles(file) : [file]
  })
}

/** A start reads and caches all of a bundle, so there are several, each a third of what all in one would be, or less. The one without commands is for help. */
async function bundleAll() {
  const all = { '': [], ...commandsByBundle() }
  const built = await Promise.all(Object.entries(all).map(async ([bundle, commands]) => [bundle, await bundled(commands)]))
  const files = built.map(([bundle, code]) => {
    const hash = createHash('sha256').update(code).digest('hex').slice(0, 16)
    return { bundle, code, name: `${bundle.replaceAll(':', '-') || 'none'}.${hash}.cjs` }
  })
  fs.mkdirSync(dist, { recursive: true })
  for (const { name, code } of files) writeWhole(path.join(dist, name), code)
  const names = Object.fromEntries(files.map(({ bundle, name }) => [bundle, name]))
  const ids = Object.values(all).flat().map(idOf)
  writeWhole(
    path.join(dist, 'cli.cjs'),
    `module.exports = require('../bin/load.js').choose(__dirname, ${JSON.stringify(names)}, ${JSON.stringify(ids)})\n`
  )
  const kept = ['cli.cjs', ...Object.values(names)]
  for (const old of fs.readdirSync(dist))
    if (!old.startsWith('help.') && !kept.some((name) => old.startsWith(name))) fs.rmSync(path.join(dist, old))
}

/**
 * What help reads in place of the manifest of half a megabyte: help.json has the topics and a line of each command, help.TOPIC.json the commands of a topic with all
 * their flags (src/lib/cli/help-config.ts).
 */
async function writeHelp() {
  const { Config } = await import('@oclif/core/config')
  const { commands, topics } = await Config.load(root)
  const summaries = commands.map(({ args, description, examples, flags, load, ...rest }) => rest)
  writeWhole(path.join(dist, 'help.json'), JSON.stringify({ topics, commands: summaries }))
  for (const topic of new Set(commands.map(({ id }) => id.split(':')[0]))) {
    const own = commands.filter(({ id }) => id.split(':')[0] === topic)
    writeWhole(path.join(dist, `help.${topic}.json`), JSON.stringify(own))
  }
}

async function bundled(commands) {
  const built = await esbuild.build({
    ...bundleOptions,
    stdin: { contents: entrySource(commands), resolveDir: root, sourcefile: 'entry.ts', loader: 'ts' }
  })
  return escapeRest(built.outputFiles[0].text)
}

/**
 * Makes the code ASCII, which V8 keeps in half the memory: one bullet makes two bytes of every character. esbuild escapes all but regular expressions, where
 * \\u stands for the same.
 */
function escapeRest(code) {
  return code.replace(/[^\x00-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** A program that starts while we build finds the old file or the new one. */
function writeWhole(file, content) {
  fs.writeFileSync(`${file}.${process.pid}`, content)
  fs.renameSync(`${file}.${process.pid}`, file)
}

/** The manifest as the sources give it; `Config.load` would read the old one back. */
async function manifest() {
  // Every bundle is loaded, each with its own oclif and its own cache to write, which listen for the end: Node would warn of a leak.
  for (const emitter of [process, process.stdout, process.stderr]) emitter.setMaxListeners(0)
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
  await writeHelp()
}
