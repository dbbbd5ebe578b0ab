import type { BuildOptions, Plugin } from 'esbuild'

/** A file of the web page as text; kind `script`: bundled for browsers. */
export function loadAsset(file: string, kind: 'text' | 'script'): Promise<string>
export const webAssets: Plugin
/** A plugin of Vite. */
export const webAssetsForVite: {
  name: string
  enforce: 'pre'
  resolveId(wanted: string, importer: string | undefined): string | undefined
  load(id: string): Promise<string | undefined>
}
export const bundleOptions: BuildOptions & { write: false }
