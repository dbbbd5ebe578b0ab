import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Asked, deadPort, type SipPeer, sipPeer } from '../unit/support/sip-peer.js'
import { pbxkit, Running, temporaryFolder, writeFile } from './support/pbxkit.js'

const uriOf = ({ port }: SipPeer, user = 'bob') => `sip:${user}@127.0.0.1:${port}`
const always =
  (status: number) =>
  ({ reply }: Asked) =>
    reply({ status })
const lines = (text: string) => text.trim().split('\n')
const usersOf = (peer: SipPeer) => peer.requests.map(({ start }) => /sip:([^@]*)@/.exec(start.uri)![1])

describe('uac send --csv', () => {
  it('sends one request for each row, with its values in the URI, headers, From and body', async () => {
    const peer = await sipPeer(always(200))
    const csv = writeFile('number,name,note\n100,Alice,"a, b"\n200,"{{number}}",\n')
    const flags = [
      '--from',
      '"{{name}}" <sip:{{ number }}@example.org>',
      '-H',
      'X-Note: <{{note}}>',
      '--user-agent',
      'ua {{number}}'
    ]
    const uri = uriOf(peer, '{{number}}')
    const { status, stdout, stderr } = await pbxkit([
      'uac',
      'send',
      'MESSAGE',
      uri,
      '--csv',
      csv,
      '--body',
      'Hi {{name}}',
      ...flags
    ])
    expect(status).toBe(0)
    expect(stderr).toMatch(/2 sent in [\d.]+ s: 2 200\n$/)
    expect(lines(stdout)).toEqual([
      expect.stringMatching(new RegExp(`^2: sip:100@127.0.0.1:${peer.port}: 200 OK [\\d.]+ ms$`)),
      expect.stringMatching(new RegExp(`^3: sip:200@127.0.0.1:${peer.port}: 200 OK [\\d.]+ ms$`))
    ])
    const seen = peer.requests.map((one) => [
      one.from.displayName,
      one.from.uriText,
      one.get('X-Note'),
      one.get('User-Agent'),
      one.body.toString()
    ])
    expect(seen).toEqual([
      ['Alice', 'sip:100@example.org', '<a, b>', 'ua 100', 'Hi Alice'],
      // A value is text, whatever it looks like.
      ['{{number}}', 'sip:200@example.org', '<>', 'ua 200', 'Hi {{number}}']
    ])
    expect(new Set(peer.requests.map(({ callId }) => callId)).size).toBe(2)
  })

  it('fills bodies and headers of files, and the method', async () => {
    const peer = await sipPeer(always(200))
    const csv = writeFile('what;who\r\nINFO;a\r\nPUBLISH;b\r\n')
    const files = ['--body-file', writeFile('to {{who}}\n'), '--header-file', writeFile('X-Who: {{who}}\n')]
    await pbxkit(['uac', 'send', '{{what}}', uriOf(peer), '--csv', csv, ...files])
    expect(peer.requests.map((one) => [one.start.method, one.get('X-Who'), one.body.toString()])).toEqual([
      ['INFO', 'a', 'to a\n'],
      ['PUBLISH', 'b', 'to b\n']
    ])
  })

  it('goes on when one is refused or not answered, says which, and ends with 1', async () => {
    const peer = await sipPeer(({ request, reply }) => {
      if (request.start.uri.includes('silent')) return
      reply({ status: request.start.uri.includes('wrong') ? 404 : 200 })
    })
    const csv = writeFile('user\na\nsilent\nwrong\nb\n')
    const args = ['uac', 'send', 'OPTIONS', uriOf(peer, '{{user}}'), '--csv', csv, '--timeout', '300ms', '--json']
    const { status, stdout, stderr } = await pbxkit(args)
    expect(status).toBe(1)
    expect(lines(stdout).map((line) => JSON.parse(line))).toMatchObject([
      { line: 2, status: 200 },
      { line: 3, error: { code: 'E_TIMEOUT' } },
      { line: 4, status: 404, uri: uriOf(peer, 'wrong') },
      { line: 5, status: 200 }
    ])
    expect(stderr).toContain('4 sent in')
    expect(stderr).toContain('2 200, 1 404, 1 without a reply')
  })

  it('ends with the status of the failure when nobody answers at all', async () => {
    const csv = writeFile('user\na\nb\n')
    const { status } = await pbxkit(['uac', 'send', 'OPTIONS', `sip:{{user}}@127.0.0.1:${await deadPort()}`, '--csv', csv])
    expect(status).toBe(69)
  })

  it('has as many requests in flight as --concurrency says, and no more', async () => {
    const held: Asked[] = []
    let most = 0
    const peer = await sipPeer((asked) => {
      held.push(asked)
      most = Math.max(most, held.length)
      // The third is there before the first is answered.
      if (held.length === 3) for (const one of held.splice(0)) one.reply({ status: 200 })
    })
    const csv = writeFile(`user\n${Array.from({ length: 9 }, (_, index) => `u${index}\n`).join('')}`)
    const { status } = await pbxkit(['uac', 'send', 'OPTIONS', uriOf(peer, '{{user}}'), '--csv', csv, '--concurrency', '3'])
    expect({ status, most, sent: peer.requests.length }).toEqual({ status: 0, most: 3, sent: 9 })
  })

  it('logs each row in as itself, with the password of its column', async () => {
    const peer = await sipPeer(({ request, reply }) => {
      const user = /username="([^"]*)"/.exec(request.get('Authorization') ?? '')?.[1]
      if (user === undefined) reply({ status: 401, headers: [['WWW-Authenticate', 'Digest realm="lab", nonce="n", qop="auth"']] })
      else reply({ status: 200, headers: [['X-User', user]] })
    })
    const csv = writeFile('user,auth_password\nu1,p1\nu2,env:P2\n')
    const args = [
      'uac',
      'send',
      'REGISTER',
      uriOf(peer, '{{user}}'),
      '--csv',
      csv,
      '--auth-user',
      '{{user}}',
      '--concurrency',
      '2',
      '--json'
    ]
    const { status, stdout, stderr } = await pbxkit([...args, '--trace'], { env: { P2: 'p2' } })
    expect(status).toBe(0)
    expect(
      lines(stdout)
        .map((line) => JSON.parse(line).headers['X-User'][0])
        .sort()
    ).toEqual(['u1', 'u2'])
    expect(stdout + stderr).not.toMatch(/p1|p2/)
  })

  it('warns of passwords that others may read', async () => {
    const peer = await sipPeer(always(200))
    const csv = writeFile('auth_password\np\n', { mode: 0o644 })
    const { stderr } = await pbxkit(['uac', 'send', 'INFO', uriOf(peer), '--csv', csv])
    expect(stderr).toContain('holds a secret and is readable by others')
    const harmless = writeFile('user\np\n', { mode: 0o644 })
    expect((await pbxkit(['uac', 'send', 'INFO', uriOf(peer), '--csv', harmless])).stderr).not.toContain('readable')
  })

  it('with one login for all, answers challenges that come at the same time', async () => {
    let nonces = 0
    const peer = await sipPeer(({ request, reply }) => {
      const isProven = request.get('Authorization') !== undefined
      if (isProven) return reply({ status: 200 })
      reply({ status: 401, headers: [['WWW-Authenticate', `Digest realm="lab", nonce="n${nonces++}", qop="auth"`]] })
    })
    const csv = writeFile(`user\n${Array.from({ length: 12 }, (_, index) => `u${index}\n`).join('')}`)
    const args = ['uac', 'send', 'OPTIONS', uriOf(peer, '{{user}}'), '--csv', csv, '--auth-user', 'me', '--concurrency', '4']
    const { status, stderr } = await pbxkit(args, { env: { PBXKIT_AUTH_PASSWORD: 'secret' } })
    expect({ status, all: /12 200/.test(stderr) }).toEqual({ status: 0, all: true })
    expect(nonces).toBe(4)
  })

  it.each([
    ['a column that is not there', 'user\na\n', ['-H', 'X: {{usr}}'], /file:2: --header: there is no column "usr"/],
    [
      'a line end in a value',
      'user,x\na,b\nc,"d\nVia: e"\n',
      ['-H', 'X: {{x}}'],
      /file:4: --header: the value of "x" has a line end/
    ],
    ['a URI that is none', 'user\na\na b\n', [], /file:3: The URI/],
    ['a row that is too short', 'user,x\na,b\nc\n', [], /file:3: 1 values, where there are 2 columns/],
    ['a quote that is never closed', 'user\n"secret\n', [], /this is not CSV/],
    ['no rows', 'user\n', [], /no rows/],
    ['a column twice', 'user,user\na,b\n', [], /"user" twice/]
  ])('refuses %s with 65 before anything is sent', async (_, text, flags, says) => {
    const peer = await sipPeer(always(200))
    const { status, stderr } = await pbxkit([
      'uac',
      'send',
      'OPTIONS',
      uriOf(peer, '{{user}}'),
      '--csv',
      writeFile(text),
      ...flags
    ])
    expect({ status, sent: peer.requests.length }).toEqual({ status: 65, sent: 0 })
    expect(stderr).toMatch(says)
    expect(stderr).not.toContain('secret')
  })

  it('reads the rows from stdin, and sends them as often as --repeat says, at the interval', async () => {
    const peer = await sipPeer(always(200))
    const begun = performance.now()
    const args = ['uac', 'send', 'OPTIONS', uriOf(peer, '{{user}}'), '--csv', '-', '--repeat', '2', '--interval', '100ms']
    await pbxkit(args, { input: 'user\na\nb\n' })
    expect(usersOf(peer)).toEqual(['a', 'b', 'a', 'b'])
    expect(performance.now() - begun).toBeGreaterThan(300)
  })

  it('ends at Ctrl-C with 130, and starts no other', async () => {
    const peer = await sipPeer(() => {})
    const running = new Running(['uac', 'send', 'OPTIONS', uriOf(peer, '{{user}}'), '--csv', writeFile('user\na\nb\n')])
    await peer.until(({ requests }) => requests.length > 0)
    running.child.kill('SIGINT')
    expect((await running.exit).status).toBe(130)
    expect(new Set(usersOf(peer))).toEqual(new Set(['a']))
  })
})

describe('uac send', () => {
  it('runs --on-reply with what came, and nothing of it is run by the shell', async () => {
    const folder = temporaryFolder()
    const peer = await sipPeer(({ reply }) => reply({ status: 404, reason: '$(touch evil) `touch evil`' }))
    const command =
      'cat > reply.json; echo "$PBXKIT_REPLY_STATUS $PBXKIT_REPLY_REASON $PBXKIT_REPLY_METHOD" > reply.txt; echo said'
    const running = await pbxkit(['uac', 'send', 'INFO', uriOf(peer), '--on-reply', `cd ${folder}; ${command}`])
    expect(running.status).toBe(1)
    expect(running.stdout).not.toContain('said')
    expect(running.stderr).toContain('said')
    expect(fs.readdirSync(folder).sort()).toEqual(['reply.json', 'reply.txt'])
    expect(fs.readFileSync(path.join(folder, 'reply.txt'), 'utf8')).toBe('404 $(touch evil) `touch evil` INFO\n')
    expect(JSON.parse(fs.readFileSync(path.join(folder, 'reply.json'), 'utf8'))).toMatchObject({
      status: 404,
      method: 'INFO',
      uri: uriOf(peer)
    })
  })

  it('tells that --on-reply failed, or took too long, and ends as the request did', async () => {
    const peer = await sipPeer(always(200))
    const failed = await pbxkit(['uac', 'send', 'INFO', uriOf(peer), '--on-reply', 'exit 3'])
    expect(failed).toMatchObject({ status: 0, stderr: expect.stringContaining('"exit 3" ended with 3') })
    const late = await pbxkit(['uac', 'send', 'INFO', uriOf(peer), '--on-reply', 'sleep 60', '--timeout', '200ms'])
    expect(late).toMatchObject({ status: 0, stderr: expect.stringContaining('did not end within 0.2 s') })
  })

  it('logs in with a HA1, from a file or the environment', async () => {
    const peer = await sipPeer(({ request, reply }) => {
      const proof = request.get('Authorization')
      if (proof === undefined) {
        reply({ status: 401, headers: [['WWW-Authenticate', 'Digest realm="lab", nonce="n", algorithm=SHA-256']] })
      } else reply({ status: proof.includes('SHA-256') ? 200 : 403 })
    })
    const ha1 = 'a'.repeat(64)
    const send = (flags: string[], env: Record<string, string> = {}) =>
      pbxkit(['uac', 'send', 'REGISTER', uriOf(peer), '--auth-user', 'u', ...flags], { env })
    expect((await send(['--auth-ha1-file', writeFile(`SHA-256=${ha1}\n`)])).status).toBe(0)
    expect((await send([], { PBXKIT_AUTH_HA1: ha1 })).status).toBe(0)
    const wrong = await send([], { PBXKIT_AUTH_HA1: 'abc' })
    expect(wrong).toMatchObject({ status: 78, stderr: expect.stringContaining('PBXKIT_AUTH_HA1 has 3 hex digits') })
    expect(wrong.stderr).not.toContain('abc')
    expect((await send([], { PBXKIT_AUTH_HA1: 'b'.repeat(32) })).status).toBe(77)
  })

  it.each([
    '--from',
    '--to',
    '--proxy',
    '--bind',
    '--resolve',
    '--dns-server',
    '--ws-path',
    '--user-agent',
    '--auth-user',
    '--auth-realm',
    '--header',
    '--content-type',
    '--call-id',
    '--from-tag',
    '--to-tag',
    '--route',
    '--contact',
    '--event'
  ])(
    'refuses a line end in %s by its name',
    async (flag) => {
      const peer = await sipPeer(always(200))
      for (const end of ['\r\n', '\n', '\r']) {
        const result = await pbxkit(['uac', 'send', 'SUBSCRIBE', uriOf(peer), flag, `a${end}X-Evil: 1`])
        expect(result).toMatchObject({ status: 64, stderr: expect.stringContaining(`${flag} has a line end`) })
      }
      expect(peer.requests).toEqual([])
    },
    20_000
  )

  it('writes tags, Call-ID, CSeq, Max-Forwards, routes, Contact, Event and Expires as they are given', async () => {
    const peer = await sipPeer(always(200))
    const flags = [
      ...['--from-tag', 'ft', '--to-tag', 'tt', '--call-id', 'c@x', '--cseq', '77', '--max-forwards', '9', '--event', 'presence'],
      ...['--expires', '60', '--contact', '<sip:me@192.0.2.1>;q=0.5'],
      ...['--route', `<sip:127.0.0.1:${peer.port};lr>`, '--route', '<sip:next.example.org;lr>']
    ]
    const { status } = await pbxkit(['uac', 'send', 'NOTIFY', 'sip:bob@far.example.org', ...flags])
    expect(status).toBe(0)
    const [request] = peer.requests
    expect([request!.from.tag, request!.to.tag, request!.callId, request!.cseq.number]).toEqual(['ft', 'tt', 'c@x', 77])
    expect(['Max-Forwards', 'Event', 'Expires', 'Contact'].map((name) => request!.get(name))).toEqual([
      '9',
      'presence',
      '60',
      '<sip:me@192.0.2.1>;q=0.5'
    ])
    expect(request!.values('Route')).toEqual([`<sip:127.0.0.1:${peer.port};lr>`, '<sip:next.example.org;lr>'])
    expect(request!.start.uri).toBe('sip:bob@far.example.org')
  })

  it('finds a host where --resolve says', async () => {
    const peer = await sipPeer(always(200))
    const uri = `sip:bob@nowhere.example:${peer.port}`
    const { status } = await pbxkit(['uac', 'send', 'INFO', uri, '--resolve', `nowhere.example:${peer.port}:127.0.0.1`])
    expect({ status, uri: peer.requests[0]!.start.uri }).toEqual({ status: 0, uri })
  })

  it('repeats as T1 says', async () => {
    const peer = await sipPeer(({ nth, reply }) => nth === 4 && reply({ status: 200 }))
    const begun = performance.now()
    const { status } = await pbxkit(['uac', 'send', 'INFO', uriOf(peer), '--t1', '20ms', '--t2', '40ms', '--t4', '50ms'])
    expect({ status, copies: peer.requests.length }).toEqual({ status: 0, copies: 4 })
    // With the RFC's T1 the fourth copy comes after 3.5 s.
    expect(performance.now() - begun).toBeLessThan(3000)
  })

  it('goes over TCP when it is long, and with --udp-only does not', async () => {
    const peer = await sipPeer(always(200))
    const flags = ['--body', 'x'.repeat(1400), '--udp-only']
    const { status } = await pbxkit(['uac', 'send', 'MESSAGE', uriOf(peer), ...flags, '--json'])
    expect({ status, length: peer.requests[0]!.body.length }).toEqual({ status: 0, length: 1400 })
  })

  it('takes a reply from another address with --any-source only', async () => {
    const { default: dgram } = await import('node:dgram')
    const other = dgram.createSocket('udp4')
    await new Promise<void>((resolve) => other.bind(0, '127.0.0.1', resolve))
    const { buildReply } = await import('../../src/lib/sip/build.js')
    const peer = await sipPeer(({ request }) => {
      other.send(buildReply(request, { status: 200, toTag: 'other' }), request.via.rport!, '127.0.0.1')
    })
    const send = (...flags: string[]) => pbxkit(['uac', 'send', 'INFO', uriOf(peer), ...flags])
    expect((await send('--timeout', '500ms')).status).toBe(75)
    expect((await send('--bind', ':0', '--timeout', '500ms')).status).toBe(75)
    expect((await send('--any-source')).status).toBe(0)
    other.close()
  })

  it('shows our certificate to a server that asks for it, and takes no TLS that is older than --tls-min', async () => {
    const folder = temporaryFolder()
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' })
    for (const name of ['server', 'client']) {
      const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1']
      openssl(
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.crt`,
        '-days',
        '2',
        ...subject
      )
    }
    const read = (name: string) => fs.readFileSync(path.join(folder, name))
    const { default: tls } = await import('node:tls')
    const { parseDatagram } = await import('../../src/lib/sip/parse.js')
    const { buildReply } = await import('../../src/lib/sip/build.js')
    const names: string[] = []
    const server = tls.createServer(
      {
        cert: read('server.crt'),
        key: read('server.key'),
        ca: read('client.crt'),
        requestCert: true,
        rejectUnauthorized: true,
        maxVersion: 'TLSv1.2'
      },
      (socket) => {
        names.push(String(socket.getPeerCertificate().subject?.CN))
        socket
          .on('error', () => {})
          .on('data', (bytes) => socket.write(buildReply(parseDatagram(bytes) as never, { status: 200, toTag: 'x' })))
      }
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const send = (...flags: string[]) =>
      pbxkit([
        'uac',
        'send',
        'OPTIONS',
        `sip:127.0.0.1:${port};transport=tls`,
        '--tls-ca',
        path.join(folder, 'server.crt'),
        ...flags
      ])
    const own = ['--tls-cert', path.join(folder, 'client.crt'), '--tls-key', path.join(folder, 'client.key')]
    expect((await send(...own)).status).toBe(0)
    expect(names).toEqual(['client'])
    expect((await send()).status).not.toBe(0)
    expect((await send(...own, '--tls-min', '1.3')).status).toBe(69)
    expect(await send('--tls-cert', path.join(folder, 'client.key'))).toMatchObject({
      status: 78,
      stderr: expect.stringContaining('There is no certificate in')
    })
    server.close()
  }, 20_000)
})
