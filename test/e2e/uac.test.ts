import { describe, expect, it } from 'vitest'
import { type Asked, deadPort, type SipPeer, sipPeer } from '../unit/support/sip-peer.js'
import { pbxkit, Running, writeFile } from './support/pbxkit.js'

const uriOf = ({ port }: SipPeer) => `sip:bob@127.0.0.1:${port}`
const always =
  (status: number) =>
  ({ reply }: Asked) =>
    reply({ status, headers: [['Server', 'Lab 1']] })
const challenge = ({ reply }: Asked) =>
  reply({ status: 401, headers: [['WWW-Authenticate', 'Digest realm="lab", nonce="n", qop="auth"']] })

describe('uac options', () => {
  it('says who answers, with 0, also for a refusal; with --strict a refusal is a "no"', async () => {
    const peer = await sipPeer(always(404))
    const alive = await pbxkit(['uac', 'options', uriOf(peer)])
    expect(alive).toMatchObject({ status: 0, stderr: '' })
    expect(alive.stdout).toMatch(
      new RegExp(`^seq=1 404 Not Found from udp 127.0.0.1:${peer.port} \\(Lab 1\\) time=[\\d.]+ ms\n$`)
    )
    expect((await pbxkit(['uac', 'options', uriOf(peer), '--strict'])).status).toBe(1)
  })

  it('ends with 69 where nobody listens, 75 where nobody answers, 1 where only one of two does', async () => {
    const port = await deadPort()
    const silent = await sipPeer(() => {})
    const peer = await sipPeer(always(200))
    const refused = await pbxkit(['uac', 'options', `127.0.0.1:${port}`])
    expect(refused.status).toBe(69)
    expect(refused.stdout).toContain('nothing listens there')
    expect((await pbxkit(['uac', 'options', uriOf(silent), '--timeout', '100ms'])).status).toBe(75)
    const both = await pbxkit(['uac', 'options', uriOf(peer), `127.0.0.1:${port}`, '--json'])
    expect(both.status).toBe(1)
    const { targets } = JSON.parse(both.stdout)
    expect(targets).toMatchObject([
      { uri: uriOf(peer), summary: { sent: 1, received: 1 }, pings: [{ status: 200, server: 'Lab 1' }] },
      { summary: { received: 0, lossPercent: 100 }, pings: [{ error: { code: 'E_CONNECT' } }] }
    ])
  })

  it('is a Nagios plugin with thresholds', async () => {
    const peer = await sipPeer(always(200))
    const ok = await pbxkit(['uac', 'options', uriOf(peer), '--warn', '5', '--crit', '10'])
    expect(ok).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^SIP OK - .*200 OK in .* \| rtt=[\d.]+ms;5000;10000;0 loss=0%\n$/)
    })
    const critical = await pbxkit(['uac', 'options', `127.0.0.1:${await deadPort()}`, '--warn', '5'])
    expect(critical).toMatchObject({ status: 2, stdout: expect.stringMatching(/^SIP CRITICAL - /) })
  })

  it('goes on with --count 0 until Ctrl-C, and sums up', async () => {
    const peer = await sipPeer(always(200))
    const running = new Running(['uac', 'options', uriOf(peer), '--count', '0', '--interval', '10ms'])
    await running.says(/seq=3 /, 'stdout')
    running.child.kill('SIGINT')
    const { status, stdout } = await running.exit
    expect(status).toBe(130)
    expect(stdout).toMatch(/\d+ sent, \d+ answered, 0% loss, min\/avg\/max\/mdev /)
  })

  it('shows what a hostile peer says escaped', async () => {
    const peer = await sipPeer(({ reply }) => reply({ status: 200, headers: [['Server', 'a\u0085\u009b2J']] }))
    const { stdout } = await pbxkit(['uac', 'options', uriOf(peer)])
    expect(stdout).toContain('(a\\x85\\x9b2J)')
  })
})

describe('uac send', () => {
  it('sends a body and headers, From and To as they are given, and ends with the reply', async () => {
    const peer = await sipPeer(always(202))
    const flags = [
      '--from',
      '"Ålice" <sip:alice@example.org>',
      '--to',
      'carol@example.org',
      '-H',
      'Subject: hi',
      '--body',
      'Grüße'
    ]
    const { status, stdout, stderr } = await pbxkit(['uac', 'send', 'message', uriOf(peer), ...flags])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^202 Accepted [\d.]+ ms\n$/)
    const [request] = peer.of('MESSAGE')
    expect(request!.from.displayName).toBe('Ålice')
    expect(request!.to.uriText).toBe('sip:carol@example.org')
    expect([request!.get('Subject'), request!.get('Content-Type'), request!.body.toString()]).toEqual([
      'hi',
      'text/plain',
      'Grüße'
    ])
  })

  it('takes the body from stdin and from a file', async () => {
    const peer = await sipPeer(always(200))
    await pbxkit(['uac', 'send', 'MESSAGE', uriOf(peer), '--body', '-'], { input: 'from stdin' })
    await pbxkit(['uac', 'send', 'MESSAGE', uriOf(peer), '--body-file', writeFile('from a file')])
    expect(peer.requests.map(({ body }) => body.toString())).toEqual(['from stdin', 'from a file'])
  })

  it('ends with 1 for another reply than --expect, and with 0 for one of it', async () => {
    const peer = await sipPeer(always(486))
    const send = (...flags: string[]) => pbxkit(['uac', 'send', 'MESSAGE', uriOf(peer), ...flags])
    expect((await send()).status).toBe(1)
    expect((await send('--expect', '200,4xx')).status).toBe(0)
    expect((await send('--expect', '487')).status).toBe(1)
    expect((await send('--expect', 'ok')).status).toBe(64)
  })

  it('ends with 77 for a login that is refused, or that was not given, and says which', async () => {
    const peer = await sipPeer(challenge)
    const send = (...flags: string[]) =>
      pbxkit(['uac', 'send', 'REGISTER', uriOf(peer), ...flags], { env: { PBXKIT_AUTH_PASSWORD: 'secret' } })
    expect(await send()).toMatchObject({ status: 77, stderr: expect.stringContaining('give --auth-user') })
    const wrong = await send('--auth-user', 'alice', '--trace')
    expect(wrong).toMatchObject({ status: 77, stderr: expect.stringContaining('the password, or the user, is wrong') })
    expect(wrong.stderr).toContain('response="***"')
    expect(await send('--auth-user', 'alice', '--auth-realm', 'other')).toMatchObject({
      status: 77,
      stderr: expect.stringMatching(/it asks for the realm "[^"]+", which nobody has named as ours/)
    })
    expect(peer.requests).toHaveLength(4)
    expect(await send('--auth-user', 'alice', '--no-md5')).toMatchObject({
      status: 77,
      stderr: expect.stringContaining('may not be answered')
    })
    expect((await send('--auth-user', 'alice', '--no-md5', '--auth-algorithms', 'MD5')).status).toBe(64)
  })

  it('answers each realm with its own line of --credentials, and says once that nobody has named one', async () => {
    const peer = await sipPeer(({ request, reply }) => {
      const proof = `${request.get('Proxy-Authorization')} ${request.get('Authorization')}`
      if (!proof.includes('username="edge"'))
        return reply({ status: 407, headers: [['Proxy-Authenticate', 'Digest realm="edge", nonce="1"']] })
      reply(
        proof.includes('username="alice"')
          ? { status: 200 }
          : { status: 401, headers: [['WWW-Authenticate', 'Digest realm="pbx", nonce="2"']] }
      )
    })
    const send = (...flags: string[]) =>
      pbxkit(['uac', 'send', 'INFO', uriOf(peer), ...flags], { env: { PBXKIT_AUTH_PASSWORD: 'secret' } })
    const both = writeFile('edge:edge:one\nalice:pbx:two\n')
    expect(await send('--credentials', both)).toMatchObject({ status: 0, stderr: '' })
    const one = writeFile('edge:edge:one\n')
    expect(await send('--credentials', one)).toMatchObject({ status: 77, stderr: expect.stringContaining('"pbx"') })
    const guessed = await send('--credentials', one, '--auth-user', 'alice')
    expect(guessed.status).toBe(0)
    expect(guessed.stderr).toMatch(/^pbxkit: the realm "pbx" gets an answer, and nobody has named it: .*\n$/)
    expect(await send('--credentials', one, '--auth-user', 'alice', '--auth-any-realm')).toMatchObject({ status: 0, stderr: '' })
    expect(await send('--credentials', one, '--auth-user', 'alice', '--auth-realm', 'pbx')).toMatchObject({
      status: 0,
      stderr: ''
    })
    const broken = await send('--credentials', writeFile('edge:edge:one\nhunter2\n'))
    expect(broken).toMatchObject({ status: 65, stderr: expect.stringContaining(':2: this is no user:realm:password') })
    expect(broken.stderr).not.toContain('hunter2')
  })

  it('cancels its call at Ctrl-C, and ends with 130', async () => {
    let refuse = () => {}
    const peer = await sipPeer(({ request, reply }) => {
      if (request.start.method === 'INVITE') {
        refuse = () => reply({ status: 487 })
        reply({ status: 180 })
      } else if (request.start.method === 'CANCEL') {
        reply({ status: 200 })
        refuse()
      }
    })
    const running = new Running(['uac', 'send', 'INVITE', uriOf(peer)])
    await running.says(/180 Ringing/)
    running.child.kill('SIGINT')
    expect(await running.exit).toMatchObject({ status: 130, stdout: expect.stringContaining('487 ') })
    expect(peer.of('CANCEL')).toHaveLength(1)
  })

  it('with --repeat sends requests of their own, at the interval, as a line of JSON each', async () => {
    const peer = await sipPeer(always(200))
    const { stdout } = await pbxkit(['uac', 'send', 'OPTIONS', uriOf(peer), '--repeat', '3', '--interval', '10ms', '--json'])
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).status)
    ).toEqual([200, 200, 200])
    expect(new Set(peer.requests.map(({ callId }) => callId)).size).toBe(3)
  })

  it('prints JSON that loses nothing', async () => {
    const peer = await sipPeer(({ reply }) =>
      reply({
        status: 200,
        headers: [
          ['X-A', '1'],
          ['X-A', '2'],
          ['Content-Type', 'application/octet-stream']
        ],
        body: Buffer.from([0xff, 0])
      })
    )
    const { stdout } = await pbxkit(['uac', 'send', 'OPTIONS', uriOf(peer), '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ status: 200, reason: 'OK', headers: { 'X-A': ['1', '2'] }, bodyBase64: '/wA=' })
  })

  it('sends a raw file as it is, and shows the reply', async () => {
    const peer = await sipPeer(always(200))
    const lines = [
      'OPTIONS sip:x@y SIP/2.0',
      'v: SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bKraw',
      'f: <sip:a@b>;tag=1',
      't: sip:a@b',
      'i: raw',
      'CSeq: 009 OPTIONS'
    ]
    const text = [...lines, 'X:   odd  ', '', ''].join('\r\n')
    const { status, stdout } = await pbxkit(['uac', 'send', 'OPTIONS', uriOf(peer), '--raw', writeFile(text)])
    expect({ status, stdout: stdout.slice(0, 7) }).toEqual({ status: 0, stdout: '200 OK ' })
    expect(peer.requests[0]!.bytes.toString()).toBe(text)
  })

  it.each([
    ['a line end in a header', ['-H', 'Subject: a\r\nVia: b'], /line end/],
    ['a line end in a body type', ['--body', 'x', '--content-type', 'a\nb'], /line end/],
    ['a line end in From', ['--from', '<sip:a@b>\r\nX: y'], /--from/],
    ['a line end in a tag', ['--to-tag', 'a\nb'], /--to-tag/],
    ['a line end in Call-ID', ['--call-id', 'a\nb'], /--call-id/],
    ['a header that is made here', ['-H', 'Via: SIP/2.0/UDP a'], /made here/],
    ['two bodies', ['--body', 'a', '--body-file', 'b'], /--body/],
    ['a --resolve that is none', ['--resolve', 'a:b'], /HOST:PORT:ADDRESS/]
  ])('refuses %s with 64, and sends nothing', async (_, flags, says) => {
    const peer = await sipPeer(always(200))
    const { status, stderr } = await pbxkit(['uac', 'send', 'MESSAGE', uriOf(peer), ...flags])
    expect({ status, sent: peer.requests.length }).toEqual({ status: 64, sent: 0 })
    expect(stderr).toMatch(says)
  })

  it.each([
    [['uac', 'send', 'A B', 'sip:a@127.0.0.1'], /no method/],
    [['uac', 'send', 'ACK', 'sip:a@127.0.0.1'], /belongs to an INVITE/],
    [['uac', 'send', 'MESSAGE', 'sip:a b'], /URI/],
    [['uac', 'send', 'MESSAGE', 'tel:+123'], /not a SIP URI/],
    [['uac', 'send', 'MESSAGE', 'sip:a@127.0.0.1?Subject=x'], /headers in a URI/],
    [['uac', 'send'], /The method is missing/],
    [['uac', 'send', 'MESSAGE', 'sip:a@127.0.0.1', '--auth-user', 'a'], /no password/]
  ])('%j is 64', async (args, says) => {
    const { status, stderr } = await pbxkit(args)
    expect(status).toBe(64)
    expect(stderr).toMatch(says)
  })
})
