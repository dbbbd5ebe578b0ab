import { describe, expect, it } from 'vitest'
import { commandCatalogue, findCommand, needsEncryption } from '../../../../src/lib/voipmonitor/catalogue.js'
import { type CommandOptions, parseCommand } from '../../../../src/lib/voipmonitor/command.js'
import { decodeReply } from '../../../../src/lib/voipmonitor/inflate.js'
import { listCallsCommand, listRegistersCommand } from '../../../../src/lib/voipmonitor/list-command.js'
import { readSocketAnswer } from '../../../../src/lib/voipmonitor/socket-path.js'
import { readExchanges } from '../../support/voipmonitor-exchanges.js'

const withCode = (code: string, message = /./) => expect.objectContaining({ code, message: expect.stringMatching(message) })
const refuses = (text: string, code: string, message?: RegExp, options?: CommandOptions) =>
  expect(() => parseCommand(text, options)).toThrow(withCode(code, message))

describe('the catalogue', () => {
  it('has 158 commands, and all that the recorded help names', async () => {
    expect(commandCatalogue.size).toBe(158)
    const help = readExchanges().find(({ n }) => n === 119)!
    const chunks = (async function* () {
      yield help.replyBytes
    })()
    let text = ''
    for await (const chunk of decodeReply(chunks, { command: { name: 'help', text: 'help' } })) text += chunk
    const named = [...text.matchAll(/^(\w+) \.\.\. /gm)].map(([, name]) => name!)
    expect(named.length).toBeGreaterThan(130)
    expect(named.filter((name) => !commandCatalogue.has(name))).toEqual([])
  })

  it('agrees with the recording on what has to be encrypted over TCP', () => {
    const clear = readExchanges().filter(({ n, crypto }) => n < 40 && !crypto)
    for (const { n, command, replyBytes } of clear) {
      const name = command!.split(/[ \t]/)[0]!
      if (!commandCatalogue.has(name)) continue
      const refused = name !== 'need_aes' && replyBytes.toString() === 'need aes!\n'
      expect(needsEncryption(parseCommand(command!)), `${n} ${command}`).toBe(refused)
    }
  })

  it('knows what is dangerous', () => {
    for (const name of [
      'reload',
      'terminating',
      'memcrash_test_3',
      'set_json_config',
      'disablecdr',
      'blocktar',
      'manager_file'
    ]) {
      expect(findCommand(name).danger, name).toBeTruthy()
    }
    for (const name of ['listcalls', 'getversion', 'totalcalls', 'unblocktar', 'enablecdr'])
      expect(findCommand(name).danger).toBeUndefined()
  })

  it('names no danger of a command that is not there', () => {
    expect([...commandCatalogue.values()].filter(({ danger }) => danger)).toHaveLength(49)
  })
})

describe('a command', () => {
  it('is refused when its first word is none, with the nearest name', () => {
    expect(() => parseCommand('listcall')).toThrow(expect.objectContaining({ hint: expect.stringContaining('listcalls') }))
    refuses('please terminating now', 'E_UNKNOWN_COMMAND')
    expect(parseCommand('newcommand x', { force: true })).toMatchObject({ name: 'newcommand', definition: undefined })
  })

  it.each(['', '  ', ' getversion', 'getversion\nreload', 'getversion\r', 'a\0b', 'aes-128-cbc:x', 'AES'])(
    'that would be taken for something else is not even sent by force: %j',
    (text) => refuses(text, 'E_COMMAND_TEXT', /./, { force: true })
  )

  it('has a bound', () => refuses(`coutstr ${'x'.repeat(70_000)}`, 'E_COMMAND_TEXT', /70008 bytes/))

  it('of a call needs its reference', () => {
    expect(parseCommand('active_call_info 0x55fb37996000').argument).toBe('0x55fb37996000')
    refuses('active_call_info 55fb', 'E_COMMAND_PARAMETERS')
    refuses('active_call_info', 'E_COMMAND_PARAMETERS')
  })
})

describe('the socket of the sniffer', () => {
  it.each([
    ['run/vm.sock', /not absolute/],
    ['/run/vm.sock ', /blank/],
    ['/run/v m', /blank/],
    ['/run/', /directory/],
    [`/${'x'.repeat(107)}`, /108 bytes/]
  ])('is not started at %j', (path, message) => refuses(`manager_file start ${path}`, 'E_COMMAND_PARAMETERS', message))

  it('is started and stopped with exact words', () => {
    for (const text of ['manager_file start /run/vm.sock', 'manager_file start', 'manager_file stop', 'manager_file']) {
      expect(parseCommand(text).text).toBe(text)
    }
    refuses('manager_file stop ', 'E_COMMAND_PARAMETERS')
    refuses('manager_file remove', 'E_COMMAND_PARAMETERS')
  })

  it('answers in the recorded ways', () => {
    const answers = new Map(
      readExchanges()
        .filter(({ command }) => command?.startsWith('manager_file st'))
        .map(({ n, replyBytes }) => [n, readSocketAnswer(replyBytes.toString())])
    )
    expect(answers.get(112)).toEqual({ result: 'not running' })
    expect(answers.get(121)).toEqual({ result: 'stopped' })
    expect(answers.get(123)).toEqual({ result: 'started', path: '/tmp/VM12703_1795247713743134106' })
    expect(answers.get(211)).toEqual({ result: 'kept' })
    expect(readSocketAnswer('running (/run/vm.sock)\n')).toEqual({ result: 'running', path: '/run/vm.sock' })
    expect(readSocketAnswer('no such thing')).toBeUndefined()
  })
})

describe('parameters of a list', () => {
  it.each([
    ['listcalls {"filtre":"x"}', /"filtre" is not known.*Did you mean filter\?/],
    ['listcalls {"filter":{"calle":"1"}}', /has the key "calle"/],
    ['listcalls {"filter":{"caller":""}}', /nothing to compare "caller"/],
    ['listcalls {"filter":[]}', /empty/],
    ['listcalls {"filter":"[[]]"}', /not a JSON object/],
    ['listcalls {"sort_field":"calls"}', /no column "calls"/],
    ['listcalls {"sort_dir":"up"}', /asc/],
    ['listcalls {"limit":1.5}', /whole number/],
    ['listcalls {"zip":true}', /yes/],
    ['listregisters {"states":"Ok"}', /list of OK/],
    ['listregisters {"states":"OK,OK"}', /twice/],
    ['list_sip_msg nonsense', /not JSON/]
  ])('that the sniffer would ignore are refused: %s', (text, message) => refuses(text, 'E_COMMAND_PARAMETERS', message))

  it('that we do not know can be forced, but not bad JSON', () => {
    expect(parseCommand('listcalls {"new_parameter":1}', { force: true }).text).toBe('listcalls {"new_parameter":1}')
    refuses('listcalls {bad json', 'E_COMMAND_PARAMETERS', /not JSON/, { force: true })
    refuses('listcalls {"filter":"bad json"}', 'E_COMMAND_PARAMETERS', /not JSON/, { force: true })
  })
})

describe('a list command that is built', () => {
  const recorded = (n: number) => readExchanges().find((one) => one.n === n)!.command

  it('has the recorded bytes', () => {
    expect(listCallsCommand().text).toBe(recorded(49))
    expect(listCallsCommand({ zip: true }).text).toBe(recorded(51))
    expect(listCallsCommand({ limit: 0 }).text).toBe(recorded(50))
    expect(listCallsCommand({ limit: 0, withMaps: true }).text).toBe(recorded(140))
    expect(listCallsCommand({ sortField: 'duration', sortDirection: 'asc' }).text).toBe(recorded(142))
    expect(listCallsCommand({ conditions: { caller: '1002' } }).text).toBe(recorded(148))
    expect(listCallsCommand({ conditions: { number: '1002' } }).text).toBe(recorded(152))
    expect(listCallsCommand({ conditions: { codec: 'pcma' } }).text).toBe(recorded(157))
    expect(listCallsCommand({ conditions: { connected: true } }).text).toBe(recorded(156))
    expect(listRegistersCommand().text).toBe(recorded(53))
    expect(listRegistersCommand({ states: ['Failed', 'Expired'] }).text).toBe(recorded(179))
    expect(listRegistersCommand({ conditions: { from_num: '102' } }).text).toBe(recorded(182))
  })

  it('asks for either side of an address, and all numbers of a codec', () => {
    expect(listCallsCommand({ conditions: { ip: '10.0.0.1' } }).argument).toContain('sipcallerdip_type')
    expect(listCallsCommand({ conditions: { codec: 'opus,18' } }).argument).toContain('311,312,313,314,315,316,18')
    expect(() => listCallsCommand({ conditions: { codec: 'opsu' } })).toThrow(
      expect.objectContaining({ code: 'E_COMMAND_PARAMETERS', hint: 'Did you mean Opus?' })
    )
  })

  it('takes a filter in JSON, checked, and not beside conditions', () => {
    expect(listCallsCommand({ filter: '{"caller":"1002"}' }).text).toBe(recorded(148))
    expect(() => listCallsCommand({ filter: '{caller' })).toThrow(withCode('E_COMMAND_PARAMETERS', /not JSON/))
    expect(() => listCallsCommand({ filter: '{"caller":"1"}', conditions: { called: '2' } })).toThrow(
      withCode('E_COMMAND_PARAMETERS')
    )
  })
})
