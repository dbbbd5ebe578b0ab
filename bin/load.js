// Loads a bundle with V8's code cache, so that a start does not compile what an earlier start compiled.
// A bundle's name carries its content hash: a cache can never belong to other code.

const fs = require('node:fs')
const path = require('node:path')
const nodeModule = require('node:module')
const vm = require('node:vm')

/** Words that ask for help, as package.json tells oclif. */
const helpFlags = ['--help', '-h']

/**
 * What the command line needs: `pbxkit ami send` nothing of the other topics, and its help no command at all.
 * @param bundles file names by the id of a service, or by topic for all else; '' is the one without commands, for help and for what is no command
 * @param commands the ids of all commands
 */
exports.choose = function choose(folder, bundles, commands) {
  const found = findCommand(process.argv.slice(2), commands)
  const loadBundle = (name, use) => load(path.join(folder, bundles[name]), use)
  const nameOf = (id) => (id in bundles ? id : id.split(':')[0])
  const bundle = found ? loadBundle(nameOf(found.id), found.id.replaceAll(':', '-')) : loadBundle('', 'help')
  return {
    run: (argv) => bundle.run(argv, found),
    /** All of them, for whoever makes the manifest; getters stay getters. */
    get COMMANDS() {
      const all = Object.keys(bundles).map((name) => Object.getOwnPropertyDescriptors(loadBundle(name, 'manifest').COMMANDS))
      const byId = Object.entries(Object.assign({}, ...all)).sort(([one], [other]) => (one < other ? -1 : 1))
      return Object.defineProperties({}, Object.fromEntries(byId))
    }
  }
}

/**
 * The command that a line begins with, the longest there is: `agi tunnel serve` and not `agi tunnel`.
 * @returns its id and how many words that took; undefined where help is wanted, or where there is none
 */
exports.findCommand = findCommand

function findCommand(argv, commands) {
  const end = argv.indexOf('--')
  if ((end < 0 ? argv : argv.slice(0, end)).some((word) => helpFlags.includes(word))) return undefined
  const firstFlag = argv.findIndex((word) => word.startsWith('-'))
  const most = firstFlag < 0 ? argv.length : firstFlag
  // No command has more words than this.
  for (let words = Math.min(most, 4); words > 0; words--) {
    const id = argv.slice(0, words).join(':')
    if (commands.includes(id)) return { id, words }
    // `agi tunnel user` is a topic, though there is a command `agi tunnel`.
    if (commands.some((command) => command.startsWith(`${id}:`))) return undefined
  }
  return undefined
}

/**
 * Each use of a bundle has a cache of its own, with the functions that this use needs: one for all would have what the first run needed, and every start
 * would read it whole.
 */
exports.load = load

function load(file, use = 'all') {
  const cacheFiles = cachePaths(file, use)
  const cachedData = cacheFiles.map(readIfThere).find(Boolean)
  // Latin-1 is ASCII here (see build.mjs), and nothing has to be decoded.
  const script = new vm.Script(nodeModule.wrap(fs.readFileSync(file, 'latin1')), { filename: file, cachedData })
  if (!cachedData || script.cachedDataRejected) {
    uncached.push(() => cacheFiles.some((cache) => writeAtomically(cache, script.createCachedData())))
    if (uncached.length === 1) process.once('exit', writeCaches)
  }
  const bundle = { exports: {} }
  script.runInThisContext()(bundle.exports, nodeModule.createRequire(file), bundle, file, path.dirname(file))
  return bundle.exports
}

/** What writes the caches of this run: all topics' when the manifest is made. */
const uncached = []

function writeCaches() {
  for (const write of uncached) write()
}

/** Beside the bundle when that is writable, else the user's cache folder. */
function cachePaths(file, use) {
  const name = `${path.basename(file)}.${use}.${process.version}-${process.arch}.cache`
  const home = process.env.XDG_CACHE_HOME || (process.env.HOME && path.join(process.env.HOME, '.cache'))
  return [path.join(path.dirname(file), name), ...(home ? [path.join(home, 'pbxkit', name)] : [])]
}

function readIfThere(cache) {
  try {
    return fs.readFileSync(cache)
  } catch {
    return undefined
  }
}

/** A reader sees the whole file or none; a folder that cannot be written is no error. */
function writeAtomically(cache, data) {
  const temporary = `${cache}.${process.pid}`
  try {
    fs.mkdirSync(path.dirname(cache), { recursive: true, mode: 0o700 })
    fs.writeFileSync(temporary, data)
    fs.renameSync(temporary, cache)
    return true
  } catch {
    return false
  }
}
