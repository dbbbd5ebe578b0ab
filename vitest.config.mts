import os from 'node:os'
import { defineConfig } from 'vitest/config'
import { webAssetsForVite } from './bin/bundle-options.mjs'

/** What all three kinds of tests share: a command's output can only be captured when vitest leaves the console alone. */
const common = { disableConsoleIntercept: true }
/** vitest leaves one core to whoever watches, which is half of a small machine. */
const maxWorkers = os.availableParallelism()
/** The proxy's web page is text to the program. */
const plugins = [webAssetsForVite]

export default defineConfig({
  test: {
    projects: [
      // Most take milliseconds. The limit is for a hang, on a machine that does something else as well.
      {
        plugins,
        test: {
          ...common,
          maxWorkers,
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 20_000,
          hookTimeout: 20_000
        }
      },
      { plugins, test: { ...common, maxWorkers, name: 'e2e', include: ['test/e2e/**/*.test.ts'], testTimeout: 30_000 } },
      // Each server has its own ports, folder and name (test/lab/servers/registry.ts), so that files can run beside each other. More than two would only wait for
      // cores, and for time-outs that are the servers' own.
      {
        plugins,
        test: {
          ...common,
          name: 'lab',
          include: ['test/lab/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 600_000,
          maxWorkers: 2,
          // After the others, which may have another number of workers.
          sequence: { groupOrder: 1 }
        }
      }
    ]
  }
})
