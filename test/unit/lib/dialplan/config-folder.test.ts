import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../../../src/lib/asterisk-config/load.js'
import { ConfigFolder } from '../../../../src/lib/dialplan/config-folder.js'
import { scratchFolder } from '../../support/scratch.js'

describe('a folder of configuration files', () => {
  it('gives files, globs and what is missing to the reader', () => {
    const folder = scratchFolder()
    fs.mkdirSync(path.join(folder, 'part.d'))
    fs.writeFileSync(
      path.join(folder, 'main.conf'),
      '[a]\n#include part.d/*.conf\n#tryinclude none.conf\n#tryinclude none.d/*\n#tryinclude part.d\n'
    )
    fs.writeFileSync(path.join(folder, 'part.d/b.conf'), 'b=1\n')
    fs.writeFileSync(path.join(folder, 'part.d/a.conf'), 'a=1\n')
    const config = loadConfig('main.conf', new ConfigFolder(folder))
    expect(config.sections[0]!.settings.map(({ name }) => name)).toEqual(['a', 'b'])
    expect(config.files.map((file) => path.relative(folder, file))).toEqual(['main.conf', 'part.d/a.conf', 'part.d/b.conf'])
    expect(config.problems.map(({ code, line }) => [code, line])).toEqual([['not-a-file', 5]])
  })
})
