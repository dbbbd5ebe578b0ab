import { describe, expect, it } from 'vitest'
import { asAdmin, pbxkit, Running, secret, simulator } from './support/pbxkit.js'

async function batch(input: string, args: string[] = ['--json']) {
  const { port } = await simulator()
  const result = await pbxkit(['ami', 'send', ...asAdmin(port), ...args], { env: secret, input })
  const answers = args.includes('--json')
    ? result.stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
    : []
  return { ...result, answers }
}

const ids = (answers: { response: { ActionID: string } }[]) => answers.map(({ response }) => response.ActionID)

describe('actions from stdin', () => {
  it('as blocks, with CRLF or LF, the last one without its empty line', async () => {
    const { answers, status } = await batch(
      'Action: Ping\r\nActionID: 1\r\n\r\nAction: CoreStatus\nActionID: 2\n\nAction: Ping\nActionID: 3'
    )
    expect(status).toBe(0)
    expect(ids(answers)).toEqual(['1', '2', '3'])
  })

  it('as NDJSON', async () => {
    const { answers, status } = await batch('{"Action":"Ping","ActionID":"1"}\n\n{"ActionID":2,"action":"Ping"}\n')
    expect(status).toBe(0)
    expect(ids(answers)).toEqual(['1', '2'])
  })

  it('as one JSON document over several lines', async () => {
    const { answers, status } = await batch(
      JSON.stringify(
        [
          { Action: 'Ping', ActionID: '1' },
          { Action: 'CoreStatus', ActionID: '2' }
        ],
        null,
        2
      )
    )
    expect(status).toBe(0)
    expect(ids(answers)).toEqual(['1', '2'])
  })

  it('are answered in their order, long lists among them', async () => {
    const actions = Array.from({ length: 200 }, (_, i) => `Action: ${i % 3 ? 'Ping' : 'DeviceStateList'}\nActionID: ${i}\n\n`)
    const { answers, status } = await batch(actions.join(''), ['--json', '--concurrency', '50'])
    expect(status).toBe(0)
    expect(ids(answers)).toEqual(actions.map((_, i) => String(i)))
    expect(answers[0].items.length).toBeGreaterThan(1)
  })

  it('that cannot be sent are named by their number', async () => {
    const { answers, status } = await batch('{"Action":"Ping","ActionID":"1"}\n{"Action":"Pin"}\n')
    expect(status).toBe(65)
    expect(answers[1].error).toMatchObject({
      message: 'Action 2 on stdin: There is no action "Pin"',
      details: { hint: expect.stringContaining('Did you mean Ping?') }
    })
    expect((await batch('Action: Ping\nActionID: 1\n\nAction: Ping\nX: a\0b\n\n')).answers[1].error.message).toMatch(
      /^Action 2 on stdin: The value of X/
    )
  })

  it('with an error among them are all sent; the status is 1', async () => {
    const { answers, status, stderr } = await batch(
      'Action: Ping\nActionID: 1\n\nAction: Hangup\nChannel: none\nActionID: 2\n\nAction: Ping\nActionID: 3\n\n'
    )
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' })
    expect(ids(answers)).toEqual(['1', '2', '3'])
    expect(answers[1].response.Response).toBe('Error')
  })

  for (const [how, bad, says] of [
    ['an unknown action', 'Action: Pnig\n\n', /no action "Pnig"/],
    ['a line without a colon', 'Action: Ping\nhello\n\n', /Action 2 on stdin has a line without a colon: "hello"/]
  ] as const) {
    it(`end at ${how} in the middle with 65; the answers before it are printed`, async () => {
      const { answers, status, stderr } = await batch(`Action: Ping\nActionID: 1\n\n${bad}Action: Ping\nActionID: 3\n\n`)
      expect(status).toBe(65)
      expect(ids(answers.slice(0, 1))).toEqual(['1'])
      expect(answers[1].error).toMatchObject({ code: 'E_DATA', exit: 65, message: expect.stringMatching(says) })
      expect(stderr).toBe('')
      expect(answers).toHaveLength(2)
    })
  }

  it('are missed when there is none: a cron job without an action is no success', async () => {
    expect(await batch('', [])).toMatchObject({ status: 64, stdout: '', stderr: expect.stringContaining('action is missing') })
    expect(await batch('\n\r\n', [])).toMatchObject({ status: 64, stdout: '' })
  })

  it.each([1, 8])('give their answers before a bad one behind a full window of %i ends the batch', async (window) => {
    const input = `${'{"Action":"Ping"}\n'.repeat(window)}{bad\n`
    const { status, answers } = await batch(input, ['--json', '--concurrency', String(window)])
    expect(status).toBe(65)
    expect(answers).toHaveLength(window + 1)
    expect(answers.at(-1).error.code).toBe('E_DATA')
  })

  it('are answered while stdin is still open', async () => {
    const { port } = await simulator()
    const running = new Running(['ami', 'send', ...asAdmin(port), '--json'], { env: secret })
    running.child.stdin!.write('Action: Ping\nActionID: 1\n\n')
    await running.says(/"ActionID":"1"/, 'stdout')
    running.child.stdin!.end('Action: Ping\nActionID: 2\n\n')
    await running.says(/"ActionID":"2"/, 'stdout')
    expect(await running.exit).toMatchObject({ status: 0, stderr: '' })
  })

  it('are printed by --dry-run as they would be sent', async () => {
    const result = await pbxkit(['ami', 'send', '--dry-run'], {
      input: '{"Variable":["a=1","b=2"],"Action":"Originate","Channel":"Local/1@a","Async":true}\n'
    })
    expect(result).toMatchObject({
      status: 0,
      stdout: 'Action: Originate\r\nVariable: a=1\r\nVariable: b=2\r\nChannel: Local/1@a\r\nAsync: true\r\n\r\n'
    })
  })

  it('are interrupted by SIGINT with 130', async () => {
    const { port } = await simulator()
    const running = new Running(['ami', 'send', ...asAdmin(port), '--json'], { env: secret })
    running.child.stdin!.write('Action: Ping\nActionID: 1\n\n')
    await running.says(/"ActionID":"1"/, 'stdout')
    running.child.kill('SIGINT')
    expect(await running.exit).toMatchObject({ status: 130, stderr: '' })
  })
})
