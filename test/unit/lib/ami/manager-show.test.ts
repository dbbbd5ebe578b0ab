import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Block } from '../../../../src/lib/ami/block.js'
import { loadCatalog } from '../../../../src/lib/ami/catalog/catalog.js'
import { documentAction, documentBundled } from '../../../../src/lib/ami/catalog/documentation.js'
import { exampleFields } from '../../../../src/lib/ami/catalog/example.js'
import { readListCommands } from '../../../../src/lib/ami/catalog/list-commands.js'
import { readEventNames, readManagerShow } from '../../../../src/lib/ami/catalog/manager-show.js'
import { checkAction } from '../../../../src/lib/ami/validate.js'

/** In the form of Asterisk 22.10; the sentences are ours. */
const shown = `
  -= Info about Manager Command 'BridgeThing' =- 

[Synopsis]
Does a thing. 

[Provided By]
builtin

[Since]
1.6.0

[Description]
First line, which
goes on.

[Syntax]
Action: BridgeThing
[ActionID:] <value>
Channel1: <value>
[Tone:] <value>
UnitAmount(0): <value>

[Arguments]

ActionID
    Comes back.

Channel1
    The one of two
    channels.

Tone
    Who hears it.
    no
    Channel1
    Both

[Privilege]
call,all

[See Also]
Bridge(), BridgeCreate,
BridgeList

[List Responses]
Event: ThingItem

  -= Info about Manager Event 'ThingItem' =- 

[Synopsis]
Another text.

[Syntax]
Event: ThingItem
Foreign: <value>

[End List Responses]

[Final Response]
Event: ThingComplete

  -= Info about Manager Event 'ThingComplete' =- 

[End Final Response]
`

describe('manager show command', () => {
  it('gives all that Asterisk says of an action, and of its list only the names', () => {
    expect(readManagerShow(shown)).toEqual({
      kind: 'action',
      name: 'BridgeThing',
      source: 'server',
      synopsis: 'Does a thing.',
      description: 'First line, which\ngoes on.',
      module: 'builtin',
      since: '1.6.0',
      privilege: ['call', 'all'],
      fields: [
        { name: 'ActionID', required: false, text: 'Comes back.' },
        { name: 'Channel1', required: true, text: 'The one of two channels.' },
        { name: 'Tone', required: false, text: 'Who hears it.', values: ['no', 'Channel1', 'Both'] },
        { name: 'UnitAmount(0)', required: true }
      ],
      seeAlso: ['Bridge()', 'BridgeCreate', 'BridgeList'],
      list: ['ThingItem'],
      complete: 'ThingComplete'
    })
  })

  it('is nothing where Asterisk has nothing to say', () => {
    expect(readManagerShow('\n')).toBeUndefined()
    expect(readManagerShow("Could not find event 'Nope'\n")).toBeUndefined()
    expect(readManagerShow(shown.replaceAll('Does a thing. ', 'Not available'))).not.toHaveProperty('synopsis')
  })

  it('takes words that have a text each', () => {
    const text = shown.replace(
      '    Who hears it.\n    no\n    Channel1\n    Both\n',
      '    no - Nobody,\n    not even you.\n    Both - All.\n'
    )
    expect(readManagerShow(text)!.fields[2]).toMatchObject({
      values: ['no', 'Both'],
      text: 'no - Nobody, not even you. Both - All.'
    })
  })

  it('takes an event with its headers', () => {
    const event = readManagerShow(
      "Event: X\n\n  -= Info about Manager Event 'X' =- \n\n[Syntax]\nEvent: X\nA: <value>\n[B:] <value>\n"
    )
    expect(event).toMatchObject({ kind: 'event', name: 'X', fields: [{ name: 'A' }, { name: 'B', required: false }] })
  })

  it('survives any text, and every part of a real one', () => {
    fc.assert(
      fc.property(fc.nat(shown.length), fc.nat(shown.length), (from, to) => {
        readManagerShow(shown.slice(from, to))
        readManagerShow(shown.slice(0, from) + shown.slice(to))
      })
    )
    fc.assert(
      fc.property(fc.string(), (text) => void readManagerShow(`  -= Info about Manager Command 'A' =- \n[Syntax]\n${text}`))
    )
  })

  it('takes no more fields than a server may have', () => {
    const many = Array.from({ length: 3_000 }, (_, index) => `F${index}: <value>`).join('\n')
    const read = readManagerShow(`  -= Info about Manager Command 'A' =- \n[Syntax]\n${many}`)
    expect(read!.fields).toHaveLength(1_000)
  })
})

describe('manager show events and ListCommands', () => {
  it('name the events', () => {
    const text = 'Events:\n  ------  ------  \n  AOC-D   Hangup  \n  Newchannel \n'
    expect(readEventNames(text)).toEqual(['AOC-D', 'Hangup', 'Newchannel'])
    expect(readEventNames('No such command\n')).toEqual([])
  })

  it('name the actions; other headers are none', () => {
    const block = new Block(
      Buffer.from(
        'Response: Success\r\nActionID: (Priv: x)\r\nA: Text (odd).  (Priv: a,b)\r\nB:   (Priv: <none>)\r\nC d: x (Priv: e)\r\nServer: pbx\r\n'
      )
    )
    expect(readListCommands(block).filter(({ name }) => name !== 'ActionID')).toEqual([
      { name: 'A', synopsis: 'Text (odd).', privilege: ['a', 'b'] },
      { name: 'B', synopsis: '', privilege: [] }
    ])
  })
})

describe('what is bundled', () => {
  it('has an example of every action that Asterisk would take', async () => {
    const catalog = await loadCatalog()
    const faults = [...catalog.actions.values()].flatMap((action) =>
      checkAction([['Action', action.name], ...exampleFields(documentAction(action))], catalog).map(({ message }) => message)
    )
    expect(faults).toEqual([])
    expect(catalog.actions.size).toBeGreaterThan(100)
  })

  it('names the headers of a channel where the catalogue has a placeholder', async () => {
    const { fields } = documentBundled(await loadCatalog(), 'event', 'hangup')!
    expect(fields.map(({ name }) => name)).toEqual(expect.arrayContaining(['Channel', 'Linkedid', 'Cause']))
    expect(fields.some(({ name }) => name.includes('$'))).toBe(false)
  })
})
