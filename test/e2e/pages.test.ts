import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { readPages } from '../unit/support/documents.js'
import { shellCommands } from '../unit/support/shell-commands.js'
import { PageShell, pageLines, type Setting } from './support/page-shell.js'

/** The blocks that are run as they stand; all others go through the flag parser in test/unit/docs. */
const blocks = readPages()
  .flatMap((page) => page.blocks)
  .filter(({ mark }) => /^run\b/.test(mark))
  .map((block) => ({ ...block, setting: block.mark.replace(/^run:? ?/, '') as Setting }))

const isHere = (name: string) => name === 'pbxkit' || spawnSync('sh', ['-c', `command -v ${name}`]).status === 0

describe('examples of the documentation', () => {
  it('are there to be run', () => {
    expect(blocks.length).toBeGreaterThan(12)
    expect(new Set(blocks.map(({ setting }) => setting))).toEqual(new Set(['', 'demo', 'site', 'accounts', 'astmanproxy']))
  })

  it.each(blocks)(
    '$place does what it says',
    async ({ text, setting }) => {
      const shell = await PageShell.open(setting)
      for (const line of pageLines(text)) {
        // A program of others that this machine lacks is no fault of the page.
        if (shellCommands(line.command).every(({ words: [name] }) => name === undefined || isHere(name))) await shell.run(line)
      }
    },
    60_000
  )
})

describe('the run of an example (of this test)', () => {
  it.each([
    ['pbxkit ami send Nothing --dry-run', 'status'],
    ['pbxkit --version # prints Asterisk', 'toContain'],
    ['pbxkit --version # exit status 64: no', 'status']
  ])('%s fails', async (text) => {
    const shell = await PageShell.open('')
    await expect(shell.run(pageLines(text)[0]!)).rejects.toThrow()
  })

  it('reads lines', () => {
    expect(pageLines("a 'b # c' \\\n  d   # prints x y\nserve & # s\ne # exit status 1 for no\n")).toEqual([
      { command: "a 'b # c' d", isService: false, prints: 'x y', status: 0 },
      { command: 'serve', isService: true, prints: undefined, status: 0 },
      { command: 'e', isService: false, prints: undefined, status: 1 }
    ])
  })
})
