import fs from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { entryFields, sectionNames } from '../../../../src/lib/site/tree.js'
import { scratchFile } from '../../support/scratch.js'
import { errorsOf } from './support/site-sources.js'

const reference = fs.readFileSync(path.join(import.meta.dirname, '../../../../docs/dialplan.md'), 'utf8')
const documented = [...reference.matchAll(/^\| (`[a-z]+\.[^|]*) \|/gm)].flatMap(([, cell]) =>
  [...cell!.matchAll(/`([a-z]+)\.([a-z0-9_.]+)`/g)].map(([, where, name]) => [where!, name!] as const)
)

it('docs/dialplan.md has the fields of users and trunks, and no field that does not exist', async () => {
  expect(documented.length).toBeGreaterThan(60)
  for (const kind of ['user', 'trunk'] as const)
    expect(
      documented
        .filter(([where]) => where === kind)
        .map(([, name]) => name)
        .sort()
    ).toEqual([...entryFields[kind]].sort())
  const sections = [...sectionNames, 'user', 'trunk'].map((section) => {
    const names = documented.filter(([where]) => where === section).map(([, name]) => `${name} = ?`)
    return `[${section === 'user' || section === 'trunk' ? `${section}:x` : section}]\n${names.join('\n')}\nnot_there = ?\n`
  })
  const unknown = (await errorsOf({ file: scratchFile('x.ini', sections.join('')) })).filter(
    ({ code }) => code === 'unknown-field'
  )
  expect(unknown.every(({ message }) => message.includes('not_there'))).toBe(true)
  expect(unknown).toHaveLength(sections.length)
  // The hint has all that there is.
  const existing = unknown.flatMap(({ hint }) => /^There are (.*)\.$/.exec(hint!)![1]!.split(', '))
  expect(existing.filter((name) => !documented.some(([, one]) => one === name) && !/^key\./.test(name))).toEqual(['contry_code'])
})
