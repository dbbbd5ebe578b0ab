/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of the dialplan are written so */
import { once } from 'node:events'
import net from 'node:net'
import { duplexPair } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { encodeHeaderBlock } from '../../../../src/lib/agi/header-block.js'
import { ReplyReader } from '../../../../src/lib/agi/reply-reader.js'
import { callHeaders } from '../../../../src/lib/agi-call/call-headers.js'
import { type PlayCallOptions, playCall } from '../../../../src/lib/agi-call/play-call.js'
import { PlayedChannel } from '../../../../src/lib/agi-call/played-channel.js'
import { recordedAnswers } from '../../../../src/lib/agi-call/recorded-answers.js'
import { recordingOf, saidBy, splitHeaders } from '../../support/agi-recordings.js'

const headers = callHeaders({ url: 'agi://127.0.0.1:4573/x' })

/** A call, and the application's end of its connection. */
function play(options: Partial<PlayCallOptions> = {}) {
  const [ours, theirs] = duplexPair()
  const call = playCall(ours, { headers, ...options })
  const chunks: Buffer[] = []
  theirs.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => {})
  const text = () => Buffer.concat(chunks).toString()
  const until = (wanted: string) => expect.poll(text).toContain(wanted)
  const ask = async (line: string, wanted: string) => {
    theirs.write(line)
    await until(wanted)
  }
  const said = () => text().slice(text().indexOf('\n\n') + 2)
  return { call, theirs, until, ask, chunks, said }
}

function answers(lines: readonly string[], channel = new PlayedChannel()): (string | undefined)[] {
  return lines.map((line) => channel.take(Buffer.from(line)).said?.toString())
}

describe('the headers of a played call', () => {
  it('are those of the real one', () => {
    const recorded = splitHeaders(recordingOf('01-basic')).headers.toString()
    const values = Object.fromEntries([...recorded.matchAll(/^(agi_\w+): (.*)$/gm)].map(([, name, value]) => [name!, value!]))
    const { agi_network_script: script, agi_request: url, ...others } = values
    const made = callHeaders({ url: url!, values: others })
    expect(encodeHeaderBlock(made).toString()).toBe(recorded)
    expect(made.find(({ name }) => name === 'agi_network_script')?.value).toBe(script)
  })

  it('have the script only when there is one, and the arguments at the end', () => {
    const made = callHeaders({ url: 'agi://h', args: ['a', ''] })
    expect(made.map(({ name }) => name)).not.toContain('agi_network_script')
    expect(made.slice(-2)).toEqual([
      { name: 'agi_arg_1', value: 'a' },
      { name: 'agi_arg_2', value: '' }
    ])
  })
})

describe('a played channel', () => {
  it.each([
    ['FOO BAR', '510 Invalid or unknown command\n'],
    ['', '510 Invalid or unknown command\n'],
    ['get variable  USER', '200 result=1 (jicksta)\n'],
    ['GET VARIABLE NOSUCH', '200 result=0\n'],
    ['GET VARIABLE EMPTY', '200 result=1 ()\n'],
    ['SET VARIABLE __X "a (b)"', '200 result=1\n'],
    ['CHANNEL STATUS', '200 result=4\n'],
    ['STREAM FILE nosuchfile ""', '200 result=-1 endpos=0\n'],
    ['EXEC NoSuchApp x', '200 result=-2\n'],
    ['GET DATA x', '200 result=12\n'],
    ['GET FULL VARIABLE <${USER}>', '200 result=1 (<jicksta>)\n'],
    ['NOOP a\0b', undefined]
  ])('answers %j as Asterisk does', (line, said) => {
    const channel = new PlayedChannel({
      variables: { USER: 'jicksta', EMPTY: '' },
      digits: ['12'],
      missingFiles: ['nosuchfile'],
      missingApplications: ['nosuchapp']
    })
    expect(answers([line], channel)).toEqual([said])
  })

  it.each([['GET VARIABLE'], ['GET VARIABLE A B'], ['SET VARIABLE A'], ['STREAM FILE'], ['HANGUP a b'], ['EXEC']])(
    'shows the usage of %s',
    (line) => {
      const [said] = answers([line])
      expect(new ReplyReader().push(Buffer.from(said!))).toMatchObject([{ kind: 'reply', code: 520 }])
    }
  )

  it('allows little when it was hung up', () => {
    const channel = new PlayedChannel()
    const dead = '511 Command Not Permitted on a dead channel or intercept routine\n'
    expect(
      answers(['ANSWER', 'CHANNEL STATUS', 'HANGUP', 'STREAM FILE x ""', 'SET VARIABLE A 1', 'EXEC NoOp', 'HANGUP'], channel)
    ).toEqual([...['200 result=0\n', '200 result=6\n', '200 result=1\nHANGUP\n', dead, '200 result=1\n', '200 result=0\n', dead]])
    expect(channel.status).toBe('HANGUP')
    expect(channel.hangUp()).toBeUndefined()
  })

  it.each([
    '01-basic',
    '02-errors',
    '14-crlf',
    '17-long-value',
    '18-nul-and-8bit',
    '24-no-username',
    '30-exec-failure-status',
    '33-many-args'
  ])('gives the codes and results that Asterisk gave in %s', (name) => {
    const recording = recordingOf(name)
    const channel = new PlayedChannel({
      variables: { SANDBOX_USERNAME: name === '24-no-username' ? '' : 'jicksta', 'CALLERID(num)': '1000', 'CHANNEL(name)': 'x' },
      missingFiles: ['nosuchfile'],
      missingApplications: ['NoSuchApp']
    })
    const lines = saidBy('<S', recording).toString().split('\n').slice(0, -1)
    const codes = (bytes: Buffer) =>
      new ReplyReader().push(bytes).flatMap((message) => (message.kind === 'reply' ? [[message.code, message.result]] : []))
    const said = answers(lines, channel).map((text) => text ?? '')
    expect(codes(Buffer.from(said.join('')))).toEqual(codes(splitHeaders(recording).replies))
  })

  it('is not made of what Asterisk could not say', () => {
    expect(() => new PlayedChannel({ digits: ['1 (2'] })).toThrow('digits')
    expect(() => new PlayedChannel({ variables: { A: '\0' } })).toThrow('NUL')
  })

  it('tells no more than 1023 bytes of a value', () => {
    const channel = new PlayedChannel({ variables: { BIG: 'y'.repeat(6000) } })
    expect(answers(['GET VARIABLE BIG'], channel)[0]).toHaveLength('200 result=1 ()\n'.length + 1023)
  })
})

describe('a played call', () => {
  it('goes on until the application ends, and says HANGUP last', async () => {
    const { call, theirs, until, ask, said } = play()
    await until('\n\n')
    await ask('SET VARIABLE A b\n', '200 result=1\n')
    theirs.end()
    const report = await call.ended
    expect(said()).toBe('200 result=1\nHANGUP\n')
    expect(report).toMatchObject({
      status: 'SUCCESS',
      variables: { A: 'b' },
      hasPipelined: false,
      hadHalfLine: false,
      error: undefined
    })
    expect(report.commands).toMatchObject([{ line: 'SET VARIABLE A b', said: '200 result=1\n' }])
  })

  const lastWords = 'SET VARIABLE BRIDGE_REASON app-lost\nSET VARIABLE BRIDGE_OUTCOME DROPPED\nfailure: app-lost\n'

  it('takes what the dialplan is told with the end behind it for no pipelining', async () => {
    const { call, theirs, ask } = play()
    await ask('ANSWER\n', '200 result=0\n')
    theirs.end(lastWords)
    const report = await call.ended
    expect(report).toMatchObject({ status: 'FAILURE', hasPipelined: false, variables: { BRIDGE_OUTCOME: 'DROPPED' } })
    expect(report.commands).toHaveLength(4)
  })

  it.each([
    ['that play', 'STREAM FILE x ""\nSET VARIABLE A b\n', 0],
    ['whose end comes late', lastWords, 1_000]
  ])('takes last words %s for pipelining', async (_, words, lateMs) => {
    let nowMs = 0
    const { call, theirs, ask } = play({ clock: () => nowMs })
    await ask(words, '200 result=')
    nowMs += lateMs
    theirs.end()
    expect(await call.ended).toMatchObject({ hasPipelined: true })
  })

  it('takes commands that wait when the connection breaks for pipelining', async () => {
    const [ours, theirs] = duplexPair()
    const call = playCall(ours, { headers })
    theirs.write('SET VARIABLE A 1\nSET VARIABLE B 2\n')
    await once(theirs, 'readable')
    ours.destroy()
    expect(await call.ended).toMatchObject({ hasPipelined: true, commands: { length: 1 } })
  })

  it('lets no more wait than fits the stdio buffer of Asterisk', async () => {
    const { call, theirs, said } = play()
    const command = 'NOOP\n'
    theirs.write(command.repeat(20_000))
    await expect.poll(() => said().split('\n').length).toBeGreaterThan(20_000 - 4096 / command.length)
    theirs.end()
    expect((await call.ended).commands).toHaveLength(20_000)
  })

  it('lets pipelined commands wait for more bytes, as Asterisk does', async () => {
    const { call, theirs, ask, said } = play()
    await ask('NOOP\nSET VARIABLE A b\nANSWER\n', '200 result=0\n')
    expect(said()).toBe('200 result=0\n')
    theirs.end()
    expect(await call.ended).toMatchObject({ hasPipelined: true, variables: { A: 'b' } })
    expect(said()).toBe('200 result=0\n200 result=1\n200 result=0\nHANGUP\n')
  })

  it('runs half a line when the application ends, as Asterisk does', async () => {
    const { call, theirs, said } = play()
    theirs.end('SET VARIABLE BRIDGE_OUTCOME "FAILED"')
    expect(await call.ended).toMatchObject({ hadHalfLine: true, variables: { BRIDGE_OUTCOME: 'FAILED' } })
    expect(said()).toBe('200 result=1\nHANGUP\n')
  })

  it('answers what stands before the FIN also on a socket that would close with it', async () => {
    const server = net.createServer((application) => {
      application.on('data', () => {}).end('NOOP\nSET VARIABLE A b\n')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const socket = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1')
    const report = await playCall(socket, { headers }).ended
    server.close()
    expect(report).toMatchObject({ error: undefined, variables: { A: 'b' } })
    expect(report.commands).toHaveLength(2)
  })

  it('ends with FAILURE when the application says so', async () => {
    const { call, theirs, said } = play()
    theirs.write('failure: no\n')
    theirs.once('end', () => theirs.end())
    expect((await call.ended).status).toBe('FAILURE')
    expect(said()).toBe('HANGUP\n')
  })

  it('is hung up by the caller', async () => {
    const { call, theirs, ask } = play({ hangsUpAfterCommands: 1 })
    await ask('NOOP\n', 'HANGUP\n')
    await ask('ANSWER\n', '511 ')
    call.hangUp()
    theirs.end()
    expect((await call.ended).status).toBe('HANGUP')
  })

  it('has the faults that it is told to have', async () => {
    const split = play({ splitBytes: 3 })
    split.theirs.end()
    await split.call.ended
    expect(Math.max(...split.chunks.map(({ length }) => length))).toBe(3)
    const dying = play({ diesAfterCommands: 1 })
    await dying.ask('NOOP\n', '200 result=0\n')
    dying.theirs.write('NOOP\n')
    const report = await dying.call.ended
    expect([report.commands.length, report.error?.message]).toEqual([1, 'Asterisk died, as it was told to'])
  })

  it('ends at a line that Asterisk would cut', async () => {
    const { call, theirs } = play()
    theirs.once('end', () => theirs.end())
    theirs.write(`NOOP ${'x'.repeat(9000)}`)
    expect(await call.ended).toMatchObject({ hadLongLine: true, commands: [] })
  })

  it('answers as a recording did', () => {
    const answer = recordedAnswers([
      { line: 'CHANNEL STATUS', said: '200 result=4\n' },
      { line: 'ANSWER', said: '200 result=-1\n' },
      { line: 'CHANNEL STATUS', said: '200 result=6\n' }
    ])
    const channel = new PlayedChannel({ answer })
    expect(answers(['channel  status', 'CHANNEL STATUS', 'ANSWER', 'ANSWER', 'CHANNEL STATUS'], channel)).toEqual([
      ...['200 result=4\n', '200 result=6\n', '200 result=-1\n', '200 result=0\n', '200 result=6\n']
    ])
  })
})
