import fs from 'node:fs'
import chalk from 'chalk'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLog } from '../../../../src/lib/cli/log.js'

let written: string
const level = chalk.level

beforeEach(() => {
  written = ''
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  vi.spyOn(fs, 'writeSync').mockImplementation((_fd, text) => {
    written += text
    return 0
  })
})

afterEach(() => {
  gathered()
  vi.useRealTimers()
  vi.restoreAllMocks()
  chalk.level = level
})

/** What is gathered has been written then. */
function gathered(): void {
  vi.runAllTimers()
}

const evil = 'a\u001b[8mb\u009b2Jc\u2028d\ne'

describe('the log as text', () => {
  it('is a line with time, level, message and fields', () => {
    chalk.level = 0
    createLog({ level: 'info', format: 'text' }).info({ server: 'pbx-a', tries: 2, list: [1] }, 'connected')
    gathered()
    expect(written).toMatch(/^\d\d:\d\d:\d\d\.\d{3} INFO {2}connected server=pbx-a tries=2 list=\[1\]\n$/)
  })

  it('adds the message of an error', () => {
    chalk.level = 0
    createLog({ level: 'info', format: 'text' }).error({ err: new Error('why') }, 'what')
    expect(written).toMatch(/ERROR what: why\n$/)
  })

  it('leaves out what is below its level', () => {
    const log = createLog({ level: 'warn', format: 'text' })
    log.info('no')
    log.warn('yes')
    expect(written).toMatch(/^[^\n]*yes\n$/)
  })

  it.each([0, 1] as const)('escapes what the network sent in messages, names and values (colour level %i)', (colours) => {
    chalk.level = colours
    createLog({ level: 'info', format: 'text' }).info({ peer: evil, [evil]: 1, deep: { x: evil } }, evil)
    gathered()
    // What chalk itself writes: reset, dim, green.
    const text = written.replace(/\u001b\[(?:2|22|32|39)m/g, '')
    expect(text.slice(0, -1)).toMatch(/^[\x20-\x7e]+$/)
    expect(text).toContain('peer=a\\x1b[8mb\\x9b2Jc\\u2028d\\ne')
  })
})

describe('the log as JSON', () => {
  it('is one object a line, safe on a terminal', () => {
    createLog({ level: 'info', format: 'json' }).info({ peer: evil }, evil)
    gathered()
    expect(written.slice(0, -1)).toMatch(/^[\x20-\x7e]+$/)
    expect(JSON.parse(written)).toMatchObject({ level: 'info', peer: evil, msg: evil })
  })
})

describe('the log', () => {
  it.each(['text', 'json'] as const)('never has a secret (%s)', (format) => {
    const secrets = { secret: 'S1', Secret: 'S2', Key: 'S3', key: 'S4', password: 'S5', ProxyKey: 'S6' }
    createLog({ level: 'info', format }).info({ ...secrets, action: { ...secrets } }, 'login')
    expect(written).not.toMatch(/S[1-6]/)
  })

  it('does not fail when nobody reads it', () => {
    vi.spyOn(fs, 'writeSync').mockImplementation(() => {
      throw new Error('EPIPE')
    })
    expect(() => createLog({ level: 'info', format: 'json' }).info('x')).not.toThrow()
  })
})

describe('secrets', () => {
  it('are masked by their names, in any case and however deep', () => {
    const fields = { user: 'u', Secret: 's1', a: { key: 's2', b: [{ ProxyKey: 's3', PASSWORD: 's4' }] }, keys: 1 }
    createLog({ level: 'info', format: 'json' }).warn(fields, 'the secret')
    expect(JSON.parse(written)).toMatchObject({
      ...{ user: 'u', Secret: '***', keys: 1, msg: 'the secret' },
      a: { key: '***', b: [{ ProxyKey: '***', PASSWORD: '***' }] }
    })
    expect(written).toMatch(/^\{"level":"warn","time":"[^"]+","user".*\}\n$/)
  })
})

describe('lines', () => {
  it('are gathered for a moment; a warning goes at once, behind those before it', () => {
    const log = createLog({ level: 'info', format: 'json' })
    log.info('one')
    log.info('two')
    expect(written).toBe('')
    log.warn('three')
    expect(written.match(/"msg":"\w+"/g)).toEqual(['"msg":"one"', '"msg":"two"', '"msg":"three"'])
    log.info('four')
    gathered()
    expect(fs.writeSync).toHaveBeenCalledTimes(2)
  })
})
