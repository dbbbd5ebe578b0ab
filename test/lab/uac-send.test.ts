import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { sipPeer } from '../unit/support/sip-peer.js'
import { run } from './servers/command.js'
import { type RunningKamailio, startKamailio } from './servers/kamailio.js'
import { installPackages } from './servers/packages.js'
import { choosePort } from './servers/ports.js'
import { isBound, waitUntil } from './servers/wait.js'
import { describeLab } from './support/lab.js'
import { Program, pbxkit, scratchFile } from './support/program.js'

await describeLab(
  'uac send with Kamailio 5.6',
  () => {
    let kamailio: RunningKamailio
    beforeAll(async () => {
      kamailio = await startKamailio({ name: 'uac-send' })
    })
    afterAll(() => kamailio?.stop())

    /** What the registrar itself says is registered; its reply is "too big" with 200 or so. */
    async function registered(): Promise<Set<string>> {
      const dump = await run('kamcmd', ['-s', `unixs:${kamailio.dir}/kamailio.ctl`, 'ul.dump', 'brief'])
      return new Set([...dump.matchAll(/AoR: (\S+)/g)].map(([, aor]) => aor!.split('@')[0]!))
    }

    it.each(['', ';transport=tcp'])('registers each row of a CSV file as itself, many at a time%s', async (transport) => {
      const users = Array.from({ length: 60 }, (_, index) => `row${transport.length}-${index}`)
      const csv = scratchFile('users.csv', `user,auth_password\n${users.map((user) => `${user},pw-${user}\n`).join('')}`)
      const words = ['--csv', csv, '--concurrency', '20', '--auth-user', '{{user}}', '--expires', '60', '--json']
      const uri = `sip:{{user}}@127.0.0.1:${kamailio.port}${transport}`
      const { status, stderr, stdout } = await pbxkit(['uac', 'send', 'REGISTER', uri, ...words])
      expect({ status, sum: /60 sent in .*: 60 200\n$/.test(stderr.toString()) }).toEqual({ status: 0, sum: true })
      expect(stdout.toString().trim().split('\n')).toHaveLength(60)
      const known = await registered()
      expect(users.filter((user) => !known.has(user))).toEqual([])
    })

    it('tells the rows with a wrong password, and registers the others', async () => {
      const csv = scratchFile('wrong.csv', 'user,auth_password\nright,pw-right\nwrong,secret\n')
      const words = ['--csv', csv, '--auth-user', '{{user}}', '--json']
      const { status, stdout, stderr } = await pbxkit([
        'uac',
        'send',
        'REGISTER',
        `sip:{{user}}@127.0.0.1:${kamailio.port}`,
        ...words
      ])
      expect(status).toBe(1)
      const rows = stdout
        .toString()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
      expect(rows).toMatchObject([
        { line: 2, status: 200 },
        { line: 3, status: 401 }
      ])
      expect(stderr.toString()).toContain('the password, or the user, is wrong')
      const known = await registered()
      expect([known.has('right'), known.has('wrong')]).toEqual([true, false])
    })

    it('logs in with a HA1 as with the password', async () => {
      const ha1 = createHash('md5').update('hashed:127.0.0.1:pw-hashed').digest('hex')
      const words = ['--auth-user', 'hashed', '--auth-ha1-file', scratchFile('ha1', `MD5=${ha1}\n`)]
      const { status, stderr } = await pbxkit(['uac', 'send', 'REGISTER', `sip:hashed@127.0.0.1:${kamailio.port}`, ...words])
      expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' })
      expect((await registered()).has('hashed')).toBe(true)
    })

    it('and sipsak agree on who answers what', async () => {
      const hop = `sip:a@127.0.0.1:${kamailio.port}`
      // Its own address is looked up otherwise, and a container has no name that resolves.
      const sipsak = new Program(['-H', '127.0.0.1', '-s', hop, '-v'], { command: ['sipsak'] })
      const theirs = await sipsak.end()
      const ours = await pbxkit(['uac', 'send', 'OPTIONS', hop, '--show', 'headers'])
      expect([theirs.status, ours.status]).toEqual([0, 0])
      expect(theirs.stdout.toString()).toContain('200 OK')
      expect(ours.stdout.toString()).toContain('SIP/2.0 200 OK')
    })

    it('takes the servers of SRV in their order: past one that is silent and one that is busy', async () => {
      await installPackages(['dnsmasq-base'])
      const order: string[] = []
      const silent = await sipPeer(() => order.push('silent'))
      const busy = await sipPeer(({ reply }) => {
        order.push('busy')
        reply({ status: 503, headers: [['Retry-After', '30']] })
      })
      const dns = await choosePort(undefined, new Set([silent.port, busy.port]))
      const srv = (port: number, priority: number) => `--srv-host=_sip._udp.lab.test,sip.lab.test,${port},${priority},1`
      const words = [
        '--keep-in-foreground',
        '--conf-file=/dev/null',
        '--no-resolv',
        '--no-hosts',
        '--pid-file=',
        '--bind-interfaces'
      ]
      const records = [srv(kamailio.port, 30), srv(busy.port, 20), srv(silent.port, 10), '--host-record=sip.lab.test,127.0.0.1']
      const server = new Program([...words, '--listen-address=127.0.0.1', `--port=${dns}`, ...records], { command: ['dnsmasq'] })
      onTestFinished(() => server.kill('SIGKILL'))
      expect(await waitUntil(() => isBound(dns), 10_000)).toBe(true)
      const flags = ['--dns-server', `127.0.0.1:${dns}`, '--timeout', '300ms']

      // Without NAPTR, SRV of every transport is asked for, and UDP is the one that there is.
      const sent = await pbxkit(['uac', 'send', 'OPTIONS', 'sip:lab.test', ...flags, '--json'])
      expect(sent.status).toBe(0)
      expect(JSON.parse(sent.stdout.toString())).toMatchObject({ status: 200, target: `udp 127.0.0.1:${kamailio.port}` })
      expect([...new Set(order)]).toEqual(['silent', 'busy'])

      // Who failed is not asked again by the next of several.
      order.length = 0
      const again = await pbxkit(['uac', 'options', 'sip:lab.test', ...flags, '--count', '3', '--interval', '10ms'])
      expect(again.status).toBe(0)
      expect(again.stdout.toString().match(/200 OK from udp/g)).toHaveLength(3)
      expect(order.filter((one) => one === 'busy')).toHaveLength(1)

      const all = await pbxkit(['uac', 'options', 'sip:lab.test', ...flags, '--all-targets', '--json'])
      expect(all.status).toBe(1)
      const { targets } = JSON.parse(all.stdout.toString())
      expect(
        targets.map(
          ({ pings }: { pings: { status?: number; error?: { code: string } }[] }) => pings[0]!.status ?? pings[0]!.error!.code
        )
      ).toEqual(['E_TIMEOUT', 503, 200])
    })
  },
  'kamailio'
)
