import { expect, it, onTestFinished } from 'vitest'
import { run } from './servers/command.js'
import { type KamailioPlace, type RunningKamailio, startKamailio } from './servers/kamailio.js'
import { REGISTRAR } from './servers/kamailio-registrar.js'
import { waitUntil } from './servers/wait.js'
import { describeLab } from './support/lab.js'
import { hasNamespaces, networkNamespace } from './support/network-namespace.js'
import { binary, Program, pbxkit, scratchFile, scratchFolder } from './support/program.js'

const count = 200

/** Numbers for docs/uac.md: `npx vitest run --project lab test/lab/uac-register-recovery.test.ts`. */
function tell(what: string, ms: number): void {
  console.info(`recovery: ${what}: ${(ms / 1000).toFixed(1)} s`)
}

await describeLab(
  'uac register comes back',
  () => {
    async function registrar(address = '127.0.0.1'): Promise<RunningKamailio> {
      const config = (place: KamailioPlace) => {
        const more = address === '127.0.0.1' ? '' : `listen=udp:${address}:${place.port}\nlisten=tcp:${address}:${place.port}\n`
        return REGISTRAR(place).replace('mpath=', `${more}mpath=`)
      }
      const kamailio = await startKamailio({ name: 'recovery', config })
      onTestFinished(() => kamailio.stop())
      return kamailio
    }

    function accounts(address: string, port: number, transport: string): string {
      const rows = Array.from(
        { length: count },
        (_, at) => `u${at},u${at},127.0.0.1,pw-u${at},sip:${address}:${port};transport=${transport},60\n`
      )
      return scratchFile('accounts.csv', `l_uuid,r_username,r_domain,auth_password,auth_proxy,expires\n${rows.join('')}`)
    }

    function start(file: string, flags: readonly string[] = [], inside: readonly string[] = []) {
      const control = `${scratchFolder('control')}/uac.sock`
      const words = ['uac', 'register', '--file', file, '--json', '--control', control, ...flags]
      const program = new Program(words, { command: [...inside, process.execPath, binary] })
      onTestFinished(() => program.kill('SIGKILL'))
      const status = async () => JSON.parse((await pbxkit(['uac', 'status', '--json', '--control', control])).stdout.toString())
      return { program, status, registered: () => until(async () => (await status()).regactive === count) }
    }

    /** @returns milliseconds */
    async function until(look: () => Promise<boolean>, limitMs = 120_000): Promise<number> {
      const startedAt = performance.now()
      expect(await waitUntil(() => look().catch(() => false), limitMs)).toBe(true)
      return performance.now() - startedAt
    }

    /** How many the registrar itself knows. */
    const known = async ({ dir }: RunningKamailio) =>
      Number(
        /location_users: (\d+)/.exec(await run('kamcmd', ['-s', `unixs:${dir}/kamailio.ctl`, 'stats.fetch', 'usrloc:']))?.[1]
      )

    it.each([
      ['tcp', []],
      ['udp', ['--keepalive', 'options', '--keepalive-interval', '5']]
    ])(
      'after the registrar was killed and has forgotten all, over %s',
      async (transport, flags) => {
        const kamailio = await registrar()
        const { registered, status, program } = start(accounts('127.0.0.1', kamailio.port, transport), flags)
        await registered()
        const { requests } = await status()
        await kamailio.kill('SIGKILL')
        // OPTIONS are waited for for ten seconds.
        await until(async () => program.text.includes('"event":"lost"'))
        await kamailio.restart()
        const ms = await until(async () => (await known(kamailio)) === count)
        tell(`registrar killed, ${transport}, after its return`, ms)
        // The longest wait between two looks, a jitter, and the accounts themselves on a busy machine.
        expect(ms).toBeLessThan(16_000 + 2_000 + 12_000)
        const after = await status()
        expect(after.requests - requests).toBeLessThanOrEqual(3 * count)
      },
      180_000
    )

    it('after kill -9 of its own, with --state, without a request', async () => {
      const kamailio = await registrar()
      const state = `${scratchFolder('state')}/uac.state`
      const file = accounts('127.0.0.1', kamailio.port, 'udp')
      const first = start(file, ['--state', state])
      await first.registered()
      // The state is written every ten seconds.
      const { statSync } = await import('node:fs')
      await until(async () => statSync(state).size > count * 200)
      first.program.kill('SIGKILL')
      await first.program.end()
      const second = start(file, ['--state', state])
      tell('our process killed, from its start', await second.registered())
      expect(await second.status()).toMatchObject({ requests: 0, regactive: count })
      expect(await known(kamailio)).toBe(count)
    }, 120_000)

    it.skipIf(!hasNamespaces()).each(['udp', 'tcp'])(
      'after the network was away for 40 s, over %s',
      async (transport) => {
        const namespace = networkNamespace()
        const kamailio = await registrar(namespace.address)
        const { registered, status, program } = start(accounts(namespace.address, kamailio.port, transport), [], namespace.exec)
        await registered()
        const before = await status()
        namespace.setCable(false)
        await new Promise((resolve) => setTimeout(resolve, 40_000))
        const during = await status()
        namespace.setCable(true)
        const ms = await until(async () => {
          const { regactive, states, window } = await status()
          return regactive === count && states.registered === count && window.active === 0 && window.waiting === 0
        })
        tell(`network away for 40 s, ${transport}, after its return`, ms)
        const sent = during.requests + during.repeats - before.requests - before.repeats
        console.info(`recovery: network away for 40 s, ${transport}: ${sent} packets of ${count} accounts meanwhile`)
        expect(ms).toBeLessThan(16_000 + 32_000)
        expect(sent).toBeLessThan(4 * count)
        expect(program.ended).toBe(undefined)
      },
      240_000
    )
  },
  'kamailio'
)
