import fs from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HistoryFile, historyPath } from '../../../../src/lib/ami-shell/history-file.js'
import { historyLine, maskedField } from '../../../../src/lib/ami-shell/history-mask.js'
import { quoteField } from '../../../../src/lib/ami-shell/line-words.js'
import { scratchFile, scratchFolder } from '../../support/scratch.js'

describe('what the history keeps', () => {
  it.each([
    ['Login Username=a Secret=hunter2 Events=off', 'Login Username=a Secret=*** Events=off'],
    ["\\json Login 'Secret=two words' A=1", '\\json Login Secret=*** A=1'],
    ['\\watch 2 Login Secret=x', '\\watch 2 Login Secret=***'],
    ['Setvar Variable=DB_PASS Value=x', 'Setvar Variable=DB_PASS Value=***'],
    ['DBPut Family=pins Key=100 Val=1234', 'DBPut Family=pins Key=100 Val=***'],
    ['Originate Channel=a Variable=a=1,PIN=2', 'Originate Channel=a Variable=a=1,PIN=***'],
    ['Command database put cidname 100 Alice', 'Command database put cidname 100 Alice'],
    ['Command database put tokens 100 s3cret', 'Command database put tokens ***'],
    ["Command Command='database put token 1 s3cret'", "Command Command='database put token ***'"]
  ])('%s', (line, kept) => {
    expect(historyLine(line)).toEqual({ text: kept, forFile: true })
  })

  it('is nothing of a line that begins with a blank, or is empty', () => {
    expect(historyLine(' Login Secret=x')).toBeUndefined()
    expect(historyLine('')).toBeUndefined()
  })

  it('leaves a line as it was typed when there is no secret in it', () => {
    for (const line of ['Ping', `Setvar "Variable=a"  Value='b c'`, '\\help Login', '\\json', 'Command core show channels'])
      expect(historyLine(line)).toEqual({ text: line, forFile: true })
  })

  it('goes to no file when it is not understood: a secret may stand anywhere', () => {
    expect(historyLine('Login admin hunter2')).toMatchObject({ forFile: false })
    expect(historyLine("Login Secret='hunter2")).toEqual({ text: 'Login Secret=***', forFile: false })
    expect(historyLine('\\jsn Login Secret=x')).toEqual({ text: '\\jsn Login Secret=***', forFile: false })
  })

  it('never has the value of a secret field', () => {
    const value = fc
      .string({ minLength: 4, unit: fc.constantFrom('a', 'Z', '9', ' ', "'", '"', '\\', '=', ',') })
      .map((text) => `<${text}>`)
    const before = fc.constantFrom('Login Username=a ', '\\raw Login ', 'Login "Events=a b" ')
    fc.assert(
      fc.property(before, fc.constantFrom('Secret', 'Key', 'ProxyKey', 'Password', 'secret'), value, (start, name, secret) => {
        const line = start + quoteField(name, secret)
        expect(historyLine(line)).toEqual({ text: expect.not.stringMatching(/[<>]/), forFile: true })
      })
    )
  })

  it('is not sent where its mask stands for a secret', () => {
    expect(maskedField('Login', [['Secret', '***']])).toBe('Secret')
    expect(maskedField('Originate', [['Variable', 'a=1,PIN=***']])).toBe('Variable')
    expect(maskedField('Command', [['Command', 'database put tokens ***']])).toBe('Command')
    expect(maskedField('UserEvent', [['Text', '***']])).toBeUndefined()
    expect(maskedField('Login', [['Secret', 'x']])).toBeUndefined()
  })
})

describe('the file of the history', () => {
  const none = (message: string) => expect.unreachable(message)

  it("is the user's state, for its owner only, and several shells add to it", () => {
    const file = historyPath({ XDG_STATE_HOME: path.join(scratchFolder(), 'state') })
    const [first, second] = [new HistoryFile(file, none), new HistoryFile(file, none)]
    expect(first.load()).toEqual([])
    first.append('Ping')
    second.append('CoreStatus')
    expect(new HistoryFile(file, none).load()).toEqual(['Ping', 'CoreStatus'])
    expect(fs.statSync(file).mode & 0o777).toBe(0o600)
    expect(fs.statSync(path.dirname(file)).mode & 0o777).toBe(0o700)
  })

  it('is in ~/.local/state where XDG says nothing, or a relative path', () => {
    const wanted = '/home/a/.local/state/pbxkit/ami_history'
    expect(historyPath({ HOME: '/home/a' })).toBe(wanted)
    expect(historyPath({ HOME: '/home/a', XDG_STATE_HOME: 'state' })).toBe(wanted)
  })

  it('is closed to others again when it was open, and is read without what a terminal would obey', () => {
    const file = scratchFile('ami_history', 'Ping\n\x1b[2JEvil\n\nCoreStatus\n', 0o644)
    expect(new HistoryFile(file, none).load()).toEqual(['Ping', 'CoreStatus'])
    expect(fs.statSync(file).mode & 0o777).toBe(0o600)
  })

  it('keeps its newest thousand lines', () => {
    const lines = Array.from({ length: 2_001 }, (_, index) => `Ping ActionID=${index}`)
    const file = scratchFile('ami_history', `${lines.join('\n')}\n`)
    expect(new HistoryFile(file, none).load()).toEqual(lines.slice(-1_000))
    expect(fs.readFileSync(file, 'utf8').split('\n')).toHaveLength(1_001)
  })

  it('is gone without when it cannot be used, and that is said once', () => {
    const said: string[] = []
    const history = new HistoryFile(path.join(scratchFile('a-file', ''), 'ami_history'), (message) => said.push(message))
    expect(history.load()).toEqual([])
    history.append('Ping')
    expect(said).toHaveLength(1)
  })
})
