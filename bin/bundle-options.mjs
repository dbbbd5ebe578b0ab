import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import esbuild from 'esbuild'
import { lazyOclif } from './lazy-requires.mjs'

/**
 * A file of the proxy's web page as text: `FILE?text` as it is, `FILE.ts?script` bundled for browsers. They are parts of the program: who installs it
 * builds nothing, and who opens the page fetches nothing from elsewhere.
 */
export async function loadAsset(file, kind) {
  if (kind === 'text') return fs.readFileSync(file, 'utf8')
  const built = await esbuild.build({
    entryPoints: [file],
    bundle: true,
    write: false,
    platform: 'browser',
    // Top-level features of browsers of the last three years.
    target: 'es2022',
    format: 'esm',
    minify: true,
    legalComments: 'none',
    logLevel: 'warning'
  })
  return built.outputFiles[0].text
}

/** `import text from './page/index.html?text'`, for esbuild. */
export const webAssets = {
  name: 'web-assets',
  setup(build) {
    build.onResolve({ filter: /\?(text|script)$/ }, ({ path: wanted, resolveDir }) => {
      const [file, kind] = wanted.split('?')
      return { path: path.resolve(resolveDir, file), namespace: 'web-assets', pluginData: kind }
    })
    build.onLoad({ filter: /.*/, namespace: 'web-assets' }, async ({ path: file, pluginData: kind }) => ({
      contents: await loadAsset(file, kind),
      loader: 'text'
    }))
  }
}

/** The same for vitest. */
export const webAssetsForVite = {
  name: 'web-assets',
  enforce: 'pre',
  resolveId(wanted, importer) {
    const match = /^(\..*)\?(text|script)$/.exec(wanted)
    // The ending is for Vite, which would make something of a style sheet.
    return match && importer ? `\0web-assets:${match[2]}:${path.resolve(path.dirname(importer), match[1])}:asset` : undefined
  },
  async load(id) {
    const match = /^\0web-assets:(text|script):(.*):asset$/s.exec(id)
    return match ? `export default ${JSON.stringify(await loadAsset(match[2], match[1]))}` : undefined
  }
}

/** How esbuild makes the bundle that is shipped. Tests bundle parts of the program in the same way. */
export const bundleOptions = {
  bundle: true,
  write: false,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  // Without keepNames, which would cost a call for every closure on the hot paths.
  minify: true,
  legalComments: 'none',
  charset: 'ascii',
  // Most commands need no database, and one of these has a native part; none but dialplan graph draws.
  // Certificates are made once in a while, and what makes them would be a quarter of the bundles of dialplan and keygen.
  external: ['kysely', 'libsql', 'mysql2', 'pg', '@viz-js/viz', 'pkijs', 'asn1js'],
  // inquirer's editor prompt, which no command uses: it would bring half a megabyte of character sets.
  alias: { '@inquirer/external-editor': fileURLToPath(new URL('no-editor.mjs', import.meta.url)) },
  // load.js runs the bundle as a vm.Script, where import() of what is left outside fails; it becomes a require when it is reached.
  supported: { 'dynamic-import': false },
  loader: { '.json': 'json' },
  plugins: [webAssets, lazyOclif],
  logLevel: 'warning'
}
