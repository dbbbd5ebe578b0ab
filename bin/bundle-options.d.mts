import type { BuildOptions } from 'esbuild'

export const bundleOptions: BuildOptions & { write: false }
