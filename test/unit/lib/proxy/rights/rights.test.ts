import { describe, expect, it } from 'vitest'
import { Block } from '../../../../../src/lib/ami/block.js'
import { Rights } from '../../../../../src/lib/proxy/rights/rights.js'
import { plainUser } from '../../../../../src/lib/proxy/user-options.js'

const plain = plainUser('ann', 'secret')

function check(action: string, fields: readonly string[], options: Partial<typeof plain>) {
  const block = new Block(Buffer.from([`Action: ${action}`, ...fields, ''].join('\r\n')), 'client')
  return new Rights({ ...plain, ...options }).check(block, action)
}
const may = (...args: Parameters<typeof check>) => check(...args).allowed

describe('the classes of write', () => {
  for (const [write, action, isAllowed] of [
    ['call', 'Hangup', true],
    ['system', 'hangup', true],
    ['originate', 'Hangup', false],
    ['none', 'Hangup', false],
    ['', 'Hangup', false],
    ['none', 'Ping', true],
    [' Call , originate', 'Originate', true],
    ['all', 'Originate', true],
    ['system,call,command', 'NoSuchAction', false],
    ['all', 'NoSuchAction', true]
  ] as const) {
    it(`"${write}" ${isAllowed ? 'include' : 'do not include'} ${action}`, () =>
      expect(may(action, [], { write })).toBe(isAllowed))
  }

  it('bind administrators too', () => expect(may('Hangup', [], { write: 'originate', admin: true })).toBe(false))

  it('must exist', () => {
    expect(() => new Rights({ ...plain, write: 'call,cal', where: 'proxy.ini:7' })).toThrow(
      expect.objectContaining({ code: 'E_CONFIG', message: expect.stringMatching(/^proxy\.ini:7: .*"cal"/) })
    )
  })
})

describe('rules', () => {
  it('of no kind leave ordinary actions alone', () => expect(may('Ping', [], {})).toBe(true))

  it('that deny come before those that allow, and bind administrators too', () => {
    const options = { allow: ['Hangup'], deny: ['hang*'], admin: true }
    expect(may('Hangup', [], options)).toBe(false)
  })

  it('that allow leave nothing else', () => {
    const options = { allow: ['Queue*', 'Ping'] }
    expect(may('QueuePause', [], options)).toBe(true)
    expect(may('ping', [], options)).toBe(true)
    expect(may('Hangup', [], options)).toBe(false)
    expect(may('Hangup', [], { ...options, admin: true })).toBe(false)
  })

  it('never let a dry run stop anything', () => {
    expect(check('Hangup', [], { deny: ['Hangup'], dryRun: true })).toEqual({
      allowed: true,
      wouldRefuse: 'the rule "Hangup" denies it'
    })
  })
})

describe('a block that Asterisk would read differently', () => {
  for (const [how, fields] of [
    ['a NUL in a value', ['Channel: a\0b']],
    ['a second action', ['Action: Originate']],
    ['a second action in another case', ['aCTION:   Originate']]
  ] as const) {
    it(`is refused: ${how}`, () => expect(may('Hangup', fields, {})).toBe(false))
  }

  it('is not one that says its action twice', () => expect(may('Hangup', ['action: hangup'], {})).toBe(true))
})
