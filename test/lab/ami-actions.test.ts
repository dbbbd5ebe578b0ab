import { afterAll, beforeAll, expect, it } from 'vitest'
import { commandOutput } from '../../src/lib/ami/block.js'
import { loadCatalog } from '../../src/lib/ami/catalog/catalog.js'
import { readManagerShow } from '../../src/lib/ami/catalog/manager-show.js'
import { AmiClient } from '../../src/lib/ami-client/client.js'
import { FieldValues } from '../../src/lib/ami-shell/field-values.js'
import { type Ask, ServerCatalog } from '../../src/lib/ami-shell/server-catalog.js'
import { serverCompleter } from '../../src/lib/cli/shell/completer.js'
import { AMI_ADMIN, AMI_LIMITED } from './servers/asterisk-config.js'
import { describeLab } from './support/lab.js'
import { pbxkit } from './support/program.js'
import { Target, useAsteriskAndProxy } from './support/targets.js'

await describeLab('the catalogue of a connected Asterisk 22', () => {
  const { asterisk, ways } = useAsteriskAndProxy({ name: 'actions' })
  let client: AmiClient
  let ask: Ask
  beforeAll(async () => {
    const { amiPort: port } = asterisk()
    client = await AmiClient.open({
      connect: { host: '127.0.0.1', port, path: undefined, timeoutMs: 5_000 },
      credentials: { ...AMI_ADMIN, auth: 'md5', events: 'off' },
      timeoutMs: 5_000
    })
    ask = (fields) => client.send(fields, { timeoutMs: 10_000 })
  })
  afterAll(() => client?.close())

  it('documents every action that it lists, and the bundled catalogue agrees with it', async () => {
    const bundled = await loadCatalog()
    const catalog = await ServerCatalog.of(bundled, ask)
    expect(catalog.listed!.size).toBeGreaterThan(120)
    const differing: string[] = []
    for (const { name, privilege } of catalog.listed!.values()) {
      const own = (await catalog.describe('action', name))!
      expect(own, name).toMatchObject({ name, source: 'server', privilege, synopsis: expect.any(String) })
      const shape = (fields: readonly { name: string; required?: boolean }[]) =>
        fields.filter((field) => field.name !== 'ActionID').map((field) => `${field.name}${field.required ? '*' : ''}`)
      const known = bundled.actions.get(name.toLowerCase())
      if (!known || shape(known.params).join() !== shape(own.fields).join()) differing.push(name)
    }
    expect(differing).toEqual([])
  })

  it('says by itself which words a field may be, and of no other field', async () => {
    const catalog = await ServerCatalog.of(await loadCatalog(), ask)
    const bundled = [...catalog.bundled.actions.values()].filter(({ name }) => catalog.listed!.has(name.toLowerCase()))
    const differing: Record<string, unknown> = {}
    for (const { name, params } of bundled) {
      const { response } = await ask([
        ['Action', 'Command'],
        ['Command', `manager show command ${name}`]
      ])
      const own = readManagerShow(commandOutput(response)!.toString())!
      // A single word could as well be the end of a text that Asterisk has wrapped: that one comes from the bundled catalogue.
      for (const { name: field, enum: words = [] } of params) {
        const said = own.fields.find((one) => one.name === field)?.values ?? []
        if (said.join() !== (words.length > 1 ? words : []).join()) differing[`${name} ${field}`] = said
      }
    }
    // Known: words that Asterisk's XML does not mark as such, or marks in a form that its text does not show; the bundled catalogue has the latter.
    expect(differing).toEqual({
      'Events EventMask': ['on', 'off'],
      'Filter MatchCriteria': ['regex', 'exact', 'startsWith', 'endsWith', 'contains', 'none'],
      'Login Events': ['on', 'off'],
      'ModuleLoad LoadType': [],
      'PJSIPHangup Cause': [],
      'UpdateConfig Options-000000': ['NewCat', 'allowdups', 'template']
    })
  })

  it('names its events, and documents each of them', async () => {
    const catalog = await ServerCatalog.of(await loadCatalog(), ask)
    const names = await catalog.eventNames()
    expect(names.length).toBeGreaterThan(160)
    expect(await catalog.describe('event', 'hangup')).toMatchObject({
      source: 'server',
      class: 'call',
      synopsis: expect.any(String)
    })
    expect(await catalog.describe('event', 'NoSuchEvent')).toBeUndefined()
  })

  it('completes with what it has: fields, endpoints, queues, contexts, and its own CLI', async () => {
    const catalog = await ServerCatalog.of(await loadCatalog(), ask)
    const completer = serverCompleter({ catalog, values: new FieldValues(ask), ask })
    const complete = (line: string) =>
      new Promise<string[]>((resolve) => completer(line, (_, [candidates]) => resolve(candidates)))
    expect(await complete('Originate ')).toEqual(['Channel='])
    expect(await complete('Originate Channel=PJ')).toEqual(['PJSIP/alice ', 'PJSIP/bob '])
    expect(await complete('QueueSummary Queue=')).toEqual(['support '])
    expect(await complete('Originate Channel=x Context=t')).toContain('test ')
    expect(await complete('Originate Context=test Exten=b')).toEqual(['bridge ', 'busy '])
    expect(await complete('Events EventMask=c')).toEqual(['call ', 'cdr '])
    expect(await complete('Bridge Tone=B')).toEqual(['Both '])
    expect(await complete('Command core show ch')).toEqual(['channel ', 'channels ', 'channeltype ', 'channeltypes '])
    expect(await complete('Command pjsip show endpoint ')).toEqual(['alice ', 'bob '])
  })

  for (const { way, target } of ways) {
    it(`is listed and explained ${way}`, async () => {
      const actions = (...args: string[]) => pbxkit(['ami', 'actions', ...args, ...target().flags], target().options())
      const list = await actions('--format', 'ndjson')
      expect({ status: list.status, stderr: list.stderr }).toEqual({ status: 0, stderr: '' })
      const rows = list.stdout.toString().trimEnd().split('\n')
      expect(rows.length).toBeGreaterThan(120)
      const one = JSON.parse((await actions('originate', '--json')).stdout.toString())
      expect(one).toMatchObject({ name: 'Originate', source: 'server', privilege: ['originate', 'all'] })
      expect(one.fields.find(({ name }: { name: string }) => name === 'Channel')).toMatchObject({
        required: true,
        text: expect.any(String)
      })
      const events = await actions('--events', '--format', 'csv')
      expect(events.stdout.toString().split('\r\n').length).toBeGreaterThan(160)
    })
  }

  it('is what the user may send: without Command the fields are the bundled ones', async () => {
    const limited = new Target('', asterisk().amiPort, AMI_LIMITED)
    const actions = (...args: string[]) => pbxkit(['ami', 'actions', ...args, ...limited.flags], limited.options())
    const names = (JSON.parse((await actions('--json')).stdout.toString()) as { name: string }[]).map(({ name }) => name)
    expect(names).toContain('CoreShowChannels')
    expect(names).not.toContain('Originate')
    expect(JSON.parse((await actions('Status', '--json')).stdout.toString())).toMatchObject({
      source: 'bundled',
      privilege: expect.any(Array)
    })
    const refused = await actions('Originate')
    expect(refused.status).toBe(0)
    expect(refused.stderr).toContain('does not list Originate')
  })
})
