import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { lineOfSetting, placeOfSource } from '../../../../src/lib/cli/setting-origin.js'
import { scratchFolder } from '../../support/scratch.js'

const text = 'host = a\n; port = 1\n port=2\nport = 3\ntls\n[profile x.y]\nport = 4\nallow[] = a\n"quoted" = 1\n'

describe('the line of a setting', () => {
  const file = () => {
    const name = path.join(scratchFolder(), 'c.ini')
    fs.writeFileSync(name, text)
    return name
  }
  for (const [section, key, line] of [
    ['', 'host', 1],
    ['', 'port', 4],
    ['', 'tls', 5],
    ['profile x.y', 'port', 7],
    ['profile x.y', 'allow', 8],
    ['profile x.y', 'quoted', 9],
    ['', 'allow', undefined],
    ['no such', 'port', undefined]
  ] as const)
    it(`is ${line} for ${key} in [${section}]`, () => expect(lineOfSetting(file(), section, key)).toBe(line))
})

it('the name of a layer tells file and section', () => {
  expect(placeOfSource('/a [b]/c.ini [profile x.y]')).toEqual({ file: '/a [b]/c.ini', section: 'profile x.y' })
  expect(placeOfSource('/a [b]/c.ini')).toEqual({ file: '/a [b]/c.ini', section: '' })
})
