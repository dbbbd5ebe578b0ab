import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { legacyKeys } from '../../../src/lib/proxy/legacy/astmanproxy-settings.js'
import { root } from '../support/documents.js'

const page = fs.readFileSync(path.join(root, 'docs/from-astmanproxy.md'), 'utf8')

/** The words in code of the first cells of the table under a heading. */
function firstCells(heading: string): string[] {
  const [own] = page.slice(page.indexOf(`\n## ${heading}\n`) + 1).split('\n## ')
  return [...own!.matchAll(/^\| ([^|]*) \|/gm)].flatMap(([, cell]) => [...cell!.matchAll(/`([^`]+)`/g)].map(([, word]) => word!))
}

describe('docs/from-astmanproxy.md', () => {
  it('has every key of astmanproxy.conf, and none that there is not', () => {
    const keys = firstCells('Keys of astmanproxy.conf').map((key) => key.replace(/ =.*/, ''))
    expect(keys.sort()).toEqual(['host', ...Object.keys(legacyKeys)].sort())
  })

  it('has every column of astmanproxy.users', () => {
    const line = /`(user=secret,[^`]*)`/.exec(page)![1]!
    expect(firstCells('Columns of astmanproxy.users')).toEqual(line.split(/[=,]/))
    const source = fs.readFileSync(path.join(root, 'src/lib/proxy/legacy/astmanproxy-users.ts'), 'utf8')
    expect(source).toContain(line)
  })

  it('has every ProxyAction', () => {
    const source = fs.readFileSync(path.join(root, 'src/lib/proxy/proxy-actions.ts'), 'utf8')
    const [, table] = /const proxyActions: .*? = \{\n([\s\S]*?)\n\}\n/.exec(source)!
    const actions = [...table!.matchAll(/^ {2}([a-z]+): /gm)].map(([, name]) => name!)
    expect(actions.length).toBeGreaterThan(8)
    const documented = [...firstCells('ProxyActions'), 'ProxyStatus'].map((name) => name.toLowerCase())
    expect(documented.sort()).toEqual(actions.sort())
    expect(page).toContain('new: `ProxyStatus`')
  })
})
