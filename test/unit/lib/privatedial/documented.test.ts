import fs from 'node:fs'
import { expect, it } from 'vitest'
import { MemoryFiles } from '../../../../src/lib/asterisk-config/files.js'
import { loadConfigStrictly } from '../../../../src/lib/asterisk-config/load.js'
import { renderSite } from '../../../../src/lib/privatedial/render-site.js'
import { makeSite } from '../../support/sites.js'

const page = fs.readFileSync(new URL('../../../../docs/from-privatedial.md', import.meta.url), 'utf8')
/** Without what is said of upstream's own files. */
const [text] = page.replace(/^```.*?^```$/gms, '').split('## What `dialplan check` finds')
const named = (pattern: RegExp) =>
  new Set([...text!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!).filter((name) => pattern.test(name)))

function sectionsOf(form: 'plain' | 'wizard', ...opened: string[]): Set<string> {
  const files = new MemoryFiles(Object.fromEntries(renderSite(makeSite({ output: { form } })).map((one) => [one.name, one.text])))
  return new Set(opened.flatMap((name) => loadConfigStrictly(name, files).sections.map((one) => one.name)))
}

it('names each context and subroutine that is rendered, and no other', () => {
  const rendered = [...sectionsOf('plain', 'extensions.conf')].filter((name) => /^(dp|sub)_/.test(name))
  expect([...named(/^(dp|sub)_[a-z_]+$/)].sort()).toEqual(rendered.sort())
})

it('names templates that are rendered', () => {
  const templates = [...named(/^(_[a-z]+|w_[a-z_]+|t_wan)$/)]
  expect(templates.length).toBeGreaterThan(10)
  const wizard = sectionsOf('wizard', 'pjsip_wizard.conf', 'pjsip.conf')
  expect(templates.filter((name) => !wizard.has(name))).toEqual([])
  const plain = sectionsOf('plain', 'pjsip.conf')
  expect(['_qos', '_nat', '_term', 'w_term_io', 'w_term_i', 'w_trunk'].filter((name) => !plain.has(name))).toEqual([])
})
