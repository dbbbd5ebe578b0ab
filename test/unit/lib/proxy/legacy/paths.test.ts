import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { findLegacyConf, findLegacyUsers } from '../../../../../src/lib/proxy/legacy/paths.js'
import { scratchFolder } from '../../../support/scratch.js'

function root(...files: string[]): string {
  const folder = scratchFolder()
  for (const file of files) {
    fs.mkdirSync(path.join(folder, path.dirname(file)), { recursive: true })
    fs.writeFileSync(path.join(folder, file), '')
  }
  return folder
}

describe('the files of astmanproxy', () => {
  it('are looked for where the old program had them', () => {
    const folder = root('etc/asterisk/astmanproxy.conf')
    expect(findLegacyConf(folder)).toBe(`${folder}/etc/asterisk/astmanproxy.conf`)
  })

  it('are not there when there is none, or a folder in its place', () => {
    expect(findLegacyConf(root())).toBeUndefined()
    expect(findLegacyConf(root('etc/asterisk/astmanproxy.conf/file'))).toBeUndefined()
  })

  it('have their users beside them, else in the old place, else nowhere', () => {
    const folder = root('a/astmanproxy.conf', 'a/astmanproxy.users', 'b/astmanproxy.conf', 'etc/asterisk/astmanproxy.users')
    expect(findLegacyUsers(`${folder}/a/astmanproxy.conf`, folder)).toBe(`${folder}/a/astmanproxy.users`)
    expect(findLegacyUsers(`${folder}/b/astmanproxy.conf`, folder)).toBe(`${folder}/etc/asterisk/astmanproxy.users`)
    expect(findLegacyUsers(`${folder}/b/astmanproxy.conf`, root())).toBeUndefined()
  })
})
