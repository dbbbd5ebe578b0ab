import { describe, expect, it } from 'vitest'
import { loadCatalog } from '../../../../../src/lib/ami/catalog/catalog.js'
import { listEnds } from '../../../../../src/lib/ami/catalog/overlay.js'
import { kindOf } from '../../../../../src/lib/proxy/queries/query-actions.js'

const kind = (name: string, more = '') => kindOf(name, Buffer.from(`Action: ${name}\r\n${more}`))

describe('what can be asked once for several clients', () => {
  it('are lists and states, however the name is spelt', () => {
    for (const name of ['CoreShowChannels', 'queuestatus', 'PJSIPSHOWENDPOINTS', 'DBGet', 'ExtensionState', 'Getvar'])
      expect(kind(name), name).toBe('query')
  })

  it('is no action of the catalogue whose name says that it does something', async () => {
    const { actions, olderActions } = await loadCatalog()
    const names = [...[...actions.values()].map(({ name }) => name), ...olderActions]
    const shared = names.filter((name) => kind(name) === 'query')
    expect(shared.length).toBeGreaterThan(45)
    for (const name of shared) {
      const reads =
        /Show|[Ll]ist|Status|Info|State|Summary|Settings|peers|registry|^(Agents|Parked|Parking|DBGet|Getvar|MWIGet)|Check|Count|FAXS|Rule/
      expect(name).toMatch(reads)
      expect(name).not.toMatch(
        /Put|Del|Set(?!tings)|Add|Remove|Reset|Reload|Kick|Qualify|Unregister|PJSIPRegister|Notify|Config|Refresh/
      )
    }
  })

  it('is every action with a list whose end is known', () => {
    expect(Object.keys(listEnds).filter((name) => kind(name) !== 'query')).toEqual([])
  })

  it('is nothing that calls a function', () => {
    expect(kind('Getvar', 'Channel: Local/1\r\nVariable: CALLERID(num)\r\n')).toBe('change')
    expect(kind('Getvar', 'Variable: SHELL(reboot)\r\n')).toBe('change')
    expect(kind('Status', 'Variables: A,ODBC_NEXT()\r\n')).toBe('change')
    expect(kind('Getvar', 'Channel: Local/1\r\nVariable: A\r\n')).toBe('query')
  })

  it('is of commands what reads, when there is one', () => {
    expect(kind('Command', 'Command: core show channels\r\n')).toBe('query')
    expect(kind('Command', 'command:  database get a b\r\n')).toBe('query')
    for (const command of [
      'core restart now',
      'channel originate Local/1 application System',
      'reload',
      'queue add member x to y',
      ''
    ])
      expect(kind('Command', `Command: ${command}\r\n`), command).toBe('change')
    expect(kind('Command', 'Command: core show uptime\r\nCommand: core stop now\r\n')).toBe('change')
    expect(kind('Command')).toBe('change')
  })

  it('is nothing unknown, and no Ping, which changes nothing either', () => {
    for (const name of ['Originate', 'Hangup', 'DBPut', 'QueuePause', 'GetConfig', 'SomeNewList', 'constructor', ''])
      expect(kind(name), name).toBe('change')
    expect(kind('PING')).toBe('ping')
  })
})
