import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { type FrontWish, parse, startFront } from './support/front.js'

const authorization = `Basic ${Buffer.from('ann:ann-secret').toString('base64')}`

describe('Server-Sent Events', () => {
  it('are the output of a session that has logged in, its answer excepted', async () => {
    const front = await startFront({
      script: (session, block) => {
        // In one piece with the answer to the login.
        const answer = { Response: 'Success', ActionID: block.get('ActionID'), Message: 'Authentication accepted' }
        session.stream.write(`data: ${JSON.stringify(answer)}\n\ndata: {"Event":"FullyBooted"}\n\ndata: {"Event":`)
        session.stream.write('"Cut"}\n\n')
      }
    })
    const client = await front.connect()
    client.send(`GET /events HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n\r\n`)
    // Between the pieces stand the chunks' lengths.
    const text = await client.until(/data: {"Event":"FullyBooted"}\n\ndata: {"Event":[\s\da-f]*"Cut"}\n\n/)
    expect(parse(text)).toMatchObject({ status: 200 })
    expect(parse(text).headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(text).not.toContain('Authentication accepted')
    expect(front.sessions[0]!.peer).toMatchObject({
      output: 'sse',
      isEncrypted: false,
      address: expect.stringMatching(/^127\.0\.0\.1:\d+$/)
    })
    expect(front.sessions[0]!.asked[0]!.get('Events')).toBe('on')
    front.sessions[0]!.say('Event: Hangup')
    await client.until('data: {"Event":"Hangup"}\n\n')
    client.socket.destroy()
    await front.sessions[0]!.closed
  })

  it('are refused by status: no credentials, wrong ones', async () => {
    const front = await startFront({ authRequired: true })
    expect((await front.ask('GET /events HTTP/1.1')).status).toBe(401)
    expect(front.sessions).toHaveLength(0)
    const wrong = `Basic ${Buffer.from('ann:wrong').toString('base64')}`
    expect((await front.ask(`GET / HTTP/1.1\r\nAccept: text/event-stream\r\nAuthorization: ${wrong}`)).status).toBe(401)
    expect(front.sessions).toHaveLength(1)
  })

  it('resume behind the last one that came', async () => {
    const front = await startFront()
    for (const head of ['GET /events HTTP/1.1\r\nLast-Event-ID: 41', 'GET /events?since=41 HTTP/1.1', 'GET /events HTTP/1.1']) {
      const client = await front.connect()
      client.send(`${head}\r\nHost: x\r\nAuthorization: ${authorization}\r\n\r\n`)
      await client.until('200 OK')
    }
    expect(front.sessions.map(({ asked }) => [asked[0]!.get('Sequence'), asked[0]!.get('Since')])).toEqual([
      ['on', '41'],
      ['on', '41'],
      ['on', undefined]
    ])
    expect((await front.ask('GET /events?since=a%20b HTTP/1.1')).status).toBe(400)
  })

  it('end with their session', async () => {
    const front = await startFront()
    const client = await front.connect()
    client.send('GET /events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    await client.until('200 OK')
    front.sessions[0]!.say('Event: Shutdown')
    front.sessions[0]!.stream.end()
    expect(await client.toEnd()).toMatch(/Shutdown[\s\S]*\r\n0\r\n\r\n$/)
  })

  it('wait in the session while the client does not read, and lose nothing', async () => {
    const front = await startFront()
    const client = await front.connect()
    client.socket.pause()
    client.send('GET /events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    await expect.poll(() => front.sessions[0]?.asked.length).toBe(1)
    const { stream } = front.sessions[0]!
    const chunk = Buffer.from(`data: ${'x'.repeat(64 * 1024)}\n\n`)
    let sent = 0
    // The system takes some megabytes, then it stops.
    while (stream.writableLength < 4 * 1024 * 1024 && sent < 1_000) {
      stream.write(chunk)
      sent++
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(stream.writableNeedDrain).toBe(true)
    expect(stream.writableLength).toBeGreaterThanOrEqual(4 * 1024 * 1024)
    const drained = once(stream, 'drain')
    client.socket.resume()
    await drained
    stream.end()
    const text = await client.toEnd()
    expect(text.split('data: ').length - 1).toBe(sent)
  }, 20_000)
})

async function open(wish: FrontWish, path = '/ws', options: object = {}) {
  const front = await startFront(wish)
  const socket = new WebSocket(`ws://127.0.0.1:${front.port}${path}`, options)
  const messages: string[] = []
  socket.on('message', (data) => void messages.push(data.toString()))
  const refused = new Promise<number>((resolve) => {
    socket.once('unexpected-response', (_request, response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
  })
  const opened = once(socket, 'open').then(() => 'open' as const)
  opened.catch(() => {})
  return { front, socket, messages, outcome: await Promise.race([opened, refused]) }
}

describe('a WebSocket', () => {
  it('carries an action a message, as JSON or in standard form, and a block a message', async () => {
    const { front, socket, messages } = await open({}, '/ws', { headers: { authorization } })
    socket.send('{"Action":"Ping","ActionID":"1","Variable":{"a":1}}')
    socket.send('Action: Ping\r\nActionID: 2')
    await expect.poll(() => messages.length).toBe(2)
    expect(messages.map((one) => JSON.parse(one))).toEqual([
      { Response: 'Success', ActionID: '1', Ping: 'Pong' },
      { Response: 'Success', ActionID: '2', Ping: 'Pong' }
    ])
    expect(front.sessions[0]!.asked.map((block) => block.get('Action'))).toEqual(['Login', 'Ping', 'Ping'])
    socket.close()
    await front.sessions[0]!.closed
  })

  it('may log in by a message, and choose a format', async () => {
    const { messages, socket } = await open({ authRequired: true }, '/ws?format=standard')
    socket.send('Action: Login\r\nUsername: ann\r\nSecret: ann-secret')
    await expect.poll(() => messages).toEqual(['Response: Success\r\nMessage: Authentication accepted'])
    socket.terminate()
  })

  it.each([
    ['wrong credentials', '/ws', { headers: { authorization: `Basic ${Buffer.from('ann:x').toString('base64')}` } }, 401],
    ['a page of another origin', '/ws', { origin: 'http://evil.example' }, 403],
    ['another path', '/other', {}, 404],
    ['an unknown format', '/ws?format=sse', {}, 400]
  ])('is refused to %s', async (_who, path, options, status) => {
    expect((await open({}, path, options)).outcome).toBe(status)
  })

  it('is opened to a page of the own host and of a configured one', async () => {
    const { front, outcome, socket } = await open({ allowedOrigins: ['https://panel.example'] }, '/ws', {
      origin: 'https://panel.example'
    })
    expect(outcome).toBe('open')
    const own = new WebSocket(`ws://127.0.0.1:${front.port}/ws`, { origin: `http://127.0.0.1:${front.port}` })
    await once(own, 'open')
    own.terminate()
    socket.terminate()
  })

  it('answers what is no action, and goes on', async () => {
    const { front, socket, messages } = await open({})
    for (const bad of ['{"Action":', '{"Action":"Ping","X":"a\\nb"}', 'Action: Ping\r\n\r\nAction: Logoff', '[]', ' '])
      socket.send(bad)
    socket.send('{"Action":"Ping"}')
    await expect.poll(() => messages.length).toBe(6)
    expect(messages.map((one) => JSON.parse(one).Response)).toEqual(['Error', 'Error', 'Error', 'Error', 'Error', 'Success'])
    expect(front.sessions[0]!.asked).toHaveLength(1)
    socket.terminate()
  })

  it('ends with its session, and the session with it', async () => {
    const { front, socket } = await open({})
    front.sessions[0]!.stream.end()
    const [code] = await once(socket, 'close')
    expect(code).toBe(1000)
    await front.sessions[0]!.closed
    const other = await open({})
    other.socket.terminate()
    await other.front.sessions[0]!.closed
  })

  it('tells a request that is no upgrade to upgrade', async () => {
    const front = await startFront()
    expect((await front.ask('GET /ws HTTP/1.1')).status).toBe(426)
  })
})
