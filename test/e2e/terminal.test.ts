import fs from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sipPeer } from '../unit/support/sip-peer.js'
import { secret, simulator, temporaryFolder } from './support/pbxkit.js'
import { accountsFile, csvLine, registrar } from './support/sip-registrar.js'
import { sniffer, withKey } from './support/sniffer.js'
import { hasTerminal, onTerminal } from './support/terminal.js'

describe.skipIf(!hasTerminal)('on a terminal (needs python3)', () => {
  it('asks for the user and, masked, for the secret', async () => {
    const { port } = await simulator()
    const { status, shown } = await onTerminal(
      ['ami', 'send', 'Ping', '--port', String(port)],
      [
        ['AMI user:', 'admin\r'],
        ['Secret of admin:', 'secret\r']
      ]
    )
    expect(shown).toContain('Pong')
    expect(shown).toContain('******')
    expect(shown.replace('Secret of admin', '')).not.toContain('secret')
    expect(status).toBe(0)
  })

  it('asks for the action and the fields that it needs', async () => {
    const { port } = await simulator()
    const { status, shown } = await onTerminal(
      ['ami', 'send', '--port', String(port), '--username', 'admin'],
      [
        ['Action:', 'Getvar\r'],
        ['Variable:', 'NAME\r']
      ],
      secret
    )
    expect(shown).toMatch(/Variable.*NAME/)
    expect(shown).toMatch(/Value/)
    expect(status).toBe(0)
  })

  it('asks what a bare uac register needs, shows the state of the account, and keeps the answers as a profile', async () => {
    const peer = await registrar()
    const config = { XDG_CONFIG_HOME: temporaryFolder(), XDG_RUNTIME_DIR: temporaryFolder() }
    const { status, shown } = await onTerminal(
      ['uac', 'register'],
      [
        ['SIP account', 'sip:alice@lab.test\r'],
        ['Next hop', `sip:127.0.0.1:${peer.port}\r`],
        ['User to log in', '\r'],
        ['File with', '\r'],
        ['Password of sip:alice@lab.test:', 'pass-word\r'],
        ['profile', 'home\r'],
        ['1 of 1 registered', '\x03']
      ],
      config
    )
    expect(status).toBe(0)
    expect(shown).toMatch(/alice +sip:alice@lab\.test +registered/)
    expect(shown).not.toContain('pass-word')
    const again = await onTerminal(
      ['uac', 'register', '--profile', 'home', '--once'],
      [['Password of sip:alice@lab.test:', 'pass-word\r']],
      config
    )
    expect(again.status).toBe(0)
    expect(again.shown).toMatch(/alice +sip:alice@lab\.test +yes +200/)
  })

  it('shows what is wrong with accounts of uac register, those that fail first', async () => {
    const peer = await registrar()
    const silent = await sipPeer(({ reply }) => reply({ status: 403 }))
    const file = accountsFile(['a', 'b'], peer.port)
    fs.appendFileSync(file, `${csvLine('c', silent.port)}\n`)
    const { status, shown } = await onTerminal(['uac', 'register', '--file', file], [['2 of 3 registered', '\x03']], {
      XDG_RUNTIME_DIR: temporaryFolder()
    })
    expect(status).toBe(0)
    const [, screen] = shown.split('2 of 3 registered')
    expect(screen).toMatch(/\nc +sip:c@lab\.test +rejected .*refused \(403\)[\s\S]*\n[ab] +sip:[ab]@lab\.test +registered/)
    expect(shown).toMatch(/sip:c@lab\.test rejected: refused[\s\S]*sip:c@lab\.test: The registrar forbids it/)
  })

  it('asks what a bare uac send needs, and keeps the answers as a profile that the next one uses', async () => {
    const challenge = 'Digest realm="lab", nonce="n", qop="auth"'
    const peer = await sipPeer(({ request, reply }) => {
      if (request.get('Authorization')) reply({ status: 200 })
      else reply({ status: 401, headers: [['WWW-Authenticate', challenge]] })
    })
    const config = { XDG_CONFIG_HOME: temporaryFolder() }
    const { status, shown } = await onTerminal(
      ['uac', 'send'],
      [
        ['Method:', 'message\r'],
        ['SIP URI:', `sip:bob@127.0.0.1:${peer.port}\r`],
        ['Text:', 'Hello\r'],
        ['From', '"A; B" <sip:a@example.org>\r'],
        ['challenges', 'alice\r'],
        ['Password of alice:', 'pass-word\r'],
        ['profile', 'a b\r'],
        ['no name', 'lab.1\r']
      ],
      config
    )
    expect(shown).toContain('200 OK')
    expect(shown).not.toContain('pass-word')
    expect(status).toBe(0)
    expect(peer.requests.at(-1)!.body.toString()).toBe('Hello')
    const again = await onTerminal(
      ['uac', 'send', 'INFO', `sip:bob@127.0.0.1:${peer.port}`, '--profile', 'lab.1'],
      [['Password of alice:', 'pass-word\r']],
      config
    )
    expect(again.status).toBe(0)
    expect(peer.requests.at(-1)!.from.displayName).toBe('A; B')
    expect(peer.requests.at(-1)!.get('Authorization')).toContain('username="alice"')
  })

  it('asks nothing with --no-input: 64', async () => {
    const { status, shown } = await onTerminal(['ami', 'send', 'Ping', '--no-input'], [])
    expect(shown).toContain('--username is missing')
    expect(status).toBe(64)
  })

  it('ends with 130 at Ctrl-C in a prompt', async () => {
    const { status, shown } = await onTerminal(['ami', 'send', 'Ping'], [['AMI user:', '\x03']])
    expect(status).toBe(130)
    expect(shown).not.toContain('    at ')
  })

  it('shows events as coloured blocks, and without colours with NO_COLOR', async () => {
    const { port } = await simulator({ rate: 200 })
    const args = ['ami', 'events', '--port', String(port), '--username', 'admin', '--count', '2']
    const coloured = await onTerminal(args, [], secret)
    expect(coloured.shown).toContain('\x1b[36mEvent:')
    const refusals: Record<string, string>[] = [
      { NO_COLOR: '1' },
      { NO_COLOR: '1', FORCE_COLOR: '1' },
      { PBXKIT_NO_COLOR: 'yes' }
    ]
    for (const env of refusals) {
      const plain = await onTerminal(args, [], { ...secret, ...env })
      expect(plain.shown).toMatch(/^Event: /)
      expect(plain.shown).not.toContain('\x1b[3')
    }
  })

  it('ends a stream at Ctrl-C with 130', async () => {
    const { port } = await simulator({ rate: 200 })
    const { status } = await onTerminal(
      ['ami', 'events', '--port', String(port), '--username', 'admin'],
      [['Event:', '\x03']],
      secret
    )
    expect(status).toBe(130)
  })

  it('asks before it sends a dangerous command to a sniffer', async () => {
    const double = await sniffer()
    const args = ['manager', 'send', 'reload', '--port', String(double.port)]
    const no = await onTerminal(args, [['reload is dangerous', 'no\r']], withKey)
    expect({ status: no.status, ran: [...double.ran] }).toEqual({ status: 1, ran: [] })
    const yes = await onTerminal(args, [['(yes/no)', 'yes\r']], withKey)
    expect({ status: yes.status, ran: double.ran }).toEqual({ status: 0, ran: ['reload'] })
  })

  it('ends an answer of a sniffer with a line, and shows what it would obey escaped', async () => {
    const double = await sniffer({ key: undefined })
    double.answers.set('getversion', '1\x1b[31m')
    const { shown } = await onTerminal(['manager', 'send', 'getversion', '--port', String(double.port)], [])
    expect(shown).toBe('1\\x1b[31m\r\n')
  })

  it('draws the table of --watch in its place', async () => {
    const double = await sniffer()
    const args = ['manager', 'listcalls', '--port', String(double.port), '--watch', '0.1', '--columns', 'caller']
    const { status, shown } = await onTerminal(args, [['0 new', '\x03']], withKey)
    expect(status).toBe(130)
    expect(shown).toContain('\x1b[H3 calls, 3 new, 0 ended\x1b[K')
    expect(shown).toMatch(/\+ {2}sipuser\x1b\[K/)
  })
})
