import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { controlRequest } from '../../../../src/lib/control/control-client.js'
import { type ControlMethods, startControl } from '../../../../src/lib/control/control-server.js'
import { ConnectError, ConnectionLostError, ProtocolError, TimeoutError, UsageError } from '../../../../src/lib/errors.js'
import { scratchFolder } from '../../support/scratch.js'

const timeoutMs = 5_000

async function service(methods: ControlMethods) {
  const stop = new AbortController()
  const control = await startControl(path.join(scratchFolder(), 'pbxkit/test.sock'), methods, stop.signal)
  onTestFinished(async () => {
    stop.abort()
    await control.closed
  })
  return { ...control, stop }
}

/** Says bytes, closes its half, and gives what comes back until the service closes. */
async function say(file: string, bytes: string | Buffer): Promise<Record<string, unknown>[]> {
  const socket = net.connect({ path: file })
  socket.end(bytes)
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  const lines = Buffer.concat(chunks).toString().split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

/** A peer at a socket that is no service of ours. */
async function impostor(onConnection: (socket: net.Socket) => void): Promise<string> {
  const file = path.join(scratchFolder(), 'x.sock')
  const server = net.createServer((socket) => {
    socket.on('error', () => {})
    onTestFinished(() => void socket.destroy())
    onConnection(socket)
  })
  server.listen(file)
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return file
}

describe('a service', () => {
  it('answers with the result of the method', async () => {
    const { path: file } = await service({ add: async ({ a, b }) => Number(a) + Number(b), nothing: () => undefined })
    expect(await controlRequest(file, 'add', { a: 1, b: 2 }, { timeoutMs })).toBe(3)
    expect(await controlRequest(file, 'nothing', {}, { timeoutMs })).toBeNull()
  })

  it('answers large results whole', async () => {
    const { path: file } = await service({ all: () => 'é'.repeat(2_000_000) })
    expect(await controlRequest(file, 'all', {}, { timeoutMs })).toHaveLength(2_000_000)
  })

  it('answers every line, also bad ones, in their order and with their id', async () => {
    const { path: file } = await service({ echo: ({ word }) => word })
    const answers = await say(
      file,
      [
        '{"id":1,"method":"echo","params":{"word":"a"}}',
        'rubbish',
        '',
        '{"id":2,"method":"constructor"}',
        '{"id":3,"method":"__proto__"}',
        '{"id":4,"method":"echo","params":[]}',
        '{"id":5,"method":"echo","params":{"__proto__":1}}',
        `{"id":6,"method":"echo","params":{"word":"${'x'.repeat(64 * 1024)}"}}`,
        `{"id":7,"method":"${'y'.repeat(1000)}"}`,
        '\x00\xff\x1b[2J',
        '{"id":"z","method":"echo","params":{"word":"last"}}\n'
      ].join('\n')
    )
    const codes = answers.map(({ id, result, error }) => [id, result ?? (error as { code: string } | undefined)?.code ?? null])
    expect(codes).toEqual([
      [1, 'a'],
      [null, 'E_PROTOCOL'],
      [2, 'E_UNKNOWN_METHOD'],
      [3, 'E_UNKNOWN_METHOD'],
      [4, 'E_PROTOCOL'],
      [5, null],
      [null, 'E_PROTOCOL'],
      [7, 'E_UNKNOWN_METHOD'],
      [null, 'E_PROTOCOL'],
      ['z', 'last']
    ])
    expect((answers[7]!.error as { message: string }).message.length).toBeLessThan(100)
  })

  it('lives on when a method fails or gives what is no JSON', async () => {
    const { path: file } = await service({
      fails: () => {
        throw new Error('oh')
      },
      refuses: () => Promise.reject(new UsageError('not so', { hint: 'but so' })),
      big: () => 1n,
      fine: () => 'fine'
    })
    await expect(controlRequest(file, 'fails', {}, { timeoutMs })).rejects.toMatchObject({ details: { code: 'E_BUG' } })
    await expect(controlRequest(file, 'big', {}, { timeoutMs })).rejects.toMatchObject({ details: { code: 'E_BUG' } })
    await expect(controlRequest(file, 'refuses', {}, { timeoutMs })).rejects.toMatchObject({
      constructor: UsageError,
      exit: 64,
      message: 'not so',
      hint: 'but so'
    })
    expect(await controlRequest(file, 'fine', {}, { timeoutMs })).toBe('fine')
  })

  it('has room for so many connections, and again when one has gone', async () => {
    const { path: file } = await service({ fine: () => 'fine' })
    const idle = Array.from({ length: 32 }, () => net.connect({ path: file }))
    onTestFinished(() => idle.forEach((socket) => void socket.destroy()))
    // An answer on each shows that each was accepted.
    for (const socket of idle) {
      socket.write('{"id":1,"method":"fine"}\n')
      await once(socket, 'data')
    }
    await expect(controlRequest(file, 'fine', {}, { timeoutMs })).rejects.toThrow('There are 32 control connections already')
    idle[0]!.end()
    await once(idle[0]!, 'close')
    expect(await controlRequest(file, 'fine', {}, { timeoutMs })).toBe('fine')
  })

  it('takes no more from a client that does not read its answers', async () => {
    let asked = 0
    const { path: file } = await service({
      all: () => {
        asked++
        return 'x'.repeat(1024 * 1024)
      },
      asked: () => asked
    })
    const socket = net.connect({ path: file }).pause()
    onTestFinished(() => void socket.destroy())
    socket.write('{"id":1,"method":"all"}\n'.repeat(1000))
    while (asked === 0) await controlRequest(file, 'asked', {}, { timeoutMs })
    // Each of these is a turn in which the others could have been answered, too.
    for (let turn = 0; turn < 20; turn++) await controlRequest(file, 'asked', {}, { timeoutMs })
    expect(asked).toBeLessThan(5)
  })

  it('finishes the answer that it is at when it is stopped', async () => {
    let finish = (_: string) => {}
    const {
      path: file,
      stop,
      closed
    } = await service({
      stop: () => {
        stop.abort()
        return new Promise((resolve) => {
          finish = resolve
        })
      }
    })
    const idle = net.connect({ path: file })
    await once(idle, 'connect')
    const stopped = once(stop.signal, 'abort')
    const answer = controlRequest(file, 'stop', {}, { timeoutMs })
    await stopped
    finish('stopped')
    expect(await answer).toBe('stopped')
    await closed
    expect(fs.existsSync(file)).toBe(false)
    idle.destroy()
  })
})

describe('whoever asks', () => {
  it('is told that nobody is there', async () => {
    const failure = controlRequest(path.join(scratchFolder(), 'none.sock'), 'status', {}, { timeoutMs })
    await expect(failure).rejects.toThrow(ConnectError)
    await expect(failure).rejects.toMatchObject({ exit: 69, hint: expect.stringContaining('--control') })
  })

  it('waits so long and no longer', async () => {
    const file = await impostor(() => {})
    await expect(controlRequest(file, 'status', {}, { timeoutMs: 20 })).rejects.toThrow(TimeoutError)
  })

  it('stops waiting when it is interrupted', async () => {
    const stop = new AbortController()
    const file = await impostor(() => stop.abort(new Error('enough')))
    await expect(controlRequest(file, 'status', {}, { timeoutMs, signal: stop.signal })).rejects.toThrow('enough')
  })

  it('does not take just anything for an answer', async () => {
    for (const bytes of ['SSH-2.0-OpenSSH_9.2\r\n', '[]\n', '{"id":1}\n', '{"id":9,"result":1}\n']) {
      const file = await impostor((socket) => void socket.write(bytes))
      await expect(controlRequest(file, 'status', {}, { timeoutMs }), bytes).rejects.toThrow(ProtocolError)
    }
    const file = await impostor((socket) => void socket.resume().end('{"id":1,"res'))
    await expect(controlRequest(file, 'status', {}, { timeoutMs })).rejects.toThrow(ConnectionLostError)
  })
})
