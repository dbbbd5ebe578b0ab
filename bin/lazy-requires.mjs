import fs from 'node:fs'

/**
 * Has oclif's modules load what they need when they need it. They are compiled TypeScript: each begins with
 * `const errors_1 = require("../errors")`, so that one command drags in the templates of help, the search for plugins, and the logger with all of theirs.
 * @param source the text of such a module
 * @returns the same with `lazy$.errors_1`, a getter that loads once, wherever the name stood
 */
export function lazyRequires(source) {
  const getters = []
  const rest = source.replace(
    /^(?:const|var) (\w+_\d+) = ((?:__import(?:Default|Star)\()?require\("[^"]+"\)\)?);\n/gm,
    (_, name, value) => {
      getters.push({
        name,
        text: `get ${name}() { const value = ${value}; Object.defineProperty(this, "${name}", { value }); return value },`
      })
      return ''
    }
  )
  if (getters.length === 0) return source
  // `new a_1.B()` stays what it is with a property, and would not with a call.
  const used = rest.replace(new RegExp(`\\b(${getters.map(({ name }) => name).join('|')})\\b`, 'g'), 'lazy$.$1')
  const strict = '"use strict";\n'
  return `${strict}const lazy$ = {\n${getters.map(({ text }) => text).join('\n')}\n};\n${used.replace(strict, '')}`
}

/**
 * What looks for plugins, reads TypeScript, makes manifests and turns spinners: we have one bundle, and src/lib/cli/command-config.ts for what these find out. Compiling
 * a bundle for the first time costs what its size is, and these and their packages are 130 kB.
 */
const unused =
  /[\\/]lib[\\/](config[\\/](plugin|plugin-loader|ts-path)|module-loader|util[\\/](cache-command|os|read-pjson|read-tsconfig|find-root)|ux[\\/]action[\\/]\w+)\.js$/

const leftOut = 'throw new Error("This part of oclif is not in the bundle")'

/** For esbuild. */
export const lazyOclif = {
  name: 'lazy-oclif',
  setup(build) {
    build.onLoad({ filter: /[\\/]@oclif[\\/]core[\\/]lib[\\/].*\.js$/ }, ({ path }) => ({
      contents: unused.test(path) ? leftOut : lazyRequires(fs.readFileSync(path, 'utf8')),
      loader: 'js'
    }))
  }
}
