import { fileURLToPath } from 'node:url'
import { beforeAll, expect, it, onTestFinished } from 'vitest'
import { KAMAILIO_PACKAGES } from './servers/kamailio.js'
import { installPackages } from './servers/packages.js'
import { choosePort } from './servers/ports.js'
import { isBound, waitUntil } from './servers/wait.js'
import { describeLab } from './support/lab.js'
import { Program, pbxkit, scratchFile } from './support/program.js'
import { copyingRelay } from './support/sip-copying-relay.js'

const scenario = fileURLToPath(new URL('../fixtures/sip/sipp/42-message-407.xml', import.meta.url))

await describeLab(
  'uac send with the scenario of SIPp',
  () => {
    beforeAll(() => installPackages(KAMAILIO_PACKAGES).then(() => {}), 300_000)

    async function sipp(): Promise<{ program: Program; port: number }> {
      const port = await choosePort(undefined, new Set())
      const words = [
        '-sf',
        scenario,
        '-i',
        '127.0.0.1',
        '-p',
        String(port),
        '-m',
        '1',
        '-nostdin',
        '-timeout',
        '20',
        '-timeout_error'
      ]
      const program = new Program(words, { command: ['sipp'] })
      onTestFinished(() => program.kill('SIGKILL'))
      expect(await waitUntil(() => isBound(port), 10_000)).toBe(true)
      return { program, port }
    }

    function message(port: number, password: string) {
      const secret = scratchFile('password', `${password}\n`)
      const flags = ['--from', 'sip:u1@127.0.0.1', '--auth-user', 'u1', '--auth-password-file', secret]
      return pbxkit(['uac', 'send', 'MESSAGE', `sip:bob@127.0.0.1:${port}`, '--body', 'Hello', ...flags])
    }

    it('42-message-407: answers the challenge of a proxy, and SIPp verifies the digest', async () => {
      const { program, port } = await sipp()
      const ended = await message(await copyingRelay(port), 'pw-u1')
      expect(ended.stdout.toString()).toMatch(/^202 Accepted /)
      expect(ended.status).toBe(0)
      expect((await program.end()).status).toBe(0)
    })

    it('42-message-407: fails with another password, so that the verification is one', async () => {
      const { program, port } = await sipp()
      const ended = await message(await copyingRelay(port), 'another')
      expect(ended.stdout.toString()).toMatch(/^403 /)
      expect(ended.status).toBe(1)
      const { stderr } = await program.end()
      expect(stderr).toContain('digest verification failed')
    })

    it('42-message-407: is refused by SIPp itself without the copy in Authorization, whatever the password', async () => {
      const { program, port } = await sipp()
      expect((await message(port, 'pw-u1')).stdout.toString()).toMatch(/^403 /)
      expect((await program.end()).stderr).toContain('digest verification failed')
    })
  },
  'kamailio'
)
