import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningAsterisk, startAsterisk } from './servers/asterisk.js'
import { ConfiguredProxy, certificateAndKey, serverSection, slowClients, userSection } from './support/configured-proxy.js'
import { describeLabWith } from './support/debian-clients.js'
import { type Ended, Program, pbxkit, scratchFile } from './support/program.js'
import { ANNA, directTo, unique } from './support/targets.js'

const login = `Action: Login\r\nUsername: ${ANNA.username}\r\nSecret: ${ANNA.secret}\r\nEvents: off\r\n\r\n`
const anna = `${ANNA.username}:${ANNA.secret}`

await describeLabWith(['netcat-openbsd', 'telnet', 'curl', 'openssl'], 'clients of the shell, one port, Asterisk 22', () => {
  let asterisk: RunningAsterisk
  let proxy: ConfiguredProxy
  let ca: string

  beforeAll(async () => {
    asterisk = await startAsterisk({ name: 'shell-clients' })
    const { cert, both } = await certificateAndKey()
    ca = scratchFile('proxy.crt', cert)
    const config = `${slowClients}tls-cert = ${scratchFile('proxy.pem', both)}\n\n${serverSection('pbx', asterisk)}${userSection(ANNA, ['admin = yes'])}`
    proxy = await ConfiguredProxy.start(config, { servers: ['pbx'] })
  })

  afterAll(async () => {
    await proxy?.stop()
    await asterisk?.stop()
  })

  const version = async () => (await asterisk.rx('core show version')).trim()

  /** A client that is to end by itself. */
  const run = (command: readonly string[], input = '') => pbxkit([], { command, input })

  /** A call that lasts a moment. @returns the Uniqueid of its first channel */
  async function call(): Promise<string> {
    const id = unique('call')
    const fields = ['Channel=Local/short@test', 'Application=Wait', 'Data=0', 'Async=true', `ChannelId=${id}`]
    await directTo(asterisk).json(['Originate', ...fields.flatMap((field) => ['-F', field])])
    return id
  }

  describe('netcat', () => {
    it('printf … | nc -N: its half is closed at once, and every answer still comes', async () => {
      const actions = `${login}Action: Command\r\nCommand: core show version\r\nActionID: v\r\n\r\nAction: PJSIPShowEndpoints\r\nActionID: e\r\n\r\n`
      const { status, stdout } = await run(['bash', '-c', 'printf "$0" | nc -N 127.0.0.1 "$1"', actions, String(proxy.port)])
      const text = stdout.toString()
      expect(status).toBe(0)
      expect(text).toMatch(/^Asterisk Call Manager\/11\.0\.0\r\nResponse: Success\r\nMessage: Authentication accepted\r\n\r\n/)
      expect(text).toContain(`Output: ${await version()}\r\n`)
      expect(text.match(/ObjectName: (alice|bob)/g)).toHaveLength(2)
      expect(text.match(/ListItems: 2\r\n\r\n$/)).not.toBeNull()
    })

    it('without -N a Logoff ends it', async () => {
      const { status, stdout } = await run(
        ['nc', '127.0.0.1', String(proxy.port)],
        `${login}Action: Ping\r\n\r\nAction: Logoff\r\n\r\n`
      )
      expect(status).toBe(0)
      expect(stdout.toString()).toMatch(/Ping: Pong[\s\S]*Response: Goodbye\r\n/)
    })
  })

  for (const [name, command] of [
    ['telnet', () => ['telnet', '127.0.0.1', String(proxy.port)]],
    ['nc -C', () => ['nc', '-C', '127.0.0.1', String(proxy.port)]],
    ['nc, with bare line feeds', () => ['nc', '127.0.0.1', String(proxy.port)]],
    ['openssl s_client', () => [...openssl(), '-crlf']]
  ] as const) {
    it(`${name}: somebody types line by line, after the banner`, async () => {
      const client = new Program([], { command: command() })
      try {
        await client.prints((text) => /Asterisk Call Manager\/11\.0\.0\r?\n/.test(text), 'the banner')
        for (const line of ['action: login', `username: ${ANNA.username}`, `secret: ${ANNA.secret}`, ''])
          client.child.stdin.write(`${line}\n`)
        await client.prints((text) => text.includes('Event: FullyBooted'), 'FullyBooted')
        for (const line of ['Action: Command', 'Command: core show version', '']) client.child.stdin.write(`${line}\n`)
        const wanted = await version()
        await client.prints((text) => text.includes(`Output: ${wanted}`), 'the answer')
        const id = await call()
        await client.prints((text) => text.includes(`Uniqueid: ${id}`), 'an event')
        for (const line of ['Action: Logoff', '']) client.child.stdin.write(`${line}\n`)
        await client.prints((text) => text.includes('Response: Goodbye'), 'the goodbye')
        // nc waits for the end of what is typed, too.
        client.child.stdin.end()
        await client.end()
      } finally {
        client.kill('SIGKILL')
      }
    })
  }

  function openssl(...more: string[]): string[] {
    const verified = ['-CAfile', ca, '-verify_return_error', '-verify_ip', '127.0.0.1']
    return ['openssl', 's_client', '-quiet', '-connect', `127.0.0.1:${proxy.port}`, ...verified, ...more]
  }

  for (const version of ['1.2', '1.3']) {
    it(`openssl s_client with TLS ${version}, its certificate verified, logs in on the port of the plain clients`, async () => {
      const protocol = `-tls${version.replace('.', '_')}`
      const { status, stdout } = await run(openssl(protocol), `${login}Action: Ping\r\n\r\nAction: Logoff\r\n\r\n`)
      expect(status).toBe(0)
      expect(stdout.toString()).toMatch(/^Asterisk Call Manager[\s\S]*Authentication accepted[\s\S]*Ping: Pong[\s\S]*Goodbye/)
    })
  }

  for (const older of ['-tls1', '-tls1_1']) {
    it(`openssl s_client ${older} gets no session`, async () => {
      const { status, stdout } = await run(openssl(older, '-cipher', 'ALL:@SECLEVEL=0'))
      expect({ status, stdout: stdout.toString() }).toEqual({ status: 1, stdout: '' })
    })
  }

  for (const scheme of ['http', 'https'] as const) {
    describe(`curl, ${scheme}`, () => {
      const url = (target: string) => `${scheme}://127.0.0.1:${proxy.port}${target}`
      const words = (args: readonly string[]) => ['curl', '-sS', '--max-time', '8', '--cacert', ca, ...args]
      const curl = (...args: string[]) => run(words(args))
      const asAnna = (...args: string[]) => curl('-u', anna, ...args)
      const text = ({ status, stdout, stderr }: Ended) => {
        expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
        return stdout.toString()
      }

      it('GET: an answer in standard form, a complete list as JSON, as XML and as CSV', async () => {
        expect(text(await asAnna(url('/?Action=Ping')))).toMatch(/^Response: Success\r\nPing: Pong\r\nTimestamp: [\d.]+\r\n\r\n$/)
        const list = url('/?Action=PJSIPShowEndpoints')
        const json = JSON.parse(text(await asAnna('-H', 'Accept: application/json', list)))
        expect(json.map(({ Event, ObjectName }: Record<string, string>) => ObjectName ?? Event)).toEqual([
          undefined,
          'alice',
          'bob',
          'EndpointListComplete'
        ])
        const xml = text(await asAnna('-H', 'Accept: application/xml', list))
        expect(xml.match(/<ObjectName Value="(alice|bob)"\/>/g)).toHaveLength(2)
        expect(text(await asAnna('-H', 'Accept: text/csv', list)).match(/"ObjectName: (alice|bob)"/g)).toHaveLength(2)
      })

      it('POST: a form, JSON and XML, on a variable of Asterisk', async () => {
        const name = unique('VAR')
        const value = `a "b" <c> & d; e=f+g ${scheme}`
        text(
          await asAnna(
            url('/'),
            '--data-urlencode',
            'Action=Setvar',
            '-d',
            `Variable=${name}`,
            '--data-urlencode',
            `Value=${value}`
          )
        )
        const json = JSON.stringify({ Action: 'Getvar', Variable: name })
        const answer = JSON.parse(text(await asAnna(url('/'), '--json', json)))
        expect([answer].flat()[0]).toMatchObject({ Response: 'Success', Variable: name, Value: value })
        const xml = `<AsteriskManagerInput><Action Value="Getvar"/><Variable Value="${name}"/></AsteriskManagerInput>`
        const answered = text(
          await asAnna(url('/'), '-H', 'Content-Type: application/xml', '-H', 'Accept: application/xml', '-d', xml)
        )
        expect(answered).toMatch(/<Value Value="a &quot;b&quot; &lt;c(>|&gt;) &amp; d; e=f\+g https?"\/>/)
      })

      it('a login that is wrong or missing is 401, and says how', async () => {
        for (const who of [['-u', `${ANNA.username}:wrong`], []]) {
          const answer = text(await curl('-i', ...who, url('/?Action=Ping')))
          expect(answer).toMatch(/^HTTP\/1\.1 401 /)
          expect(answer).toMatch(/^WWW-Authenticate: .*Basic/im)
        }
      })

      it('errors are statuses: 400, 404, 405', async () => {
        const status = async (...args: string[]) => text(await asAnna('-o', '/dev/null', '-w', '%{http_code}', ...args))
        expect(await status(url('/?Variable=x'))).toBe('400')
        expect(await status(url('/nothing'))).toBe('404')
        expect(await status('-X', 'DELETE', url('/?Action=Ping'))).toBe('405')
      })

      it('HEAD has the headers of GET and no body', async () => {
        // The same length every time, unlike that of a Ping.
        const target = url('/?Action=Command&Command=core%20show%20version')
        const head = text(await asAnna('-I', target))
        const body = text(await asAnna(target))
        expect(head).toMatch(/^HTTP\/1\.1 200 /)
        expect(head).toContain(`Content-Length: ${Buffer.byteLength(body)}\r\n`)
        expect(body).toContain(await version())
      })

      it('two requests go over one connection', async () => {
        const format = '%{http_code} %{num_connects}\n'
        const said = text(
          await asAnna('-w', format, '-o', '/dev/null', url('/?Action=Ping'), '-o', '/dev/null', url('/?Action=CoreStatus'))
        )
        expect(said).toBe('200 1\n200 0\n')
      })

      // Hangup, not OriginateResponse: that one goes past the bus of Asterisk, and may overtake the Newchannel.
      it('X-Until-Event: the answer goes on until the call has ended', async () => {
        const id = unique('call')
        const fields = {
          Action: 'Originate',
          Channel: 'Local/short@test',
          Application: 'Wait',
          Data: '0',
          Async: 'true',
          ChannelId: id
        }
        const until = ['-H', 'X-Until-Event: Hangup', '-H', 'X-Maxtime: 7000', '-H', 'Accept: application/json']
        const blocks: Record<string, string>[] = JSON.parse(
          text(await asAnna(url('/'), ...until, '--json', JSON.stringify(fields)))
        )
        expect(blocks[0]).toMatchObject({ Response: 'Success', Message: 'Originate successfully queued' })
        expect(blocks.at(-1)).toMatchObject({ Event: 'Hangup' })
        expect(blocks).toContainEqual(expect.objectContaining({ Event: 'Newchannel', Uniqueid: id }))
      })

      it('curl -N /events streams what a call causes, and Last-Event-ID goes on after it', async () => {
        const events = (...more: string[]) =>
          new Program([], { command: words(['-N', '-v', '-u', anna, ...more, url('/events?events=call')]) })
        const newchannel = (id: string) => new RegExp(`^id: (\\d+)\nevent: Newchannel\ndata: (.*"Uniqueid":"${id}".*)\n\n`, 'm')
        const stream = events()
        try {
          await stream.says(/< Content-Type: text\/event-stream/)
          const id = await call()
          const [, number, data] = await stream.prints((said) => newchannel(id).exec(said) ?? undefined, 'the event')
          expect(JSON.parse(data!)).toMatchObject({ Event: 'Newchannel', Uniqueid: id, Context: 'test' })
          await stream.prints((said) => said.includes('event: Hangup\n'), 'its end')
          const again = events('-H', `Last-Event-ID: ${number}`)
          const said = await again.prints((got) => /^event: Hangup$/m.test(got) && got, 'what came since')
          expect(said).not.toContain(`id: ${number}\n`)
          again.kill('SIGKILL')
        } finally {
          stream.kill('SIGKILL')
        }
      })
    })
  }

  it('https refuses a curl that does not know the certificate', async () => {
    const { status, stdout } = await run(['curl', '-sS', '--max-time', '8', `https://127.0.0.1:${proxy.port}/health`])
    expect({ status, stdout: stdout.toString() }).toEqual({ status: 60, stdout: '' })
  })

  it('curl with Authorization: Bearer gives the ProxyKey of a proxy that has one', async () => {
    const key = 'A key, with 100 % of signs'
    const keyed = await ConfiguredProxy.start(`auth-required = no\n\n${serverSection('pbx', asterisk)}`, {
      servers: ['pbx'],
      env: { PBXKIT_PROXY_KEY: key }
    })
    try {
      const get = async (...args: string[]) => {
        const { stdout } = await run([
          'curl',
          '-sS',
          '-i',
          '--max-time',
          '8',
          `http://127.0.0.1:${keyed.port}/?Action=Ping`,
          ...args
        ])
        return stdout.toString()
      }
      expect(await get('--oauth2-bearer', key)).toMatch(/^HTTP\/1\.1 200 [\s\S]*Ping: Pong/)
      expect(await get('--oauth2-bearer', 'another')).toMatch(/^HTTP\/1\.1 401 /)
      expect(await get()).toMatch(/^HTTP\/1\.1 401 /)
    } finally {
      await keyed.stop()
    }
  })
})
