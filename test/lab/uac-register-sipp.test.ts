import { fileURLToPath } from 'node:url'
import { beforeAll, expect, it, onTestFinished } from 'vitest'
import { KAMAILIO_PACKAGES } from './servers/kamailio.js'
import { installPackages } from './servers/packages.js'
import { choosePort } from './servers/ports.js'
import { isBound, waitUntil } from './servers/wait.js'
import { describeLab } from './support/lab.js'
import { Program, pbxkit, scratchFile, scratchFolder } from './support/program.js'

const scenario = (name: string) => fileURLToPath(new URL(`../fixtures/sip/sipp/${name}.xml`, import.meta.url))

/** How long a scenario may take: 09 is silent for 36 s. */
const limitMs = 60_000

await describeLab(
  'uac register with the scenarios of SIPp',
  () => {
    let password: string

    beforeAll(async () => {
      await installPackages(KAMAILIO_PACKAGES)
      password = scratchFile('password', 'pw-u1\n')
    }, 300_000)

    /** A SIPp that plays one call. Some of its failures end with 0 all the same: what it says on stderr counts as well. */
    async function sipp(name: string, port: number, ...more: string[]): Promise<Program> {
      const words = ['-sf', scenario(name), '-i', '127.0.0.1', '-p', String(port), '-m', '1', '-nostdin']
      const program = new Program([...words, '-timeout', '50', '-timeout_error', ...more], { command: ['sipp'] })
      onTestFinished(() => program.kill('SIGKILL'))
      expect(await waitUntil(() => isBound(port), 10_000)).toBe(true)
      return program
    }

    async function expectPassed(program: Program): Promise<void> {
      const { status, stderr } = await program.end(limitMs)
      expect({ status, complaints: stderr.match(/digest verification failed|no retry|retried|never|hammered/g) }).toEqual({
        status: 0,
        complaints: null
      })
    }

    /** `uac register` of the scenarios' user. */
    function register(port: number, ...flags: string[]): Program {
      const control = ['--control', `${scratchFolder('control')}/uac.sock`]
      const program = new Program([
        'uac',
        'register',
        `sip:u1@127.0.0.1:${port}`,
        '--password-file',
        password,
        '--json',
        ...control,
        ...flags
      ])
      onTestFinished(() => program.kill('SIGKILL'))
      return program
    }

    const event = (program: Program, kind: string) =>
      program.prints(() => program.documents.find((one) => one.event === kind), `the event ${kind}`)

    it.each([
      '01-md5',
      '02-sha256',
      '03-auth-int',
      '04-two-challenges',
      '04c-407-then-401',
      '10-answers-twice',
      '12-drop-first-two',
      '17-path-service-route'
    ])(
      '%s: registers',
      async (name) => {
        const port = await choosePort(undefined, new Set())
        const registrar = await sipp(name, port)
        const client = register(port)
        const registered = await event(client, 'registered')
        expect(registered).toMatchObject({
          l_uuid: 'u1',
          aor: 'sip:u1@127.0.0.1',
          state: 'registered',
          code: 200,
          attempt: 1,
          expires: 60
        })
        if (name.startsWith('17')) {
          expect(registered).toMatchObject({
            serviceRoute: ['<sip:orig@s1.lab.test;lr>', '<sip:s2.lab.test;lr>'],
            flowTimerS: 25
          })
        }
        await expectPassed(registrar)
      },
      limitMs
    )

    it.each([['--expires', '60'], []])(
      '05-423: asks for longer at once %#',
      async (...flags) => {
        const port = await choosePort(undefined, new Set())
        const registrar = await sipp('05-423', port)
        const client = register(port, ...flags)
        expect(await event(client, 'registered')).toMatchObject({ expires: 120 })
        await expectPassed(registrar)
      },
      limitMs
    )

    it(
      '06-302: registers where it is sent',
      async () => {
        const taken = new Set<number>()
        const port = await choosePort(undefined, taken)
        const elsewhere = await choosePort(undefined, taken.add(port))
        const first = await sipp('06-302', port, '-key', 'redirport', String(elsewhere))
        const second = await sipp('01-md5', elsewhere)
        const client = register(port)
        expect(await event(client, 'registered')).toMatchObject({ target: `udp 127.0.0.1:${elsewhere}` })
        await expectPassed(second)
        await expectPassed(first)
      },
      limitMs
    )

    it(
      '07-503-retry-after: waits as long as it is told, and comes back',
      async () => {
        const port = await choosePort(undefined, new Set())
        const registrar = await sipp('07-503-retry-after', port)
        const client = register(port)
        expect(await event(client, 'failed')).toMatchObject({ state: 'backoff', code: 503, reason: 'busy' })
        expect(await event(client, 'registered')).toMatchObject({ attempt: 2 })
        await expectPassed(registrar)
      },
      limitMs
    )

    it(
      '08-stale-refresh: takes a stale nonce for no failure',
      async () => {
        const port = await choosePort(undefined, new Set())
        const registrar = await sipp('08-stale-refresh', port)
        const client = register(port)
        expect(await event(client, 'refreshed')).toMatchObject({ state: 'registered', attempt: 2, expires: 60 })
        await expectPassed(registrar)
      },
      limitMs
    )

    it(
      '09-never-answers: sends eleven packets, and gives up after 32 s',
      async () => {
        const port = await choosePort(undefined, new Set())
        const registrar = await sipp('09-never-answers', port)
        const client = register(port, '--trace')
        // The scenario outlasts the time-out.
        await expectPassed(registrar)
        const failed = await event(client, 'failed')
        expect(failed).toMatchObject({ state: 'backoff', code: null, reason: 'timeout' })
        expect(client.stderr.match(/──▶/g)).toHaveLength(11)
      },
      limitMs + 20_000
    )

    it(
      '13-403: does not come back soon',
      async () => {
        const port = await choosePort(undefined, new Set())
        const registrar = await sipp('13-403', port)
        const client = register(port)
        expect(await event(client, 'rejected')).toMatchObject({ state: 'rejected', code: 403 })
        await expectPassed(registrar)
      },
      limitMs
    )

    it(
      '21-unregister: takes its binding back at SIGTERM',
      async () => {
        const port = await choosePort(undefined, new Set())
        const registrar = await sipp('21-unregister', port)
        const client = register(port)
        await event(client, 'registered')
        client.kill('SIGTERM')
        await expectPassed(registrar)
        expect((await client.end()).status).toBe(0)
        expect(client.documents.at(-1)).toMatchObject({ event: 'unregistered', code: 200 })
      },
      limitMs
    )

    it('--once says how it ended, and with which status', async () => {
      const port = await choosePort(undefined, new Set())
      const registrar = await sipp('13-403', port)
      const ended = await pbxkit(['uac', 'register', `sip:u1@127.0.0.1:${port}`, '--password-file', password, '--once', '--json'])
      expect(ended.status).toBe(1)
      expect(JSON.parse(ended.stdout.toString())).toMatchObject({ ok: false, code: 403, reason: 'refused' })
      registrar.kill('SIGKILL')
    })
  },
  'kamailio'
)
