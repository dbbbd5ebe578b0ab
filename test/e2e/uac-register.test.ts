import { createHash } from 'node:crypto'
import dgram from 'node:dgram'
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { readStunReply, stunRequest } from '../../src/lib/sip/stun.js'
import { deadPort, type SipPeer, sipPeer } from '../unit/support/sip-peer.js'
import { pbxkit, temporaryFolder, writeFile } from './support/pbxkit.js'
import { accountsFile, csvHead, csvLine, RunningRegister, registrar, userOf } from './support/sip-registrar.js'

const password = { PBXKIT_AUTH_PASSWORD: 'secret' }
const uriOf = ({ port }: SipPeer, more = '') => `sip:alice@127.0.0.1:${port}${more}`
const registers = (peer: SipPeer) => peer.of('REGISTER')

describe('the doctor of uac register --once', () => {
  async function once(uri: string, ...flags: string[]) {
    const { status, stdout, stderr } = await pbxkit(['uac', 'register', uri, '--once', '--json', ...flags], { env: password })
    return { status, result: JSON.parse(stdout), stderr }
  }
  const challenge = 'Digest realm="pbx", nonce="n", qop="auth"'

  it('says of a wrong password whose it is and in which realm, and that the clocks differ', async () => {
    const date = new Date(Date.now() - 3_600_000).toUTCString()
    const peer = await sipPeer(({ reply }) =>
      reply({
        status: 401,
        headers: [
          ['WWW-Authenticate', challenge],
          ['Date', date]
        ]
      })
    )
    const { status, result } = await once(uriOf(peer))
    expect(status).toBe(77)
    expect(result).toMatchObject({ reason: 'wrong password', hint: expect.stringContaining('the password of "alice" is wrong') })
    expect(result.hint).toContain('the realm "pbx"')
    expect(result.hint).toMatch(/clocks differ by (59|60|61) minutes \(ours is ahead\)/)
  })

  it('says of a wrong realm which one is asked for', async () => {
    const peer = await sipPeer(({ reply }) => reply({ status: 401, headers: [['WWW-Authenticate', challenge]] }))
    const { status, result } = await once(uriOf(peer), '--auth-realm', 'other')
    expect(status).toBe(77)
    expect(result.hint).toContain('asks for the realm "pbx", and the account is of the realm "other"')
    expect(registers(peer)).toHaveLength(1)
  })

  it('says of several realms at once that one has to be named, and answers none of them', async () => {
    const asked = ['Digest realm="a", nonce="1"', 'Digest realm="b", nonce="2"']
    const peer = await sipPeer(({ reply }) => reply({ status: 401, headers: asked.map((one) => ['WWW-Authenticate', one]) }))
    const { status, result } = await once(uriOf(peer))
    expect(status).toBe(77)
    expect(result.hint).toContain('asks for the realm "a" and "b" at once, and the account names none')
    expect(registers(peer)).toHaveLength(1)
    await once(uriOf(peer), '--auth-any-realm')
    expect(registers(peer)).toHaveLength(3)
    expect(registers(peer)[2]!.lines('Authorization')).toHaveLength(2)
  })

  it('says of an unknown account that it is not known, with the words of the registrar', async () => {
    const peer = await sipPeer(({ reply }) => reply({ status: 404, headers: [['Warning', '399 pbx "no such subscriber"']] }))
    const { result } = await once(uriOf(peer))
    expect(result.hint).toContain('knows no alice@127.0.0.1')
    expect(result.hint).toContain('It says: no such subscriber.')
  })

  it('says of a port on which nobody listens that the server is not up, of silence where to look, of a name that it leads nowhere', async () => {
    const { status, result } = await once(`sip:alice@127.0.0.1:${await deadPort()};transport=tcp`)
    expect(status).toBe(69)
    expect(result.hint).toContain('nothing listens on that port')
    // Over UDP as well, and long before a request would time out.
    const udp = await once(`sip:alice@127.0.0.1:${await deadPort()}`)
    expect(udp).toMatchObject({ status: 69, result: { reason: 'unreachable' } })
    expect(udp.result.hint).toContain('nothing listens on that port')
    const silent = await once(uriOf(await sipPeer(() => {})), '--timeout', '200ms')
    expect(silent.status).toBe(75)
    expect(silent.result.hint).toMatch(/^udp 127\.0\.0\.1:\d+ says nothing: .*try ;transport=tcp\.$/)
    const nowhere = await once('sip:alice@nowhere.invalid', '--timeout', '5')
    expect(nowhere.result.hint).toContain('The name leads nowhere')
  })
})

describe('flags of uac register', () => {
  const env = { PBXKIT_AUTH_PASSWORD: 'secret' }

  it('hold for the accounts of a file that say nothing themselves', async () => {
    const peer = await registrar()
    const rows = [
      'l_uuid,r_username,r_domain,auth_password,auth_proxy,expires,outbound,realm',
      `own,own,lab.test,secret,sip:127.0.0.1:${peer.port},77,0,lab`,
      'bare,bare,lab.test,secret,,,,'
    ]
    const file = writeFile(`${rows.join('\n')}\n`, { name: 'accounts.csv' })
    const flags = ['--proxy', `sip:127.0.0.1:${peer.port}`, '--expires', '99', '--outbound', '--auth-realm', 'lab']
    const { status, stderr } = await pbxkit(['uac', 'register', '--file', file, '--once', '--json', ...flags])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const last = (name: string) => registers(peer).findLast((one) => userOf(one) === name)!
    expect([last('own').get('Expires'), last('bare').get('Expires')]).toEqual(['77', '99'])
    expect(last('own').get('Contact')).not.toContain('reg-id')
    expect(last('bare').get('Contact')).toContain('reg-id=1')
  })

  it.each(['--auth-user', '--password-file', '--contact-user'])(
    '%s, which says who one account is, is refused with a table',
    async (flag) => {
      const result = await pbxkit(['uac', 'register', '--file', accountsFile(['a'], 9), '--check', flag, 'x'])
      expect(result).toMatchObject({ status: 64, stderr: expect.stringContaining(`${flag} is for one account`) })
    }
  )

  it('give one account a HA1 in place of the password', async () => {
    const peer = await registrar()
    const ha1 = writeFile(`${createHash('md5').update('alice:lab:secret').digest('hex')}\n`)
    const args = ['uac', 'register', uriOf(peer), '--once', '--json', '--auth-ha1-file', ha1, '--auth-realm', 'lab']
    expect((await pbxkit(args)).status).toBe(0)
    const byPassword = await pbxkit(['uac', 'register', uriOf(peer), '--once', '--json'], { env })
    expect(byPassword.stderr).toMatch(/the realm "lab" gets an answer, and nobody has named it/)
    for (const one of registers(peer).filter((request) => request.get('Authorization'))) {
      const value = (name: string) => new RegExp(`\\b${name}="?([^",]+)`).exec(one.get('Authorization')!)![1]!
      const h = (...parts: string[]) => createHash('md5').update(parts.join(':')).digest('hex')
      const ha2 = h('REGISTER', value('uri'))
      expect(value('response')).toBe(h(h('alice', 'lab', 'secret'), 'n', '00000001', value('cnonce'), 'auth', ha2))
    }
    expect(registers(peer)).toHaveLength(4)
  })

  it('--remove takes back what an earlier run has left on this machine, from whatever port, and not the phone of the same user', async () => {
    const bound = new Set([
      'sip:alice@127.0.0.1:1111',
      'sip:alice@127.0.0.1:2222',
      'sip:alice@192.0.2.9:5060',
      'sip:bob@127.0.0.1:3'
    ])
    const peer = await sipPeer(({ request, reply }) => {
      if (request.get('Expires') === '0') bound.delete(request.contacts[0]!.uriText)
      reply({ status: 200, headers: [...bound].map((uri) => ['Contact', `<${uri}>;expires=60`] as const) })
    })
    const ask = (what: string) => pbxkit(['uac', 'register', uriOf(peer), what, '--json'], { env })
    const { bindings } = JSON.parse((await ask('--fetch')).stdout) as { bindings: { own: boolean }[] }
    expect(bindings.map(({ own }) => own)).toEqual([true, true, false, false])
    expect((await ask('--remove')).status).toBe(0)
    expect([...bound]).toEqual(['sip:alice@192.0.2.9:5060', 'sip:bob@127.0.0.1:3'])
    bound.clear()
    expect(await pbxkit(['uac', 'register', uriOf(peer), '--fetch'], { env })).toMatchObject({
      status: 0,
      stdout: '',
      stderr: expect.stringContaining('no bindings')
    })
  })

  it('give a state file to one process at a time', async () => {
    const peer = await registrar()
    const state = path.join(temporaryFolder(), 'uac.state')
    const args = ['--file', accountsFile(['a'], peer.port), '--state', state]
    const first = new RunningRegister(args)
    await first.event('registered', 'a')
    const second = await pbxkit(['uac', 'register', ...args, '--control', `${temporaryFolder()}/uac.sock`])
    expect(second).toMatchObject({ status: 74, stderr: expect.stringContaining('Another pbxkit uac register has the state') })
    first.child.kill('SIGTERM')
    await first.exit
    expect(fs.existsSync(`${state}.lock`)).toBe(false)
  })
})

describe('accounts that change while uac register runs', () => {
  it('are read again at SIGHUP; a row with a mistake keeps its registration, a missing one is taken back', async () => {
    const peer = await registrar()
    const file = accountsFile(['a', 'b', 'c'], peer.port)
    const running = new RunningRegister(['--file', file])
    for (const name of ['a', 'b', 'c']) await running.event('registered', name)
    const before = registers(peer).length
    // c has an expires that is none: its account stays as it was. b is gone, d is new.
    const text = [
      csvHead,
      csvLine('a', peer.port),
      csvLine('c', peer.port).replace(/60$/, 'soon'),
      csvLine('d', peer.port),
      ''
    ].join('\n')
    fs.writeFileSync(file, text)
    running.child.kill('SIGHUP')
    await running.event('registered', 'd')
    await running.event('removed', 'b')
    await running.says(/"problems":1/)
    const since = registers(peer)
      .slice(before)
      .map((one) => `${userOf(one)} ${one.get('Expires')}`)
    expect(new Set(since)).toEqual(new Set(['b 0', 'd 60']))
  })

  it('are read again when the file changes, and a password that changed is used at once', async () => {
    const peer = await registrar()
    const file = accountsFile(['a'], peer.port)
    const running = new RunningRegister(['--file', file])
    await running.event('registered', 'a')
    fs.writeFileSync(`${file}.new`, `${csvHead}\n${csvLine('a', peer.port, { password: 'other' })}\n`, { mode: 0o600 })
    fs.renameSync(`${file}.new`, file)
    await running.event('refreshed', 'a')
    const uses = registers(peer).map((one) => /response="(\w+)"/.exec(one.get('Authorization') ?? '')?.[1])
    expect(new Set(uses.filter(Boolean)).size).toBe(2)
  })

  it('are read again after --reload-interval, out of SQLite as well; a table that is gone changes nothing', async () => {
    const peer = await registrar()
    const db = path.join(temporaryFolder(), 'uacreg.db')
    const { default: Database } = await import('libsql')
    const sql = new Database(db)
    onTestFinished(() => void sql.close())
    const columns = [
      'l_uuid',
      'l_username',
      'l_domain',
      'r_username',
      'r_domain',
      'realm',
      'auth_username',
      'auth_password',
      'auth_ha1',
      'auth_proxy'
    ]
    sql.exec(
      `CREATE TABLE uacreg (id INTEGER PRIMARY KEY, ${columns.map((name) => `${name} TEXT DEFAULT ''`).join(', ')}, expires INT DEFAULT 60, flags INT DEFAULT 0, reg_delay INT DEFAULT 0)`
    )
    const insert = (name: string) =>
      sql
        .prepare(
          `INSERT INTO uacreg (${columns.join(', ')}) VALUES (?, ?, 'pbx.local', ?, 'lab.test', 'lab', ?, 'secret', '', ?)`
        )
        .run(name, name, name, name, `sip:127.0.0.1:${peer.port}`)
    insert('a')
    const running = new RunningRegister(['--db', `sqlite:${db}`, '--reload-interval', '300ms'])
    await running.event('registered', 'a')
    insert('b')
    await running.event('registered', 'b')
    sql.exec('ALTER TABLE uacreg RENAME TO elsewhere')
    await running.says(/reload failed; the accounts stay/)
    expect(running.events.map(({ event }) => event)).toEqual(['registered', 'registered'])
  })
})

describe('signs of life', () => {
  it('are OPTIONS with --keepalive options, and a registrar that answers none is registered with anew', async () => {
    let answers = true
    const peer = await registrar({}, ({ reply }) => answers && reply({ status: 200 }))
    const running = new RunningRegister([uriOf(peer), '--keepalive', 'options', '--keepalive-interval', '100ms'], password)
    await running.event('registered')
    await peer.until(() => peer.of('OPTIONS').length >= 2)
    answers = false
    expect(await running.event('lost')).toMatchObject({ detail: 'no answer to OPTIONS' })
    await running.event('refreshed')
  }, 30_000)

  it('are STUN with --keepalive stun, and an address that changed is registered', async () => {
    const peer = await stunRegistrar()
    const running = new RunningRegister(
      [`sip:alice@127.0.0.1:${peer.port}`, '--keepalive', 'stun', '--keepalive-interval', '100ms', '--nat', 'off'],
      password
    )
    await running.event('registered')
    await peer.asked(2)
    peer.sees('198.51.100.9', 4321)
    await running.event('refreshed')
    expect(peer.contacts.at(-1)).toContain('@198.51.100.9:4321')
  })

  it('come with --nat stun from the beginning: the contact has the address that the STUN server sees', async () => {
    const [peer, stun] = [await registrar(), await stunRegistrar()]
    stun.sees('203.0.113.5', 6000)
    const running = new RunningRegister([uriOf(peer), '--nat', 'stun', '--stun-server', `127.0.0.1:${stun.port}`], password)
    await running.event('registered')
    expect(registers(peer).map((one) => one.contacts[0]!.uriText)).toEqual(Array(2).fill('sip:alice@203.0.113.5:6000'))
  })

  it('are two CRLF over TCP, and a flow without a pong is given up', async () => {
    const peer = await registrar({ transport: 'tcp' })
    const running = new RunningRegister([uriOf(peer, ';transport=tcp'), '--keepalive-interval', '100ms'], password)
    await running.event('registered')
    // The double swallows CRLFs, as a framer does, and says nothing.
    expect(await running.event('lost')).toMatchObject({ detail: expect.stringMatching(/lost|keep-alives/) })
    await running.event('refreshed')
  }, 30_000)
})

describe('what is around uac register', () => {
  it('--on-invite says what a call is answered, and knows who is called', async () => {
    const peer = await registrar()
    const script = writeFile('printf "302 sip:%s@desk.example.org" "$PBXKIT_UUID"\n', { name: 'answer.sh' })
    const running = new RunningRegister([uriOf(peer), '--bind', '127.0.0.1', '--on-invite', `sh ${script}`], password)
    await running.event('registered')
    const contact = registers(peer).at(-1)!.contacts[0]!.uriText
    const { stdout } = await pbxkit(['uac', 'send', 'INVITE', contact, '--json', '--expect', '302'])
    expect(JSON.parse(stdout)).toMatchObject({ status: 302, headers: { Contact: ['<sip:alice@desk.example.org>'] } })
  })

  it('--on-change runs a program with the event on its stdin', async () => {
    const peer = await registrar()
    const out = path.join(temporaryFolder(), 'changes')
    const running = new RunningRegister(
      [uriOf(peer), '--on-change', `{ echo "$PBXKIT_EVENT $PBXKIT_UUID $PBXKIT_CODE"; cat; } > ${out}-$PBXKIT_EVENT`],
      password
    )
    await running.event('registered')
    running.child.kill('SIGTERM')
    expect((await running.exit).status).toBe(0)
    // The program runs on its own, and may end after us; that of the next event may run beside it.
    await vi.waitFor(() => {
      const [line, json] = fs.readFileSync(`${out}-registered`, 'utf8').split('\n')
      expect(line).toBe('registered alice 200')
      expect(JSON.parse(json!)).toMatchObject({ event: 'registered', l_uuid: 'alice' })
    }, 5_000)
  })

  it('--shard takes each account on one of several machines', async () => {
    const names = Array.from({ length: 40 }, (_, at) => `user${at}`)
    const peer = await registrar()
    const file = accountsFile(names, peer.port)
    const shards = await Promise.all(
      ['1/3', '2/3', '3/3'].map(async (shard) => {
        const { stdout } = await pbxkit(['uac', 'register', '--file', file, '--shard', shard, '--once', '--json'])
        return stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line).l_uuid as string)
      })
    )
    expect(shards.flat().sort()).toEqual([...names].sort())
    expect(Math.min(...shards.map(({ length }) => length))).toBeGreaterThan(3)
    expect((await pbxkit(['uac', 'register', '--file', file, '--shard', '4/3', '--once'])).status).toBe(64)
  })

  it('--metrics and --status-file tell what uac status tells', async () => {
    const peer = await registrar()
    const statusFile = path.join(temporaryFolder(), 'status.json')
    const running = new RunningRegister([
      '--file',
      accountsFile(['a', 'b'], peer.port),
      '--metrics',
      '127.0.0.1:0',
      '--status-file',
      statusFile
    ])
    const [, port] = await running.says(/metrics=127\.0\.0\.1:(\d+)/)
    await running.event('registered', 'a')
    await running.event('registered', 'b')
    const get = (what: string) => fetch(`http://127.0.0.1:${port}${what}`)
    const text = await (await get('/metrics')).text()
    for (const line of [
      'registered 2',
      'accounts{state="registered"} 2',
      'requests_total 4',
      'replies_total{code="200"} 2',
      'rtt_seconds_count 4'
    ])
      expect(text).toContain(`\npbxkit_uac_${line}\n`)
    expect(await (await get('/health')).text()).toBe('ok\n')
    expect([(await get('/other')).status, (await fetch(`http://127.0.0.1:${port}/metrics`, { method: 'POST' })).status]).toEqual([
      404, 405
    ])
    running.child.kill('SIGTERM')
    await running.exit
    expect(JSON.parse(fs.readFileSync(statusFile, 'utf8'))).toMatchObject({ regtotal: 2, requests: 6 })
  })

  it('SIGUSR1 dumps the state to stderr, secrets masked, and it goes on', async () => {
    const peer = await registrar()
    const running = new RunningRegister(['--file', accountsFile(['a', 'b'], peer.port)])
    await running.event('registered', 'b')
    running.child.kill('SIGUSR1')
    await running.says(/"dump":"account","l_uuid":"b".*\n/)
    const lines = running.stderr
      .split('\n')
      .filter((line) => line.startsWith('{"dump"'))
      .map((line) => JSON.parse(line))
    expect(lines).toMatchObject([
      { dump: 'summary', regtotal: 2 },
      { l_uuid: 'a', auth_password: '***' },
      { l_uuid: 'b', state: 'registered' }
    ])
    expect(running.stderr).not.toContain('secret')
    expect(running.child.exitCode).toBe(null)
  })

  it('goes on after kill -9 from its --state, with Call-ID, CSeq and nonce, and asks nobody anything', async () => {
    const peer = await registrar({ expiresS: 3600 })
    const state = path.join(temporaryFolder(), 'state')
    const args = ['--file', accountsFile(['a', 'b'], peer.port), '--state', state]
    const first = new RunningRegister(args)
    await first.event('registered', 'a')
    await first.event('registered', 'b')
    await expect.poll(() => fs.existsSync(state), { timeout: 20_000 }).toBe(true)
    first.child.kill('SIGKILL')
    await first.exit
    const before = registers(peer)
    const second = new RunningRegister(args)
    await second.event('registered', 'a')
    await second.event('registered', 'b')
    expect(registers(peer)).toHaveLength(before.length)
    expect((await pbxkit(['uac', 'refresh', 'a', '--control', second.control])).status).toBe(0)
    await second.event('refreshed', 'a')
    const mine = registers(peer).filter((one) => userOf(one) === 'a')
    expect(new Set(mine.map(({ callId }) => callId)).size).toBe(1)
    expect(mine.map(({ cseq }) => cseq.number)).toEqual([1, 2, 3])
    expect(mine.at(-1)!.get('Authorization')).toContain('nc=00000002')
  }, 40_000)
})

/** A registrar that answers STUN as well (RFC 5626 4.4.2), and says what address it sees. */
async function stunRegistrar() {
  const socket = dgram.createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  onTestFinished(() => new Promise<void>((resolve) => socket.close(() => resolve())))
  const { buildReply } = await import('../../src/lib/sip/build.js')
  const { parseDatagram } = await import('../../src/lib/sip/parse.js')
  const contacts: string[] = []
  let [seen, asked] = [{ host: '127.0.0.1', port: 5060 }, 0]
  let onAsked = () => {}
  socket.on('message', (bytes, from) => {
    if (bytes.length === stunRequest(Buffer.alloc(12)).length && bytes[0] === 0) {
      asked++
      onAsked()
      return socket.send(stunReply(bytes.subarray(8, 20), seen), from.port, from.address)
    }
    const request = parseDatagram(bytes) as Parameters<typeof buildReply>[0]
    const contact = request.contacts[0]?.uriText ?? ''
    contacts.push(contact)
    socket.send(
      buildReply(request, { status: 200, toTag: 't', headers: [['Contact', `<${contact}>;expires=60`]] }),
      from.port,
      from.address
    )
  })
  return {
    port: socket.address().port,
    contacts,
    sees: (host: string, port: number) => {
      seen = { host, port }
    },
    asked: (count: number) =>
      new Promise<void>((resolve) => {
        onAsked = () => asked >= count && resolve()
        onAsked()
      })
  }
}

/** XOR-MAPPED-ADDRESS (RFC 5389 15.2). */
function stunReply(id: Buffer, { host, port }: { host: string; port: number }): Buffer {
  const cookie = Buffer.from([0x21, 0x12, 0xa4, 0x42])
  const address = Buffer.from(host.split('.').map((part, at) => Number(part) ^ cookie[at]!))
  const portBytes = Buffer.from([(port >> 8) ^ 0x21, (port & 0xff) ^ 0x12])
  const reply = Buffer.concat([Buffer.from([1, 1, 0, 12]), cookie, id, Buffer.from([0, 0x20, 0, 8, 0, 1]), portBytes, address])
  expect(readStunReply(reply)).toMatchObject({ host, port })
  return reply
}
