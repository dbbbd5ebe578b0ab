import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { asAdmin, freePort, pbxkit, secret, simulator, tcpServer, temporaryFolder } from './support/pbxkit.js'
import { hasTerminal, onTerminal } from './support/terminal.js'

type Steps = [text: string, reply: string][]
const ctrlC = '\x03'
const ctrlD = '\x04'

/** A shell that begins without live events, on a simulator. */
async function shell(steps: Steps, { flags = ['--mute'], rate, columns, env }: ShellRun = {}) {
  const { port } = await simulator(rate === undefined ? {} : { rate })
  const size = columns === undefined ? {} : { columns }
  return onTerminal(['ami', 'shell', ...asAdmin(port), ...flags], [['leaves.', ''], ...steps], { ...secret, ...env }, size)
}

interface ShellRun {
  flags?: string[]
  rate?: number
  columns?: number
  env?: Record<string, string>
}

/** What is left of the text when all that only moves, clears and colours is taken out. */
const plain = (shown: string) => shown.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '')

describe('ami shell without a terminal', () => {
  it('refuses with 64, and points to ami send', async () => {
    const { status, stdout, stderr } = await pbxkit(['ami', 'shell', '--username', 'admin'], { env: secret })
    expect({ status, stdout }).toEqual({ status: 64, stdout: '' })
    expect(stderr).toContain('needs a terminal')
    expect(stderr).toContain('ami send')
  })
})

describe.skipIf(!hasTerminal)('ami shell on a terminal (needs python3)', () => {
  it('sends actions with their fields, shows lists as tables, and leaves at Ctrl-D with 0', async () => {
    const { status, shown } = await shell([
      ['> ', 'ping\r'],
      ['Pong', "Setvar Variable=NAME 'Value=two words'\r"],
      ['Variable Set', 'Getvar Variable=NAME\r'],
      ['two words', 'PJSIPShowEndpoints\r'],
      ['2 items', ctrlD]
    ])
    expect(status).toBe(0)
    expect(plain(shown)).toMatch(/OBJECTNAME +DEVICESTATE/)
    expect(plain(shown)).toMatch(/alice +Unavailable/)
  })

  it('completes actions, fields, values of the server, and its own commands', async () => {
    const { status, shown } = await shell([
      ['> ', 'QueueSu'],
      ['QueueSu', '\t'],
      ['mmary ', '\t'],
      ['Queue', 'su'],
      ['su', '\t'],
      ['pport', '\r'],
      ['1 item', '\\his'],
      ['his', '\t'],
      ['tory ', '\r'],
      ['QueueSummary Queue=support', '\\quit\r']
    ])
    expect(status).toBe(0)
    expect(plain(shown)).toContain('QueueSummary Queue=support')
  })

  it('says what is nearest to a typo, and goes on', async () => {
    const { status, shown } = await shell([
      ['> ', 'Originat\r'],
      ['Did you mean', 'Getvar\r'],
      ['needs the field Variable', '\\quiz\r'],
      ['\\quiz', 'Ping x\r'],
      ['not a field', "Ping 'x\r"],
      ['not closed', '\\quit\r']
    ])
    expect(status).toBe(0)
    expect(shown).toContain('Originate')
  })

  it('shows the last answer as JSON and as it came', async () => {
    const { shown } = await shell([
      ['> ', 'QueueSummary Queue=sales\r'],
      ['1 item', '\\json\r'],
      ['QueueSummaryComplete', '\\raw\r'],
      ['QueueSummaryComplete', '\\json Ping\r'],
      ['"Pong"', ctrlD]
    ])
    expect(shown).toContain('"Queue": "sales"')
    expect(shown).toMatch(/Event: QueueSummary\r*\n/)
  })

  it('shows live events above the line that is being typed, and mutes them', async () => {
    const { status, shown } = await shell(
      [
        ['* Newchannel', '\\events of'],
        ['\\events of', ''],
        ['* ', ''],
        ['more events in this second', ''],
        ['* ', 'f\r'],
        ['Events: off', '\\event Newchannel\r'],
        ['Uniqueid:', '\\quit\r']
      ],
      { flags: [], rate: 300 }
    )
    expect(status).toBe(0)
    const behind = plain(shown).split('Events: off')[1]!
    expect(behind).not.toMatch(/^\* /m)
    expect(behind).toContain('Event: Newchannel')
    expect(shown).toMatch(/… \d+ more events in this second/)
  })

  it('shows only the events of a filter', async () => {
    const { shown } = await shell(
      [
        ['* Hangup', '\\events filter Event=Newstate\r'],
        ['filter Event=Newstate', ''],
        ['* Newstate', ctrlD]
      ],
      { flags: ['--filter', 'Event=Hangup'], rate: 300 }
    )
    const [before, behind] = plain(shown).split('Events: on, filter') as [string, string]
    const names = (text: string) => [...new Set([...text.matchAll(/^\* (\w+)/gm)].map(([, name]) => name))]
    expect(names(before)).toEqual(['Hangup'])
    expect(names(behind)).toEqual(['Newstate'])
  })

  it('watches in a screen of its own until Ctrl-C, and has the prompt again', async () => {
    const { status, shown } = await shell([
      ['> ', '\\watch 0.1 CoreStatus\r'],
      ['CoreStartupDate', ''],
      ['CoreStartupDate', ctrlC],
      ['\x1b[?1049l', 'Ping\r'],
      ['Pong', ctrlD]
    ])
    expect(status).toBe(0)
    expect(shown).toContain('every 0.1 s')
  })

  it('cancels a line at Ctrl-C, and an action that is not answered', async () => {
    const port = await silentServer()
    const { status, shown } = await onTerminal(
      ['ami', 'shell', ...asAdmin(port), '--no-validate'],
      [
        ['leaves.', 'Not this'],
        ['Not this', ctrlC],
        ['> ', 'Ping\r'],
        ['Ping', ''],
        ['\n', ctrlC],
        ['no longer waited for', ctrlD]
      ],
      secret
    )
    expect(status).toBe(0)
    expect(shown).not.toContain('E_BUG')
  })

  it('says that the connection is lost, and comes back by itself', async () => {
    const port = await silentServer({ endFirst: true })
    const { status, shown } = await onTerminal(
      ['ami', 'shell', ...asAdmin(port)],
      [
        ['was lost', ''],
        ['(lost)> ', ''],
        ['connected again', '\\quit\r']
      ],
      secret
    )
    expect(status).toBe(0)
    expect(shown).toContain('next try in')
  })

  it('keeps what was typed for the next shell, without secrets, for its owner only', async () => {
    const state = temporaryFolder()
    const env = { XDG_STATE_HOME: state }
    const first = await shell(
      [
        ['> ', 'Login Username=a Secret=hunter2\r'],
        ['Response', ' Ping\r'],
        ['Pong', ctrlD]
      ],
      { env }
    )
    expect(first.status).toBe(0)
    const file = path.join(state, 'pbxkit/ami_history')
    expect(fs.readFileSync(file, 'utf8')).toBe('Login Username=a Secret=***\n')
    expect(fs.statSync(file).mode & 0o777).toBe(0o600)
    const second = await shell(
      [
        ['> ', '\x1b[A'],
        ['Secret=***', '\r'],
        ['masked in the history', ctrlD]
      ],
      { env }
    )
    expect(second.shown).not.toContain('hunter2')
  })

  it('has no line that is wider than 60 columns in a list, an event or the help', async () => {
    const { shown } = await shell(
      [
        ['* ', '\\help\r'],
        ['leave (also Ctrl-D)', '\\events off\r'],
        ['Events: off', 'QueueStatus\r'],
        ['items', '\\help Originate\r'],
        ['Priority=1', ctrlD]
      ],
      { flags: [], rate: 50, columns: 60 }
    )
    const lines = plain(shown)
      .split(/\r*\n|\r/)
      .filter((line) => !line.includes('> '))
    expect(lines.length).toBeGreaterThan(40)
    expect(lines.filter((line) => line.length > 60 && !line.startsWith('Originate '))).toEqual([])
  })

  it('has colours, and none with NO_COLOR', async () => {
    const steps: Steps = [
      ['> ', 'Ping\r'],
      ['Pong', ctrlD]
    ]
    expect((await shell(steps)).shown).toContain('\x1b[36m')
    expect((await shell(steps, { env: { NO_COLOR: '1' } })).shown).not.toMatch(/\x1b\[[0-9;]*m/)
  })

  it('shows what a terminal would obey escaped, in events, answers and errors', async () => {
    const port = await silentServer({ event: 'Event: Evil\r\nText: \x1b]0;owned\x07\r\n\r\n' })
    const { shown } = await onTerminal(['ami', 'shell', ...asAdmin(port)], [['* Evil', ctrlD]], secret)
    expect(shown).toContain('\\x1b]0;owned\\x07')
    expect(shown).not.toContain('\x1b]0')
  })

  it('ends with 69 when nobody answers, and with 77 when the login is refused', async () => {
    const nobody = await onTerminal(['ami', 'shell', ...asAdmin(await freePort())], [], secret)
    expect({ status: nobody.status, shown: nobody.shown.includes('Cannot connect') }).toEqual({ status: 69, shown: true })
    const { port } = await simulator()
    const refused = await onTerminal(['ami', 'shell', ...asAdmin(port)], [], { PBXKIT_SECRET: 'wrong' })
    expect(refused.status).toBe(77)
  })
})

/** A server that logs everybody in, lists Ping, and answers nothing else. @param endFirst the first connection ends after that */
async function silentServer({ endFirst = false, event = '' } = {}): Promise<number> {
  let connections = 0
  return tcpServer((socket) => {
    const isFirst = ++connections === 1
    socket.write('Asterisk Call Manager/11.0.0\r\n')
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const block = text.slice(0, end)
        text = text.slice(end + 4)
        const id = /^ActionID: (.*?)\r?$/m.exec(block)?.[1]
        const action = /^Action: (\w+)/m.exec(block)?.[1]
        if (action === 'Challenge') socket.write(`Response: Success\r\nActionID: ${id}\r\nChallenge: 1\r\n\r\n`)
        if (action === 'Login') socket.write(`Response: Success\r\nActionID: ${id}\r\nMessage: Authentication accepted\r\n\r\n`)
        if (action === 'ListCommands') {
          socket.write(`Response: Success\r\nActionID: ${id}\r\nPing: Keepalive command.  (Priv: <none>)\r\n\r\n${event}`)
          if (isFirst && endFirst) socket.end()
        }
      }
    })
  })
}
