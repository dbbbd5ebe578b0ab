import { fileURLToPath } from 'node:url'

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
  // Most commands need no database, and one of these has a native part; none but dialplan graph draws.
  external: ['kysely', 'libsql', 'mysql2', 'pg', '@viz-js/viz'],
  // inquirer's editor prompt, which no command uses: it would bring half a megabyte of character sets.
  alias: { '@inquirer/external-editor': fileURLToPath(new URL('no-editor.mjs', import.meta.url)) },
  // load.js runs the bundle as a vm.Script, where import() of what is left outside fails; it becomes a require when it is reached.
  supported: { 'dynamic-import': false },
  loader: { '.json': 'json' },
  logLevel: 'warning'
}
