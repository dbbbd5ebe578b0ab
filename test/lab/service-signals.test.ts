import { spawn } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AmiSocket } from './support/ami-socket.js'
import { describeLab } from './support/lab.js'
import { within } from './support/limit.js'
import { binary, cleanEnv, Program, pbxkit, Service, scratchFile } from './support/program.js'
import { directTo, startProxy, useAsteriskAndProxy } from './support/targets.js'

await describeLab('pipes, signals and statuses, with Asterisk 22', () => {
  const { asterisk, ways } = useAsteriskAndProxy({ name: 'signals' })

  for (const { way, target } of ways) {
    describe(way, () => {
      it('`ami send … | head -1` prints one line, is quiet and ends with 0', async () => {
        const args = [binary, 'ami', 'send', 'Command', '-F', 'Command=core show help', ...target().flags]
        const script = '"$0" "$@" | head -1; exit "$PIPESTATUS"'
        const shell = spawn('bash', ['-c', script, process.execPath, ...args], { env: cleanEnv(target().options().env) })
        const said = { stdout: '', stderr: '' }
        shell.stdout.on('data', (chunk) => {
          said.stdout += chunk
        })
        shell.stderr.on('data', (chunk) => {
          said.stderr += chunk
        })
        const [status] = await within(once(shell, 'close'), () => 'the end of the pipe')
        expect(status).toBe(0)
        const [first] = (await asterisk().rx('core show help')).split('\n')
        expect(said).toEqual({ stdout: `${first}\n`, stderr: '' })
      })

      it('a stdout that nobody reads any more ends a batch at once and quietly', async () => {
        const program = new Program(['ami', 'send', '--json', ...target().flags], target().options())
        program.child.stdin.write('Action: Ping\n\n')
        await program.prints((text) => text.includes('Pong'), 'the first answer')
        program.child.stdout.destroy()
        // stdin stays open: only the closed stdout can end it.
        program.child.stdin.write('Action: Ping\n\nAction: Ping\n\n')
        const { status, stderr } = await program.end()
        expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      })

      it('answers from stdin come while it is still open', async () => {
        const program = new Program(['ami', 'send', '--json', ...target().flags], target().options())
        for (const n of [1, 2, 3]) {
          program.child.stdin.write('Action: Ping\n\n')
          await program.prints(() => program.documents.length === n, `answer ${n}`)
        }
        program.child.stdin.end()
        expect((await program.end()).status).toBe(0)
      })

      it('SIGINT while it waits ends it with 130, without a word', async () => {
        const fields = ['Channel=Local/long@test', 'Application=Wait', 'Data=30', '--wait-for', 'Event=Nothing']
        const args = [
          'Originate',
          ...fields.flatMap((field) => (field.includes('=') && !field.startsWith('Event') ? ['-F', field] : [field]))
        ]
        const program = new Program(['ami', 'send', ...args, '--log-level', 'trace', ...target().flags], target().options())
        await program.says(/< Message: Originate/)
        program.kill('SIGINT')
        const { status, stdout } = await program.end()
        expect({ status, stdout: stdout.toString() }).toEqual({ status: 130, stdout: '' })
        await asterisk().rx('channel request hangup all')
      })

      it('asks for nothing where there is no terminal: 64, and which flag is missing', async () => {
        const { flags } = target()
        const noSecret = await pbxkit(['ami', 'send', 'Ping', ...flags])
        expect(noSecret.status).toBe(64)
        expect(noSecret.stderr).toContain('--secret-file')
        const noUser = await pbxkit(['ami', 'send', 'Ping', ...flags.slice(0, 4), '--json'])
        expect(noUser.status).toBe(64)
        expect(JSON.parse(noUser.stdout.toString()).error).toMatchObject({ code: 'E_USAGE', exit: 64 })
        expect(noUser.stdout.toString()).toContain('--username')
      })

      it('--json errors stand on stdout, with the status they have without it', async () => {
        for (const [args, env, code, exit] of [
          [['Ping'], { PBXKIT_SECRET: 'wrong' }, 'E_LOGIN', 77],
          [['Pong'], {}, 'E_USAGE', 64],
          [['Command', '-F', 'Command=a\r\nAction: Logoff'], {}, 'E_UNSAFE_HEADER', 65],
          [['Ping', '--wait-for', 'Event=Nothing', '--timeout', '300ms'], {}, 'E_TIMEOUT', 75]
        ] as const) {
          const withJson = await target().send([...args, '--json'], { env })
          const without = await target().send(args, { env })
          expect(JSON.parse(withJson.stdout.toString()).error).toMatchObject({ code, exit })
          expect([withJson.status, withJson.stderr, without.status, without.stdout.toString()]).toEqual([exit, '', exit, ''])
        }
      })
    })
  }

  it('the password stands in a file: --secret-file, with a word when others may read it', async () => {
    const target = directTo(asterisk())
    const file = scratchFile('secret', `${target.account.secret}\n`)
    const { status, stderr } = await pbxkit(['ami', 'send', 'Ping', '--secret-file', file, ...target.flags])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })

  describe('proxy serve', () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      it(`ends with 0 at ${signal}, having told its clients and Asterisk`, async () => {
        const proxy = await startProxy({ pbx: asterisk() })
        const client = await proxy.target.login()
        proxy.service.program.kill(signal)
        await client.event({ Event: 'Shutdown' })
        await client.closed()
        const { status, stdout } = await proxy.service.program.end()
        expect({ status, stdout: stdout.toString() }).toEqual({ status: 0, stdout: '' })
      })
    }

    it('answers what is in flight before it ends', async () => {
      const proxy = await startProxy({ pbx: asterisk() })
      const client = await proxy.target.login({ events: 'off' })
      // Answered when the call is answered and the application runs: `s` does both.
      client.write(
        'Action: Originate\r\nChannel: Local/busy@test\r\nApplication: Wait\r\nData: 1\r\nTimeout: 1500\r\nActionID: slow\r\n\r\n'
      )
      await client.ask('Action: Ping\r\nServer: none\r\n')
      proxy.service.program.kill('SIGTERM')
      await client.next((message) => message.get('ActionID') === 'slow', 'the answer')
      await client.closed()
      expect((await proxy.service.program.end()).status).toBe(0)
    })

    it('a second signal ends it at once, whatever is in flight', async () => {
      const proxy = await startProxy({ pbx: asterisk() }, ['--drain-timeout', '60'])
      const client = await proxy.target.login()
      await asterisk().kill('SIGSTOP')
      try {
        client.write('Action: CoreStatus\r\nActionID: never\r\n\r\n')
        await client.ask('Action: Ping\r\nServer: none\r\n')
        proxy.service.program.kill('SIGTERM')
        await client.event({ Event: 'Shutdown' })
        expect(proxy.service.program.ended).toBeUndefined()
        proxy.service.program.kill('SIGTERM')
        expect((await proxy.service.program.end()).status).toBe(130)
      } finally {
        await asterisk().kill('SIGCONT')
      }
    })

    for (const [what, more] of [
      ['before an Asterisk', ['--host', '127.0.0.1', '--port', '1', '--username', 'x', '--no-auth-required']],
      ['with --demo', ['--demo']]
    ] as const) {
      it(`a port in use is 74, and says which (${what})`, async () => {
        const taken = net.createServer().listen(0, '127.0.0.1')
        await once(taken, 'listening')
        try {
          const { port } = taken.address() as net.AddressInfo
          const args = ['proxy', 'serve', ...more, '--listen', `127.0.0.1:${port}`]
          const env = { PBXKIT_SECRET: 'y' }
          const { status, stdout, stderr } = await pbxkit(args, { env })
          expect({ status, stdout: stdout.toString() }).toEqual({ status: 74, stdout: '' })
          expect(stderr).toContain(`127.0.0.1:${port}`)
          const json = await pbxkit([...args, '--json'], { env })
          expect(JSON.parse(json.stdout.toString()).error).toMatchObject({ code: 'E_LISTEN', exit: 74 })
        } finally {
          taken.close()
        }
      })
    }

    it('serves without an Asterisk with --demo, and stops', async () => {
      const service = await Service.start(['proxy', 'serve', '--demo', '--listen', '127.0.0.1:0'])
      expect(service.port('proxy')).toBeGreaterThan(0)
      await service.stop()
    })
  })

  describe('many clients at once', () => {
    const sockets: AmiSocket[] = []
    let proxy: Awaited<ReturnType<typeof startProxy>>
    beforeAll(async () => {
      proxy = await startProxy({ pbx: asterisk() })
    })
    afterAll(() => {
      for (const socket of sockets) socket.destroy()
    })

    it('are all told, and do not keep the proxy from ending with 0', async () => {
      sockets.push(...(await Promise.all(Array.from({ length: 30 }, () => proxy.target.login()))))
      const told = sockets.map((socket) => socket.event({ Event: 'Shutdown' }))
      await Promise.all([...told, proxy.service.stop()])
    })
  })
})
