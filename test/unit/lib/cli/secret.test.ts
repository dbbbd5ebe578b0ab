import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readSecretFile } from '../../../../src/lib/cli/secret.js'
import { ConfigError } from '../../../../src/lib/errors.js'
import { scratchFile, scratchFolder } from '../../support/scratch.js'

function read(content: string, mode?: number): { secret: string; warnings: string[] } {
  const warnings: string[] = []
  return { secret: readSecretFile(scratchFile('secret', content, mode), (message) => warnings.push(message)), warnings }
}

const quiet = () => {}

describe('readSecretFile', () => {
  it.each([
    ['s3cret', 's3cret'],
    ['s3cret\n', 's3cret'],
    ['s3cret\r\n', 's3cret'],
    ['s3cret\nsecond line\n', 's3cret'],
    [' with blanks \n', ' with blanks '],
    ['пароль;#"\n', 'пароль;#"']
  ])('reads the first line of %j', (content, secret) => {
    expect(read(content)).toEqual({ secret, warnings: [] })
  })

  it.each(['', '\n', '\r\nsecret\n'])('refuses an empty first line: %j', (content) => {
    expect(() => read(content)).toThrow(ConfigError)
    expect(() => read(content)).toThrow(/has an empty first line/)
  })

  it.each([
    [0o644, '0644'],
    [0o640, '0640'],
    [0o602, '0602']
  ])('warns of mode %o', (mode, text) => {
    const { secret, warnings } = read('s3cret\n', mode)
    expect(secret).toBe('s3cret')
    expect(warnings).toEqual([expect.stringContaining(`(mode ${text}); run: chmod 600`)])
    expect(warnings[0]).not.toContain('s3cret')
  })

  it('says that a file is missing, or is a folder', () => {
    expect(() => readSecretFile('/nonexistent/secret', quiet)).toThrow(ConfigError)
    expect(() => readSecretFile('/nonexistent/secret', quiet)).toThrow(/Cannot read the secret from \/nonexistent\/secret/)
    expect(() => readSecretFile(scratchFolder(), quiet)).toThrow(ConfigError)
  })

  it('does not read a large file to its end', () => {
    const file = scratchFile('secret', `s3cret\n${'x'.repeat(1_000_000)}`)
    expect(readSecretFile(file, quiet)).toBe('s3cret')
    expect(readSecretFile(scratchFile('secret', 'x'.repeat(1_000_000)), quiet).length).toBe(64 * 1024)
  })

  it.skipIf(process.platform === 'win32')('reads from a pipe, without a warning', () => {
    const pipe = `${scratchFolder()}/pipe`
    expect(spawnSync('mkfifo', [pipe]).status).toBe(0)
    const fd = fs.openSync(pipe, 'r+')
    try {
      fs.writeSync(fd, 's3cret\n')
      expect(readSecretFile(pipe, expect.unreachable)).toBe('s3cret')
    } finally {
      fs.closeSync(fd)
    }
  })
})
