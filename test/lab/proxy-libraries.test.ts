import { describe, expect, it } from 'vitest'
import { labAvailable } from './servers/availability.js'
import { describeLab } from './support/lab.js'
import { installLibraries, libraries, libraryProgram } from './support/libraries.js'
import { Program, scratchFile } from './support/program.js'
import { directTo, type Target, unique, useAsteriskAndProxy } from './support/targets.js'

const available = await labAvailable('asterisk22')
const installed = available.ok ? await installLibraries() : { reason: 'no lab' }

await describeLab('AMI client libraries, with Asterisk 22', () => {
  const { asterisk, ways } = useAsteriskAndProxy({ name: 'libraries' })

  if ('reason' in installed) {
    if (process.env.PBXKIT_LAB_REQUIRED === '1')
      it('are installed', () => {
        throw new Error(installed.reason)
      })
    else describe.skip(`(skipped: ${installed.reason})`, () => it('log in', () => {}))
    return
  }
  const { from } = installed

  /** Runs a library's program through all its steps. */
  async function steps(name: string, target: Target): Promise<Record<string, string>> {
    const script = scratchFile(`${name}.cjs`, libraryProgram(name))
    const { username, secret } = target.account
    const env = { LAB_PORT: String(target.port), LAB_USERNAME: username, LAB_SECRET: secret }
    const program = new Program([from], { script, env })
    try {
      await program.prints((text) => /^ping /m.test(text), 'the answer to Ping')
      if (libraries[name]!.command !== 'nothing') await program.prints((text) => /^command /m.test(text), 'the answer to Command')
      const word = unique('word')
      await directTo(asterisk()).json(['UserEvent', '-F', 'UserEvent=Lab', '-F', `Word=${word}`])
      await program.prints((text) => text.includes(`event ${word}\n`), 'the event')
      return Object.fromEntries(
        program.text
          .replaceAll(word, 'WORD')
          .trimEnd()
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)])
      )
    } finally {
      program.kill('SIGKILL')
      await program.end()
    }
  }

  for (const { way, target } of ways) {
    describe(way, () => {
      for (const [name, { version, command }] of Object.entries(libraries)) {
        const what =
          command === 'nothing' ? 'logs in, pings and gets an event' : 'logs in, pings, runs a command and gets an event'
        it(`${name} ${version} ${what}`, async () => {
          const seen = await steps(name, target())
          expect(seen).toEqual({
            login: 'ok',
            ping: 'Pong',
            ...(command !== 'nothing' && { command: (await asterisk().rx('core show version')).trim() }),
            event: 'WORD'
          })
        })
      }
    })
  }
})
