import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Page, readMarkdown, readPages, root } from '../support/documents.js'

const pages = new Map(readPages().map((page) => [page.file, page]))

/** Links and pictures of a page that lead to no other host, without those that stand in code. */
function relativeLinks({ text }: Pick<Page, 'text'>): string[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`]*`/g, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!).filter((target) => !/^[a-z]+:/.test(target))
}

function faultOf(from: string, link: string): string | undefined {
  const [file = '', anchor] = link.split('#')
  const target = file === '' ? from : path.posix.normalize(path.posix.join(path.posix.dirname(from), file))
  if (!fs.existsSync(path.join(root, target))) return `${from}: there is no ${target}`
  if (anchor === undefined || pages.get(target)?.anchors.has(anchor)) return undefined
  return `${from}: ${target} has no heading #${anchor}`
}

describe('links of the documentation', () => {
  it('lead to files and headings that exist', () => {
    const links = [...pages.values()].flatMap((page) => relativeLinks(page).map((link) => [page.file, link] as const))
    expect(links.length).toBeGreaterThan(100)
    expect(links.flatMap(([from, link]) => faultOf(from, link) ?? [])).toEqual([])
  })

  it('lead from the README to every page', () => {
    const linked = new Set(relativeLinks(pages.get('README.md')!).map((link) => link.replace(/#.*/, '')))
    const own = [...pages.keys()].filter((file) => !file.startsWith('docs/reference/') && file !== 'README.md')
    expect(own.filter((file) => !linked.has(file))).toEqual([])
  })

  it('name pages of docs/ that exist where they are plain text', () => {
    const named = [...pages.values()].flatMap(({ file, text }) =>
      [...text.matchAll(/\b(?:docs|test|bin|src)\/[\w./-]+\.(?:md|mjs|ts|js)\b/g)].map(([name]) => [file, name] as const)
    )
    expect(named.length).toBeGreaterThan(30)
    expect(named.filter(([, name]) => !fs.existsSync(path.join(root, name)))).toEqual([])
  })

  it('that lead nowhere are seen (of this test)', () => {
    expect(faultOf('README.md', 'docs/nothing.md')).toMatch(/there is no docs\/nothing.md/)
    expect(faultOf('docs/proxy.md', '#nothing')).toMatch(/docs\/proxy.md has no heading #nothing/)
    expect(faultOf('docs/proxy.md', '../README.md#start')).toBeUndefined()
    expect(relativeLinks({ text: 'a [b](c#d) `[e](f)` ![g](h.png) [i](https://j)\n```\n[k](l)\n```\n' })).toEqual([
      'c#d',
      'h.png'
    ])
    expect([...readMarkdown('## `pbxkit uac register`: a guide, in-depth\n', 'f').anchors]).toEqual([
      'pbxkit-uac-register-a-guide-in-depth'
    ])
  })
})
