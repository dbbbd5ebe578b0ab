import { describe, expect, it } from 'vitest'
import { ordinary, parse, type Script, startFront } from './support/front.js'

const basic = `Authorization: Basic ${Buffer.from('ann:ann-secret').toString('base64')}`
const pong = 'Response: Success\r\nActionID: Foo\r\nPing: Pong\r\n\r\n'

describe('an action by HTTP', () => {
  it('is answered as recorded, with a length', async () => {
    const front = await startFront()
    const answer = await front.ask('GET /?Action=Ping&ActionID=Foo HTTP/1.1')
    expect(answer).toMatchObject({ status: 200, body: pong })
    expect(answer.headers.get('content-length')).toBe(String(pong.length))
    expect(answer.headers.get('content-type')).toBe('text/plain')
  })

  it('does not show an ActionID that the client did not give', async () => {
    const front = await startFront()
    expect((await front.ask('GET /?Action=Ping HTTP/1.1')).body).toBe('Response: Success\r\nPing: Pong\r\n\r\n')
    const asked = front.sessions[0]!.asked.at(-1)!
    expect(asked.get('ActionID')).toMatch(/^http-[0-9a-f]{24}$/)
  })

  it('asks for no events, and ends its session', async () => {
    const front = await startFront()
    await front.ask('GET /?Action=Ping HTTP/1.1')
    expect(front.sessions[0]!.asked[0]!.get('EventMask')).toBe('off')
    await front.sessions[0]!.closed
  })

  it('gets a list whole, as one JSON array or one XML document', async () => {
    const front = await startFront()
    const json = await front.ask('GET /?Action=CoreShowChannels HTTP/1.1\r\nAccept: application/json')
    expect(json.headers.get('content-type')).toBe('application/json')
    expect(JSON.parse(json.body).map((block: Record<string, string>) => block.Event ?? block.Response)).toEqual([
      'Success',
      'CoreShowChannel',
      'CoreShowChannelsComplete'
    ])
    const xml = await front.ask('GET /?Action=CoreShowChannels&OutputFormat=xml HTTP/1.1')
    expect(xml.body).toMatch(/^<AsteriskManagerOutputs>\r\n<AsteriskManagerOutput>[\s\S]*<\/AsteriskManagerOutputs>\r\n$/)
    expect((await front.ask('GET /?Action=Ping&format=xml HTTP/1.1')).body).toMatch(/^<AsteriskManagerOutput>\r\n <Response/)
  })

  it('leaves XML documents as the old program sent them with xmlcompat', async () => {
    const front = await startFront({ xmlCompat: true, outputFormat: 'xml' })
    expect((await front.ask('GET /?Action=CoreShowChannels HTTP/1.1')).body).toMatch(/^<AsteriskManagerOutput>/)
  })

  it('answers a ProxyAction, whose OutputFormat is its own', async () => {
    const front = await startFront()
    const answer = await front.ask('GET /?ProxyAction=SetOutputFormat&OutputFormat=xml HTTP/1.1')
    expect(answer.body).toBe('ProxyResponse: Success\r\nProxyListServer: pbx\r\n\r\n')
    expect(front.sessions[0]!.asked.at(-1)!.get('OutputFormat')).toBe('xml')
  })

  it('leaves the Format of an action to the action', async () => {
    const front = await startFront()
    await front.ask('GET /?Action=Monitor&Format=wav&format=wav49 HTTP/1.1')
    expect(front.sessions[0]!.asked.at(-1)!.getAll('Format')).toEqual(['wav', 'wav49'])
  })

  it('decodes after it has cut, and refuses what would begin a new header', async () => {
    const front = await startFront()
    await front.ask('GET /?Action=UserEvent&UserEvent=A%26Evil%3D1+%2B HTTP/1.1')
    expect(front.sessions[0]!.asked.at(-1)!.get('UserEvent')).toBe('A&Evil=1 +')
    for (const bad of ['A%0D%0AX', 'A%0AX', 'A%00', '%zz', '%ff']) {
      const answer = await front.ask(`GET /?Action=UserEvent&UserEvent=${bad} HTTP/1.1`)
      expect(answer, bad).toMatchObject({ status: 400, body: expect.stringMatching(/^Response: Error\r\n/) })
    }
    expect(
      front.sessions.flatMap((session) => session.asked).filter((block) => block.get('Action') === 'UserEvent')
    ).toHaveLength(1)
  })

  it('takes a form in one segment and byte by byte', async () => {
    const front = await startFront()
    const body = 'Action=Ping&ActionID=Foo'
    expect(await front.ask('POST / HTTP/1.1', body)).toMatchObject({ status: 200, body: pong })
    const client = await front.connect()
    await client.sendByteByByte(
      `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    )
    expect(await client.until('Pong\r\n\r\n')).toContain('200 OK')
  })

  it('takes JSON, with variables as an object, and XML', async () => {
    const front = await startFront()
    const json = JSON.stringify({ ActionID: 7, Action: 'Ping', Variable: { a: 1, b: 'x=y' }, Codecs: ['ulaw', 'alaw'] })
    expect((await front.ask('POST / HTTP/1.1\r\nContent-Type: application/json; charset=utf-8', json)).status).toBe(200)
    const asked = front.sessions[0]!.asked.at(-1)!
    expect(asked.headers.map(({ name, value }) => `${name}: ${value}`)).toEqual([
      'Action: Ping',
      'Variable: a=1',
      'Variable: b=x=y',
      'Codecs: ulaw',
      'Codecs: alaw',
      'ActionID: 7'
    ])
    expect((await front.ask('POST / HTTP/1.1\r\nContent-Type: text/xml', '<x/>')).body).toContain('ActionID: from-xml')
  })

  it('refuses bodies that it does not know or cannot read', async () => {
    const front = await startFront()
    const status = async (type: string, body: string, more = '') =>
      (await front.ask(`POST / HTTP/1.1\r\nContent-Type: ${type}${more}`, body)).status
    expect(await status('text/plain', 'Action=Ping')).toBe(415)
    expect(await status('application/json', '{"Action":"Ping"', '')).toBe(400)
    expect(await status('application/json', '{"Action":"Ping","X":"a\\r\\nb"}')).toBe(400)
    expect(await status('application/json', '{"Action":"Ping","X":{"a":{"b":1}}}')).toBe(400)
    expect(await status('application/json', '{}', '\r\nContent-Encoding: gzip')).toBe(415)
    expect(front.sessions).toHaveLength(0)
  })

  it('refuses a body over the limit, and the answer arrives while it is still sent', async () => {
    const large = await startFront({ maxBodyBytes: 1_000_000 })
    expect(await large.ask('POST / HTTP/1.1', `Action=Ping&X=${'x'.repeat(7_000_000)}`)).toMatchObject({ status: 413 })
    const front = await startFront({ maxBodyBytes: 1_000 })
    const chunked = await front.connect()
    chunked.send(`POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${`400\r\n${'x'.repeat(1024)}\r\n`.repeat(20)}`)
    expect(await chunked.toEnd()).toMatch(/^HTTP\/1\.1 413/)
    const client = await front.connect()
    client.send('POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2000\r\n\r\n')
    expect(await client.toEnd()).toMatch(/^HTTP\/1\.1 413/)
  })

  it('is told to go on with a body that it announced', async () => {
    const front = await startFront()
    const client = await front.connect()
    client.send('POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n')
    await client.until('100 Continue\r\n\r\n')
    client.send('Action=Ping')
    await client.until('Ping: Pong')
  })

  it('answers HEAD with the headers of GET, and OPTIONS with what is allowed', async () => {
    const front = await startFront()
    const head = await front.ask('HEAD /?Action=Ping&ActionID=Foo HTTP/1.1')
    expect(head).toMatchObject({ status: 200, body: '' })
    expect(head.headers.get('content-length')).toBe(String(pong.length))
    const options = await front.ask('OPTIONS / HTTP/1.1')
    expect(options).toMatchObject({ status: 204, body: '' })
    expect(options.headers.get('allow')).toBe('GET, HEAD, POST, OPTIONS')
    expect(options.headers.has('access-control-allow-origin')).toBe(false)
  })

  it('says what is wrong with a path, a method, a format, and a request without an action', async () => {
    const front = await startFront()
    expect((await front.ask('GET /other HTTP/1.1')).status).toBe(404)
    expect((await front.ask('GET /__proto__ HTTP/1.1')).status).toBe(404)
    const put = await front.ask('PUT / HTTP/1.1')
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST, OPTIONS'])
    expect((await front.ask('GET /?Action=Ping&OutputFormat=http HTTP/1.1')).status).toBe(400)
    const none = await front.ask('GET / HTTP/1.1\r\nAccept: application/json')
    expect(none.status).toBe(400)
    expect(JSON.parse(none.body)[0]).toMatchObject({ Response: 'Error', Message: expect.stringContaining('/?Action=Ping') })
    expect((await front.ask('get /?Action=Ping HTTP/1.1')).status).toBe(400)
  })

  it('keeps the connection, and answers pipelined requests in their order, one after the other', async () => {
    let running = 0
    const script: Script = (session, block) => {
      if (block.get('Action') !== 'Ping') return ordinary(session, block)
      expect(++running).toBe(1)
      setImmediate(() => {
        running--
        ordinary(session, block)
      })
    }
    const front = await startFront({ script })
    const client = await front.connect()
    const get = (id: string) => `GET /?Action=Ping&ActionID=${id} HTTP/1.1\r\nHost: x\r\n\r\n`
    client.send(get('a') + get('b') + get('c'))
    const text = await client.until(/ActionID: c[\s\S]*Pong\r\n\r\n/)
    expect([...text.matchAll(/ActionID: (.)/g)].map((match) => match[1])).toEqual(['a', 'b', 'c'])
    client.send(get('d'))
    await client.until('ActionID: d')
  })

  it('ends its session when the client goes away', async () => {
    const front = await startFront()
    const client = await front.connect()
    client.send('GET /?Action=Never HTTP/1.1\r\nHost: x\r\n\r\n')
    await expect.poll(() => front.sessions[0]?.asked.length).toBe(2)
    client.socket.destroy()
    await front.sessions[0]!.closed
  })

  it('does not run what waits on a connection that has gone', async () => {
    const front = await startFront()
    const client = await front.connect()
    client.send('GET /?Action=Never HTTP/1.1\r\nHost: x\r\n\r\nGET /?Action=Ping HTTP/1.1\r\nHost: x\r\n\r\n')
    await expect.poll(() => front.sessions[0]?.asked.length).toBe(2)
    client.socket.destroy()
    await expect.poll(() => front.log.filter((line) => line.startsWith('HTTP request {')).length).toBe(2)
    expect(front.sessions).toHaveLength(1)
  })

  it('waits until the answer before it has been written', async () => {
    const script: Script = (session, block) => {
      if (block.get('Action') !== 'Command') return ordinary(session, block)
      session.say('Response: Success', `ActionID: ${block.get('ActionID')}`, `Output: ${'x'.repeat(16 * 1024 * 1024)}`)
    }
    const front = await startFront({ script })
    const client = await front.connect()
    client.socket.pause()
    client.send('GET /?Action=Command HTTP/1.1\r\nHost: x\r\n\r\nGET /?Action=Never HTTP/1.1\r\nHost: x\r\n\r\n')
    await expect.poll(() => front.sessions.length).toBe(1)
    await front.sessions[0]!.closed
    await new Promise((resolve) => setImmediate(resolve))
    client.socket.destroy()
    await expect.poll(() => front.log.filter((line) => line.startsWith('HTTP request {')).length).toBe(2)
    expect(front.sessions).toHaveLength(1)
  })

  it('takes no endless row of requests on one connection', async () => {
    const front = await startFront()
    const client = await front.connect()
    client.send('GET /?Action=Never HTTP/1.1\r\nHost: x\r\nX-Maxtime: 300\r\n\r\n')
    client.send('GET /health HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(100))
    expect(await client.until('429 Too Many Requests')).toMatch(/^HTTP\/1\.1 504 [\s\S]*health is fine/)
  })

  it('is not waited for longer than X-Maxtime: 504, with what has come', async () => {
    const script: Script = (session, block) => {
      if (block.get('Action') !== 'Status') return ordinary(session, block)
      const id = `ActionID: ${block.get('ActionID')}`
      session.say('Response: Success', id, 'EventList: start', 'Message: Channel status will follow')
    }
    const front = await startFront({ script })
    expect(await front.ask('GET /?Action=Never&ActionID=q HTTP/1.1\r\nX-Maxtime: 20')).toMatchObject({
      status: 504,
      body: 'Response: Error\r\nActionID: q\r\nMessage: No complete answer within 20 ms\r\n\r\n'
    })
    expect(await front.ask('GET /?Action=Status HTTP/1.1\r\nX-Maxtime: 20')).toMatchObject({
      status: 504,
      body: expect.stringMatching(/^Response: Success[\s\S]*Response: Error/)
    })
    await Promise.all(front.sessions.map((session) => session.closed))
    expect((await front.ask('GET /?Action=Ping HTTP/1.1\r\nX-Maxtime: soon')).status).toBe(400)
  })

  it.each([
    ['Permission denied', 403],
    ['Action Filtered', 403],
    ['No server is connected: pbx: refused', 503],
    ['Server pbx is not connected: refused', 503],
    ['The connection to server pbx was lost before it answered', 502],
    ['More than 1000 actions in flight', 429],
    ['Server x is not configured; there are: pbx', 400],
    ['No such channel', 200]
  ])('is answered %j with %i', async (why, status) => {
    const front = await startFront()
    expect((await front.ask(`GET /?Action=Other&Why=${encodeURIComponent(why)} HTTP/1.1`)).status).toBe(status)
  })

  it('goes on until an event of a name with X-Until-Event', async () => {
    const script: Script = (session, block) => {
      if (block.get('Action') !== 'Originate') return ordinary(session, block)
      const id = `ActionID: ${block.get('ActionID')}`
      session.say('Event: Newchannel', 'Channel: PJSIP/other')
      session.say('Response: Success', id, 'Message: Originate successfully queued')
      setImmediate(() => {
        session.say('Event: OriginateResponse', id, 'Reason: 4')
        session.say('Event: Hangup', 'Channel: PJSIP/later')
      })
    }
    const front = await startFront({ script })
    const head = (more = '') => `GET /?Action=Originate${more} HTTP/1.1\r\nX-Until-Event: originateresponse\r\n${basic}`
    const names = (body: string) => [...body.matchAll(/^(?:Event|Response): (\w+)/gm)].map((match) => match[1])
    expect(names((await front.ask(head())).body)).toEqual(['Newchannel', 'Success', 'OriginateResponse'])
    expect(front.sessions[0]!.asked[0]!.get('Events')).toBe('on')
    expect(names((await front.ask(head('&autofilter=on'))).body)).toEqual(['Success', 'OriginateResponse'])
  })

  it('has an end when its answer has no form', async () => {
    const front = await startFront({
      script: (session, block) => (block.get('Action') === 'IAXnetstats' ? undefined : ordinary(session, block))
    })
    expect(await front.ask('GET /?Action=IAXnetstats&format=json HTTP/1.1')).toMatchObject({ status: 200, body: '[]\n' })
  })

  it('is 502 when the session ends in the middle', async () => {
    const front = await startFront({
      script: (session, block) => (block.get('Action') === 'Never' ? session.stream.destroy() : ordinary(session, block))
    })
    expect((await front.ask('GET /?Action=Never HTTP/1.1')).status).toBe(502)
  })
})

describe('a connection', () => {
  it('that begins a request and does not go on is closed', async () => {
    const front = await startFront({ times: { headersTimeoutMs: 30, requestTimeoutMs: 60, checkIntervalMs: 10 } })
    const slowHead = await front.connect()
    slowHead.send('GET / HTTP/1.1\r\nHost:')
    expect(parse(await slowHead.toEnd()).status).toBe(408)
    const slowBody = await front.connect()
    slowBody.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab')
    expect(parse(await slowBody.toEnd()).status).toBe(408)
  })

  it('with too large a head, or garbage, gets a status', async () => {
    const front = await startFront()
    const large = await front.connect()
    large.send(`GET /?Action=${'x'.repeat(70_000)} HTTP/1.1\r\nHost: x\r\n\r\n`)
    expect(parse(await large.toEnd()).status).toBe(431)
    expect((await front.ask('GET /?Action=Ping without-a-version')).status).toBe(400)
  })

  it('gets the pages of the status', async () => {
    const front = await startFront()
    expect(await front.ask('GET /health HTTP/1.1')).toMatchObject({ status: 200, body: '/health is fine\n' })
    expect((await front.ask('POST /metrics HTTP/1.1')).status).toBe(405)
  })
})
