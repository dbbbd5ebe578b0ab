// Runs a TypeScript file of this repository (the lab, the benchmarks): node bin/ts.mjs FILE [ARG ...]
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import esbuild from 'esbuild'
import { webAssets } from './bundle-options.mjs'

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..')
const [file] = process.argv.splice(2, 1)
const folder = path.join(root, 'node_modules', '.cache', 'pbxkit')
const outfile = path.join(folder, `${path.relative(root, path.resolve(file)).replaceAll(path.sep, '-')}.${process.pid}.mjs`)
await esbuild.build({
  entryPoints: [file],
  outfile,
  bundle: true,
  packages: 'external',
  platform: 'node',
  target: 'node20',
  format: 'esm',
  sourcemap: 'inline',
  plugins: [webAssets],
  // Where the source stood: scripts find their neighbours by import.meta.dirname, which would name the cache folder.
  define: { 'import.meta.dirname': JSON.stringify(path.dirname(path.resolve(file))) }
})
process.once('exit', () => fs.rmSync(outfile, { force: true }))
process.setSourceMapsEnabled(true)
await import(pathToFileURL(outfile).href)
