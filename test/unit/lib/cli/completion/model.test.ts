import { describe, expect, it } from 'vitest'
import { completionModel, type ManifestCommand } from '../../../../../src/lib/cli/completion/model.js'
import { caseBranches, fieldBranches, flagValueBranches, quoted } from '../../../../../src/lib/cli/completion/tables.js'

const send: ManifestCommand = {
  id: 'ami:send',
  summary: 'Send\n  actions.',
  flags: {
    field: { name: 'field', char: 'F', type: 'option', helpValue: 'NAME=VALUE' },
    format: { name: 'format', type: 'option', options: ['json', 'csv'] },
    tls: { name: 'tls', type: 'boolean', allowNo: true },
    old: { name: 'old', type: 'boolean', hidden: true }
  },
  args: { action: { name: 'action' } }
}
const events: ManifestCommand = { ...send, id: 'ami:events', summary: 'Follow', args: {} }
const actions = new Map([
  ['ping', { name: 'Ping', module: 'builtin', params: [] }],
  ['park', { name: 'Park', module: 'res_parking', params: [{ name: 'Channel' }, { name: 'Announce', enum: ['yes', 'no'] }] }]
])
const model = completionModel([send, events], [{ name: 'ami', description: 'AMI' }], { actions })

describe('what shells complete', () => {
  it('is the next word after each topic, with one line about it', () => {
    expect(Object.fromEntries(model.children)).toEqual({
      '': [{ name: 'ami', summary: 'AMI' }],
      ami: [
        { name: 'events', summary: 'Follow' },
        { name: 'send', summary: 'Send actions.' }
      ]
    })
  })

  it('is every spelling of a flag, none that is hidden, and --help', () => {
    const flags = model.commands.find(({ words }) => words === 'ami send')!.flags.map(({ spellings }) => spellings)
    expect(flags).toEqual([['--field', '-F'], ['--format'], ['--tls', '--no-tls'], ['--help', '-h']])
  })

  it('is the action as the argument of ami send alone', () => {
    expect(model.commands.map(({ words, args }) => [words, args])).toEqual([
      ['ami events', []],
      ['ami send', [{ kind: 'actions' }]]
    ])
  })

  it('is in one branch where several flags have the same answer', () => {
    expect(flagValueBranches(model)).toEqual([
      { keys: ['ami events --field', 'ami events -F', 'ami send --field', 'ami send -F'], found: { kind: 'fields' } },
      { keys: ['ami events --format', 'ami send --format'], found: { kind: 'list', list: ['json', 'csv'] } }
    ])
    expect(fieldBranches(model)).toEqual([{ keys: ['park'], found: ['Channel', 'Announce'] }])
  })

  it('is quoted, so that no text of a summary is a command of the shell', () => {
    expect(quoted("it's $(rm -rf /) `x`")).toBe("'it'\\''s $(rm -rf /) `x`'")
    expect(quoted('--tls-ca')).toBe('--tls-ca')
    expect(caseBranches([{ keys: ['a b', 'c'], found: 1 }], () => 'x')).toBe("    'a b'|'c') x ;;")
  })
})
