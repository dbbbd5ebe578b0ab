import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AsteriskPlace, type RunningAsterisk, startAsterisk } from './servers/asterisk.js'
import { AMI_ADMIN, defaultFiles } from './servers/asterisk-config.js'
import { AmiSocket } from './support/ami-socket.js'
import { certificateAndKey } from './support/configured-proxy.js'
import { describeLabWith } from './support/debian-clients.js'
import { Program, pbxkit, Service, scratchFile, scratchFolder } from './support/program.js'
import { directTo, unique } from './support/targets.js'

const samples = path.join(import.meta.dirname, '../fixtures/astmanproxy/conf')

/** A sample with other hosts, ports and files, and nothing else: each text must be there. */
function adapted(sample: string, changes: Readonly<Record<string, string>>): string {
  let text = readFileSync(path.join(samples, sample), 'utf8')
  for (const [from, to] of Object.entries(changes)) {
    if (!text.includes(from)) throw new Error(`${sample} has no ${from}`)
    text = text.replace(from, to)
  }
  return text
}

await describeLabWith(['curl', 'netcat-openbsd', 'openssl'], 'the files of astmanproxy, before Asterisk 22', () => {
  let asterisk: RunningAsterisk
  let ca: string
  let pem: string

  beforeAll(async () => {
    const users =
      '[proxy user]\nsecret = p,w\\;d\nread = all\nwrite = all\n\n[proxy]\nsecret = Secret2\nread = all\nwrite = all\n'
    const managerConf = ({ ports, dir }: AsteriskPlace) => `${defaultFiles(ports, dir)['manager.conf']}\n${users}`
    asterisk = await startAsterisk({ name: 'astmanproxy', files: { 'manager.conf': managerConf } })
    const { cert, both } = await certificateAndKey()
    ca = scratchFile('proxy.crt', cert)
    pem = scratchFile('proxy.pem', both)
  })
  afterAll(() => asterisk?.stop())

  /** Lays both files into one folder and starts the proxy with nothing but the first. */
  async function start(conf: string, args: readonly string[] = []): Promise<Service> {
    const folder = path.join(scratchFolder('asterisk'), 'etc')
    mkdirSync(folder)
    writeFileSync(path.join(folder, 'astmanproxy.conf'), conf, { mode: 0o600 })
    writeFileSync(path.join(folder, 'astmanproxy.users'), readFileSync(path.join(samples, 'astmanproxy.users')), { mode: 0o600 })
    return Service.start(['proxy', 'serve', '--config', path.join(folder, 'astmanproxy.conf'), ...args])
  }

  const connected = (service: Service, server: string) =>
    service.program.says(new RegExp(`"server":"${server}"[^\\n]*server connected`))

  /** What the kernel says of its rights. */
  function rights({ program }: Service): Record<string, string> {
    const status = readFileSync(`/proc/${program.child.pid}/status`, 'utf8')
    return Object.fromEntries(
      ['Uid', 'Gid', 'Groups', 'CapEff', 'CapPrm'].map((name) => [
        name,
        new RegExp(`^${name}:\\s*(.*?)\\s*$`, 'm').exec(status)![1]!.replaceAll('\t', ' ')
      ])
    )
  }

  const nobody = {
    Uid: '65534 65534 65534 65534',
    Gid: '65534 65534 65534 65534',
    Groups: '65534',
    CapEff: '0000000000000000',
    CapPrm: '0000000000000000'
  }

  describe('of 1.22', () => {
    let service: Service
    beforeAll(async () => {
      service = await start(
        adapted('astmanproxy-1.22.conf', {
          'host = localhost, 5038, dave, Moo9X, on, off': `host = localhost, ${asterisk.amiPort}, ${AMI_ADMIN.username}, ${AMI_ADMIN.secret}, on, off`,
          'host=10.1.1.2,5038,proxyuser,s3cr3t,on,on': '',
          '/var/lib/asterisk/certs/Proxy-Server.pem': pem,
          'logfile = /var/log/asterisk/astmanproxy.log': '',
          'listenport = 1234': 'listenport = 0'
        })
      )
      await connected(service, 'localhost')
    })
    afterAll(() => service?.stop())

    const client = (username: string, secret: string) => AmiSocket.login(service.port('proxy'), { username, secret })

    it('names the line that the old program ignored', () => {
      expect(service.program.stderr).toMatch(/astmanproxy\.conf:\d+: .*outputfomat/)
    })

    it('goes on as nobody, with the groups of nobody and no capability', () => {
      expect(rights(service)).toEqual(nobody)
    })

    it('authrequired = no: an action without a login is answered', async () => {
      const anybody = await AmiSocket.connect(service.port('proxy'))
      expect(anybody.banner).toBe('Asterisk Call Manager/11.0.0')
      expect((await anybody.ask('Action: Ping\r\n')).get('Ping')).toBe('Pong')
      anybody.destroy()
    })

    it('users log in, with a wrong secret they do not', async () => {
      const bill = await client('bill', 'pass')
      expect((await bill.ask('Action: CoreStatus\r\n')).get('Response')).toBe('Success')
      bill.destroy()
      await expect(client('bill', 'Pass')).rejects.toThrow(/Authentication failed/)
    })

    it("a user's channel and context hold: steve sees his channel and nothing of another, and calls from there", async () => {
      const [steve, bill] = await Promise.all([client('steve', 'steve'), client('bill', 'pass')])
      const word = unique('word')
      const say = (channel: string, number: number) =>
        directTo(asterisk).json([
          'UserEvent',
          ...['UserEvent=Lab', `Word=${word}`, `Number=${number}`, `Channel=${channel}`].flatMap((field) => ['-F', field])
        ])
      await say('SIP/other-00000001', 1)
      await say('SIP/snom190-00000001', 2)
      for (const number of ['1', '2']) await bill.event({ Event: 'UserEvent', Word: word, Number: number })
      await steve.event({ Event: 'UserEvent', Word: word, Number: '2' })
      expect(steve.messages.filter((message) => message.get('Word') === word)).toHaveLength(1)

      const originate = (channel: string, context: string) =>
        steve.ask(`Action: Originate\r\nChannel: ${channel}\r\nContext: ${context}\r\nExten: s\r\nPriority: 1\r\nAsync: true\r\n`)
      expect((await originate('SIP/other', 'local')).get('Message')).toMatch(/^Action Filtered/)
      expect((await originate('SIP/snom190', 'elsewhere')).get('Message')).toMatch(/^Action Filtered/)
      expect((await originate('SIP/snom190', 'local')).get('Message')).not.toMatch(/^Action Filtered/)
      // His own lists are whole.
      await steve.ask('Action: PJSIPShowEndpoints\r\nActionID: list\r\n')
      await steve.event({ Event: 'EndpointListComplete', ActionID: 'list' })
      expect(steve.ofId('list').map((message) => message.get('Event'))).toEqual([
        undefined,
        'EndpointList',
        'EndpointList',
        'EndpointListComplete'
      ])
      steve.destroy()
      bill.destroy()
    })

    it('takes TLS on the same port, with the certfile', async () => {
      const url = `https://127.0.0.1:${service.port('proxy')}/?Action=Ping`
      const { stdout, stderr } = await pbxkit([url], {
        command: ['curl', '-sS', '--max-time', '8', '--cacert', ca, '-u', 'bill:pass']
      })
      expect(stdout.toString(), String(stderr)).toContain('Ping: Pong')
    })
  })

  describe('of 1.30', () => {
    let service: Service
    beforeAll(async () => {
      const conf = adapted('astmanproxy-1.30.conf', {
        '"pbx-a.example.org", 5038': `"pbx-a.example.org=127.0.0.1", ${asterisk.amiPort}`,
        'pbx-b.example.org, 5039': `pbx-b.example.org=127.0.0.1, ${asterisk.amiTlsPort}`,
        '"/etc/astmanproxy/both.pem"': `"${pem}"`,
        'logfile = /var/log/astmanproxy.log': '',
        'listenport = 1234': 'listenport = 0',
        'proc_user = astman': 'proc_user = nobody',
        'proc_group = astman': 'proc_group = nogroup'
      })
      service = await start(conf, ['--tls-ca', scratchFile('asterisk.crt', asterisk.certificate)])
      await Promise.all(['pbx-a.example.org', 'pbx-b.example.org'].map((server) => connected(service, server)))
    })
    afterAll(() => service?.stop())

    const curl = async (...args: string[]) => {
      const { stdout } = await pbxkit(args, { command: ['curl', '-sS', '-i', '--max-time', '8', '--cacert', ca] })
      return stdout.toString()
    }
    const url = (query: string) => `https://127.0.0.1:${service.port('proxy')}/?${query}`
    const key = ['-H', 'X-Proxy-Key: Foo Bar']
    const dave = ['-u', 'dave:Secure Pass']

    it('goes on as nobody, with the groups of nobody and no capability', () => {
      expect(rights(service)).toEqual(nobody)
    })

    it('takes nobody without TLS', async () => {
      const { stdout } = await pbxkit([], {
        command: ['nc', '127.0.0.1', String(service.port('proxy'))],
        input: 'Action: Ping\r\n\r\n'
      })
      expect(stdout.toString()).toBe('')
    })

    it('HTTP is answered in XML, from the server of the user, with the key and the login', async () => {
      const answer = await curl(...key, ...dave, url('Action=Ping'))
      expect(answer).toMatch(/^HTTP\/1\.1 200 /)
      expect(answer).toContain('<Ping Value="Pong"/>')
      expect(answer).toContain('<Server Value="pbx-a.example.org"/>')
      // The column goes before the header.
      expect(await curl(...key, ...dave, url('Action=Ping&Server=pbx-b.example.org'))).toContain(
        '<Server Value="pbx-a.example.org"/>'
      )
      expect(await curl(...key, url('Action=Ping&Server=pbx-b.example.org'))).toContain('<Server Value="pbx-b.example.org"/>')
    })

    it('a wrong key, or none, or a wrong login is refused', async () => {
      for (const who of [['-H', 'X-Proxy-Key: foo bar', ...dave], [], [...key, '-u', 'dave:secure pass']])
        expect(await curl(...who, url('Action=Ping'))).toMatch(/^HTTP\/1\.1 401 /)
      expect(await curl('-H', 'Authorization: Bearer Foo Bar', url('Action=Ping'))).toMatch(/^HTTP\/1\.1 200 /)
    })

    it('openssl s_client gets the forced banner, gives the key with its first action, and reads XML', async () => {
      const command = [
        'openssl',
        's_client',
        '-quiet',
        '-connect',
        `127.0.0.1:${service.port('proxy')}`,
        '-CAfile',
        ca,
        '-verify_return_error'
      ]
      const client = new Program([], { command })
      try {
        await client.prints((text) => text.startsWith('Asterisk Call Manager/1.1\r\n'), 'the banner')
        const login = 'Action: Login\r\nUsername: dave\r\nSecret: Secure Pass\r\n'
        client.child.stdin.write(`ProxyKey: Foo Bar\r\n${login}\r\nProxyAction: ListServers\r\n\r\n`)
        await client.prints((text) => text.includes('<Message Value="Authentication accepted"/>'), 'the login')
        await client.prints((text) => text.includes('<ProxyServerName Value="pbx-b.example.org"/>'), 'the servers')
      } finally {
        client.kill('SIGKILL')
      }
    })
  })
})
