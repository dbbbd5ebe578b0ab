import { describe, expect, it } from 'vitest'
import { asAdmin, freePort, pbxkit, type RunOptions, secret, simulator, tcpServer, writeFile } from './support/pbxkit.js'

interface Case {
  how: string
  status: number
  code: string
  says: RegExp
  run: () => Promise<[args: string[], options?: RunOptions]>
}

const cases: Case[] = [
  {
    how: 'an unknown command, with the nearest one',
    status: 64,
    code: 'E_USAGE',
    says: /no command "ami sned"[\s\S]*Did you mean ami send/,
    run: async () => [['ami', 'sned']]
  },
  {
    how: 'an unknown flag',
    status: 64,
    code: 'E_USAGE',
    says: /--hots/,
    run: async () => [['ami', 'send', 'Ping', '--hots', 'x']]
  },
  { how: 'a word too many', status: 64, code: 'E_USAGE', says: /Pong/, run: async () => [['ami', 'send', 'Ping', 'Pong']] },
  {
    how: 'a value that a flag does not have',
    status: 64,
    code: 'E_USAGE',
    says: /sha1/,
    run: async () => [['ami', 'send', 'Ping', '--auth', 'sha1']]
  },
  {
    how: 'a missing value, without a terminal',
    status: 64,
    code: 'E_USAGE',
    says: /--username/,
    run: async () => [['ami', 'send', 'Ping'], { env: secret }]
  },
  {
    how: 'no secret',
    status: 64,
    code: 'E_USAGE',
    says: /secret[\s\S]*PBXKIT_SECRET/,
    run: async () => [['ami', 'send', 'Ping', '--username', 'a']]
  },
  {
    how: 'an unknown action, with the nearest ones',
    status: 64,
    code: 'E_USAGE',
    says: /no action "Pong"[\s\S]*Ping/,
    run: async () => [['ami', 'send', 'Pong', '--username', 'a']]
  },
  {
    how: 'missing arguments, without a terminal',
    status: 64,
    code: 'E_USAGE',
    says: /TO, FROM and BODY are missing[\s\S]*BODY: the text/,
    run: async () => [['dialplan', 'websms', 'send']]
  },
  {
    how: 'a missing argument behind a flag that may be repeated',
    status: 64,
    code: 'E_USAGE',
    says: /URL is missing[\s\S]*agi:\/\/HOST/,
    run: async () => [['agi', 'call', '--var', 'A=1']]
  },
  {
    how: 'a mistyped command below one that is a command itself, with the nearest one',
    status: 64,
    code: 'E_USAGE',
    says: /Unexpected argument: srve[\s\S]*Did you mean agi tunnel serve/,
    run: async () => [['agi', 'tunnel', 'srve']]
  },
  {
    how: 'an empty stdin where an account belongs',
    status: 65,
    code: 'E_DATA',
    says: /stdin is empty/,
    run: async () => [['uac', 'add'], { input: '' }]
  },
  {
    how: 'no configuration to follow a call in',
    status: 78,
    code: 'E_CONFIG',
    says: /no extensions\.conf in \/[\s\S]*folder/,
    run: async () => [['dialplan', 'graph', '/does/not/exist']]
  },
  {
    how: 'a host with its port in one word',
    status: 69,
    code: 'E_CONNECT',
    says: /The port is a setting of its own: host localhost, port 5038/,
    run: async () => [['ami', 'send', 'Ping', '--host', 'localhost:5038', '--username', 'a'], { env: secret }]
  },
  {
    how: 'an argument behind a flag that may be repeated',
    status: 69,
    code: 'E_CONNECT',
    says: /Cannot connect/,
    run: async () => [['agi', 'call', '--var', 'A=1', `agi://127.0.0.1:${await freePort()}`]]
  },
  {
    how: 'data on stdin that is no action',
    status: 65,
    code: 'E_DATA',
    says: /JSON/,
    run: async () => [['ami', 'send', ...asAdmin((await simulator()).port)], { env: secret, input: '{"Action":' }]
  },
  {
    how: 'a line break in a field',
    status: 65,
    code: 'E_UNSAFE_HEADER',
    says: /line break/,
    run: async () => [['ami', 'send', 'Command', '-F', 'Command=core\r\nAction: Logoff', '--dry-run']]
  },
  {
    how: 'nobody there',
    status: 69,
    code: 'E_CONNECT',
    says: /Cannot connect to 127\.0\.0\.1:\d+[\s\S]*Nothing listens/,
    run: async () => [['ami', 'send', 'Ping', ...asAdmin(await freePort())], { env: secret }]
  },
  {
    how: 'a peer that closes at once',
    status: 69,
    code: 'E_CONNECTION_LOST',
    says: /closed the connection|broke/,
    run: async () => [['ami', 'send', 'Ping', ...asAdmin(await tcpServer((socket) => socket.end()))], { env: secret }]
  },
  {
    how: 'a port in use',
    status: 74,
    code: 'E_LISTEN',
    says: /Another program has port/,
    run: async () => [['ami', 'simulate', '--listen', `127.0.0.1:${await tcpServer(() => {})}`]]
  },
  {
    how: 'a peer that never speaks',
    status: 75,
    code: 'E_TIMEOUT',
    says: /no AMI banner within 0\.1 s/,
    run: async () => [['ami', 'send', 'Ping', '--timeout', '100ms', ...asAdmin(await tcpServer(() => {}))], { env: secret }]
  },
  {
    how: 'an SSH server',
    status: 76,
    code: 'E_PROTOCOL',
    says: /does not speak AMI; it began with "SSH-2/,
    run: async () => [
      ['ami', 'send', 'Ping', ...asAdmin(await tcpServer((socket) => void socket.write('SSH-2.0-OpenSSH_9.2\r\n')))],
      { env: secret }
    ]
  },
  {
    how: 'a web server',
    status: 76,
    code: 'E_PROTOCOL',
    says: /does not speak AMI; it began with "HTTP/,
    run: async () => [
      ['ami', 'events', ...asAdmin(await tcpServer((socket) => void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')))],
      { env: secret }
    ]
  },
  {
    how: 'a wrong secret',
    status: 77,
    code: 'E_LOGIN',
    says: /refused the login of "admin"/,
    run: async () => [['ami', 'send', 'Ping', ...asAdmin((await simulator()).port)], { env: { PBXKIT_SECRET: 'wrong' } }]
  },
  {
    how: 'a missing configuration file',
    status: 78,
    code: 'E_CONFIG',
    says: /no\/such\.ini/,
    run: async () => [['ami', 'send', 'Ping', '--config', '/no/such.ini']]
  },
  {
    how: 'a missing profile',
    status: 78,
    code: 'E_CONFIG',
    says: /no profile "b"[\s\S]*Known profiles: a\.b/,
    run: async () => [['ami', 'send', 'Ping', '--profile', 'b', '--config', writeFile('[profile a.b]\nhost=x\n')]]
  },
  {
    how: 'a missing secret file',
    status: 78,
    code: 'E_CONFIG',
    says: /no\/secret/,
    run: async () => [['ami', 'send', 'Ping', '--username', 'a', '--secret-file', '/no/secret']]
  },
  {
    how: 'a missing users file',
    status: 78,
    code: 'E_CONFIG',
    says: /no\/users/,
    run: async () => [['proxy', 'serve', '--demo', '--users', '/no/users']]
  },
  {
    how: 'a proxy without servers',
    status: 78,
    code: 'E_CONFIG',
    says: /no Asterisk to connect to/,
    run: async () => [['proxy', 'serve']]
  }
]

describe('without --json, stdout is empty and stderr says what happened', () => {
  for (const { how, status, says, run } of cases) {
    it(`${status}: ${how}`, async () => {
      const result = await pbxkit(...(await run()))
      expect(result).toMatchObject({ status, stdout: '', signal: null })
      expect(result.stderr).toMatch(says)
      expect(result.stderr).not.toMatch(/^ {4}at /m)
    })
  }
})

describe('with --json, the same status and one document on stdout', () => {
  for (const { how, status, code, says, run } of cases) {
    it(`${status}: ${how}`, async () => {
      const [args, options] = await run()
      const result = await pbxkit([...args, '--json'], options)
      expect(result.status).toBe(status)
      const { error } = JSON.parse(result.stdout)
      expect(error).toMatchObject({ code, exit: status, details: expect.any(Object) })
      expect(`${error.message}\n${error.details.hint}`).toMatch(says)
      expect(result.stdout.trimEnd()).not.toContain('\n')
      expect(Object.keys(error).sort()).toEqual(['code', 'details', 'exit', 'message'])
    })
  }
})

describe('an answer', () => {
  it('0: Success', async () => {
    const { port } = await simulator()
    expect(await pbxkit(['ami', 'send', 'Ping', ...asAdmin(port)], { env: secret })).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringMatching(/^Response: Success\n/)
    })
  })

  it('1: Response: Error, on stdout like any answer', async () => {
    const { port } = await simulator()
    const result = await pbxkit(['ami', 'send', 'Hangup', '-F', 'Channel=none', ...asAdmin(port)], { env: secret })
    expect(result).toMatchObject({ status: 1, stderr: '', stdout: expect.stringMatching(/^Response: Error\n/) })
  })
})
