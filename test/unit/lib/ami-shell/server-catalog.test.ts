import { describe, expect, it } from 'vitest'
import type { Answer } from '../../../../src/lib/ami/answer.js'
import { Block } from '../../../../src/lib/ami/block.js'
import { loadCatalog } from '../../../../src/lib/ami/catalog/catalog.js'
import { checkAction } from '../../../../src/lib/ami/validate.js'
import { type Ask, ServerCatalog } from '../../../../src/lib/ami-shell/server-catalog.js'

const list = [
  'Originate: Start a call.  (Priv: originate,all)',
  'Frobnicate: Frobs (twice).  (Priv: <none>)',
  'Command: Runs one.  (Priv: command,all)'
]

/** A server that documents Frobnicate, and no other action. */
function server(lines: readonly string[]): { ask: Ask; asked: string[] } {
  const asked: string[] = []
  const ask: Ask = async (fields) => {
    const [[, action], [, command] = ['', '']] = fields as [[string, string], [string, string]?]
    asked.push(command || action)
    const text =
      action === 'ListCommands'
        ? lines.join('\r\n')
        : command === 'manager show command Frobnicate'
          ? "Output:   -= Info about Manager Command 'Frobnicate' =- \r\nOutput: [Syntax]\r\nOutput: Thing: <value>\r\nOutput: [Other:] <value>"
          : 'Output: '
    return { action, response: new Block(Buffer.from(`Response: Success\r\n${text}\r\n`)), items: [], cancelled: false } as Answer
  }
  return { ask, asked }
}

describe('the catalogue of a server', () => {
  it('has the actions that the server lists, with their privilege', async () => {
    const catalog = await ServerCatalog.of(await loadCatalog(), server(list).ask)
    expect(catalog.actionNames).toEqual(['Originate', 'Frobnicate', 'Command'])
    expect(catalog.listed!.get('frobnicate')).toEqual({ name: 'Frobnicate', synopsis: 'Frobs (twice).', privilege: [] })
  })

  it("has the server's fields where it documents an action, asked for once, else the bundled ones", async () => {
    const { ask, asked } = server(list)
    const catalog = await ServerCatalog.of(await loadCatalog(), ask)
    expect(await catalog.describe('action', 'FROBNICATE')).toMatchObject({
      name: 'Frobnicate',
      source: 'server',
      fields: [
        { name: 'Thing', required: true },
        { name: 'Other', required: false }
      ]
    })
    await catalog.describe('action', 'frobnicate')
    expect(asked.filter((one) => one.startsWith('manager show'))).toHaveLength(1)
    const originate = await catalog.describe('action', 'originate')
    expect(originate).toMatchObject({ source: 'bundled', synopsis: 'Start a call.', privilege: ['originate', 'all'] })
    expect(originate!.fields[0]).toEqual({ name: 'Channel', required: true })
  })

  it('holds an action that only the server knows against what the server says of it', async () => {
    const catalog = await ServerCatalog.of(await loadCatalog(), server(list).ask)
    const check = async (...fields: [string, string][]) =>
      checkAction([['Action', 'Frobnicate'], ...fields], await catalog.catalogFor('Frobnicate')).map(({ message }) => message)
    expect(await check(['Thing', '1'])).toEqual([])
    expect(await check(['Other', '1'])).toEqual(['Frobnicate needs the field Thing'])
  })

  it('asks no CLI command of a server whose user may not send any', async () => {
    const { ask, asked } = server(list.slice(0, 2))
    const catalog = await ServerCatalog.of(await loadCatalog(), ask)
    await catalog.describe('action', 'Originate')
    expect((await catalog.eventNames()).length).toBeGreaterThan(150)
    expect(asked).toEqual(['ListCommands'])
  })

  it('puts no name into a CLI command that could mean more than a name', async () => {
    const { ask, asked } = server(list)
    const catalog = await ServerCatalog.of(await loadCatalog(), ask)
    expect(await catalog.describe('action', 'x y')).toBeUndefined()
    expect(asked).toEqual(['ListCommands'])
  })

  it('asks again after a failure', async () => {
    const { ask } = server(list)
    let fails = false
    const catalog = await ServerCatalog.of(await loadCatalog(), (fields) =>
      fails ? Promise.reject(new Error('lost')) : ask(fields)
    )
    fails = true
    await expect(catalog.describe('action', 'Frobnicate')).rejects.toThrow('lost')
    fails = false
    expect(await catalog.describe('action', 'Frobnicate')).toMatchObject({ source: 'server' })
  })

  it('is the bundled one where nobody is asked, or the server says nothing', async () => {
    const bundled = await loadCatalog()
    const silent = await ServerCatalog.of(bundled, server([]).ask)
    for (const catalog of [silent, ServerCatalog.offline(bundled)]) {
      expect(catalog.listed).toBeUndefined()
      expect(catalog.actionNames).toContain('QueueAdd')
      expect(await catalog.describe('event', 'hangup')).toMatchObject({ name: 'Hangup', class: 'call' })
      expect(await catalog.describe('event', 'constructor')).toBeUndefined()
    }
  })
})
