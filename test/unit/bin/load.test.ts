import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'

const { findCommand } = createRequire(import.meta.url)('../../../bin/load.js') as {
  findCommand: (argv: string[], commands: string[]) => { id: string; words: number } | undefined
}

const commands = ['agi:tunnel', 'agi:tunnel:serve', 'agi:tunnel:user:add', 'ami:send', 'keygen']
const find = (line: string) => findCommand(line.split(' ').filter(Boolean), commands)

describe('the command that a line begins with', () => {
  it('is the longest there is', () => {
    expect(find('agi tunnel serve --listen 0')).toEqual({ id: 'agi:tunnel:serve', words: 3 })
    expect(find('agi tunnel user add alice')).toEqual({ id: 'agi:tunnel:user:add', words: 4 })
    expect(find('agi tunnel --check user')).toEqual({ id: 'agi:tunnel', words: 2 })
    expect(find('agi tunnel bar')).toEqual({ id: 'agi:tunnel', words: 2 })
    expect(find('ami send Ping serve')).toEqual({ id: 'ami:send', words: 2 })
  })

  it('may be written with colons', () => {
    expect(find('ami:send Ping')).toEqual({ id: 'ami:send', words: 1 })
  })

  it('is none where help is wanted, or a word is not known, or a flag comes first', () => {
    for (const line of [
      '',
      'ami',
      'agi tunnel user',
      'agi tunnel user bar',
      'ami sned',
      'help ami send',
      '--json ami send',
      'ami --json send',
      'ami send --help',
      'ami send Ping -h'
    ])
      expect(find(line), line).toBeUndefined()
  })

  it('does not take for help what stands behind --, or is part of a word', () => {
    expect(find('ami send -- --help')).toEqual({ id: 'ami:send', words: 2 })
    expect(find('ami send -F Data=--help')).toEqual({ id: 'ami:send', words: 2 })
  })
})
