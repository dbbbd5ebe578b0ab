import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { ConfigError } from '../../../../src/lib/errors.js'
import { checkProgram } from '../../../../src/lib/tunnel-client/check-program.js'

function folder(files: Record<string, number>): string {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'pbxkit-check-program-'))
  onTestFinished(() => fs.rmSync(made, { recursive: true, force: true }))
  for (const [name, mode] of Object.entries(files)) fs.writeFileSync(path.join(made, name), '#!/bin/sh\n', { mode })
  return made
}

it('takes what can be run, by its path or by its name', () => {
  const scripts = folder({ 'ivr.pl': 0o755 })
  checkProgram(path.join(scripts, 'ivr.pl'))
  checkProgram('ivr.pl', `/nowhere:${scripts}`)
})

it('says why something cannot be run', () => {
  const scripts = folder({ 'ivr.pl': 0o644 })
  const says = (program: string, searchPath = '') => {
    try {
      checkProgram(program, searchPath)
      return undefined
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError)
      return (error as ConfigError).message.replace(scripts, '')
    }
  }
  expect(says(path.join(scripts, 'ivr.pl'))).toBe('Cannot run /ivr.pl: it is not executable')
  expect(says(path.join(scripts, 'missing'))).toBe('Cannot run /missing: there is no such file')
  expect(says(path.join(scripts, 'ivr.pl/x'))).toBe('Cannot run /ivr.pl/x: there is no such file')
  expect(says(scripts)).toBe('Cannot run : it is no file')
  expect(says('missing', `/nowhere:${scripts}`)).toBe('Cannot run missing: there is no such file')
  expect(says('ivr.pl', `/nowhere:${scripts}`)).toBe('Cannot run ivr.pl: it is not executable')
})
