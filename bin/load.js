// Loads a bundle with V8's code cache, so that a start does not compile what an earlier start compiled.
// A bundle's name carries its content hash: a cache can never belong to other code.

const fs = require('node:fs')
const path = require('node:path')
const nodeModule = require('node:module')
const vm = require('node:vm')

/**
 * The bundle of the command line's topic: `pbxkit ami send` needs nothing of the others.
 * @param bundles file names by topic; '' is the one without commands, for help and for what is no topic
 */
exports.choose = function choose(folder, bundles) {
  const loadTopic = (topic) => load(path.join(folder, bundles[topic]))
  const topic = String(process.argv[2]).split(':')[0]
  if (topic !== '' && Object.hasOwn(bundles, topic)) return loadTopic(topic)
  const { run } = loadTopic('')
  return {
    run,
    /** All of them, for whoever makes the manifest; getters stay getters. */
    get COMMANDS() {
      const all = Object.keys(bundles).map((name) => Object.getOwnPropertyDescriptors(loadTopic(name).COMMANDS))
      return Object.defineProperties({}, Object.assign({}, ...all))
    }
  }
}

exports.load = load

function load(file) {
  // Node 22 has this built in, and it also covers the modules that the bundle leaves outside.
  if (nodeModule.enableCompileCache) {
    nodeModule.enableCompileCache()
    return require(file)
  }
  const cacheFiles = cachePaths(file)
  const cachedData = cacheFiles.map(readIfThere).find(Boolean)
  const script = new vm.Script(nodeModule.wrap(fs.readFileSync(file, 'utf8')), { filename: file, cachedData })
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
function cachePaths(file) {
  const name = `${path.basename(file)}.${process.version}-${process.arch}.cache`
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
