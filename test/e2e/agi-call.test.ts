import { describe, expect, it } from 'vitest'
import { freePort, pbxkit, Running, tcpServer, writeFile } from './support/pbxkit.js'

describe('agi call and agi serve', () => {
  it('make and take a call, and show all of it', async () => {
    const script = writeFile('# a remark\nSET VARIABLE WORD "hello there"\nNO SUCH COMMAND\n')
    const server = new Running([
      'agi',
      'serve',
      '--listen',
      '127.0.0.1:0',
      '--answer',
      '--script',
      script,
      '--play',
      'beep',
      '--json'
    ])
    const url = `agi://127.0.0.1:${await server.ready()}/ivr`
    const { status, stdout } = await pbxkit(['agi', 'call', url, '--arg', 'one'])
    expect(status).toBe(0)
    expect(stdout).toContain('SUCCESS, 4 commands')
    expect(stdout).toContain('WORD=hello there')
    expect(stdout).toMatch(/> NO SUCH COMMAND\n\s+< 510 /)
    await server.says(/"event":"end"/, 'stdout')
    const events = server.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(events.map(({ event }) => event)).toEqual(['call', 'command', 'command', 'command', 'command', 'hangup', 'end'])
    expect(events[0].headers).toContainEqual({ name: 'agi_network_script', value: 'ivr' })
    expect(events[0].headers.at(-1)).toEqual({ name: 'agi_arg_1', value: 'one' })
    expect(events[1]).toMatchObject({ command: 'ANSWER', reply: '200 result=0' })
  })

  it('make many calls at a time', async () => {
    const server = new Running(['agi', 'serve', '--listen', '127.0.0.1:0', '--answer', '--json'])
    const url = `agi://127.0.0.1:${await server.ready()}`
    const { stdout, stderr } = await pbxkit(['agi', 'call', url, '--calls', '20', '--parallel', '20', '--json'])
    expect(stderr).toBe('')
    const reports = stdout.trim().split('\n')
    expect(reports).toHaveLength(20)
    expect(JSON.parse(reports[0]!)).toMatchObject({ status: 'SUCCESS', commands: [{ line: 'ANSWER' }] })
  })

  it('say by their status how it went', async () => {
    const port = await tcpServer((socket) => socket.end('failure\n'))
    expect((await pbxkit(['agi', 'call', `agi://127.0.0.1:${port}`])).status).toBe(1)
    expect((await pbxkit(['agi', 'call', `agi://127.0.0.1:${await freePort()}`])).status).toBe(69)
    expect((await pbxkit(['agi', 'call', 'http://127.0.0.1'])).status).toBe(64)
    const half = await tcpServer((socket) => socket.end('ANSWER\nNOOP'))
    expect((await pbxkit(['agi', 'call', `agi://127.0.0.1:${half}`])).stderr).toMatch(/burns a core/)
  })
})
