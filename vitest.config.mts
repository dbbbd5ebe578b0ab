import { defineConfig } from 'vitest/config'
import { webAssetsForVite } from './bin/bundle-options.mjs'

/** What all three kinds of tests share: a command's output can only be captured when vitest leaves the console alone. */
const common = { disableConsoleIntercept: true }
/** The proxy's web page is text to the program. */
const plugins = [webAssetsForVite]

export default defineConfig({
  test: {
    projects: [
      // Most take milliseconds. The limit is for a hang, on a machine that does something else as well.
      {
        plugins,
        test: { ...common, name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 20_000, hookTimeout: 20_000 }
      },
      { plugins, test: { ...common, name: 'e2e', include: ['test/e2e/**/*.test.ts'], testTimeout: 30_000 } },
      // Real servers share ports and two cores: one file at a time.
      {
        plugins,
        test: {
          ...common,
          name: 'lab',
          include: ['test/lab/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 600_000,
          fileParallelism: false
        }
      }
    ]
  }
})
