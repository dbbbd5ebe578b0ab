import { spawn } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { startAsterisk } from './servers/asterisk.js'
import { describeLab } from './support/lab.js'
import { limitMs, within } from './support/limit.js'
import { binary, cleanEnv, Program } from './support/program.js'
import { directTo, type Target, unique, useAsteriskAndProxy } from './support/targets.js'

/** Sends a UserEvent that nothing else sends. */
async function emit(target: Target, word: string, count = 1): Promise<void> {
  const input = Array.from({ length: count }, (_, n) => `Action: UserEvent\nUserEvent: Lab\nWord: ${word}\nNumber: ${n}\n\n`)
  expect((await target.send(['--json'], { input: input.join('') })).status).toBe(0)
}

await describeLab('ami events, with Asterisk 22', () => {
  const { ways } = useAsteriskAndProxy({ name: 'events' })

  for (const { way, target } of ways) {
    describe(way, () => {
      it('prints each event as one line of JSON into a pipe, in their order', async () => {
        const word = unique('word')
        const watcher = await target().events([`Word=${word}`], ['--count', '51'])
        await emit(target(), word, 50)
        const { status, stderr } = await watcher.end()
        expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
        expect(watcher.documents.slice(1).map((event) => Number(event.Number))).toEqual([...Array(50).keys()])
      })

      it('prints only what a filter lets through: all its terms, any filter, globs, without', async () => {
        const word = unique('word')
        const filters = [`Event=UserEvent,Word=${word},Number=1*`, `Word=${word},Number=7`, `Word=${word},Number=20`]
        const watcher = await target().events(filters, ['--count', '13'])
        await emit(target(), word, 21)
        await watcher.end()
        const numbers = watcher.documents.slice(1).map((event) => Number(event.Number))
        expect(numbers).toEqual([1, 7, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19])
      })

      it('ends at SIGINT with 130, and what was printed is whole', async () => {
        const word = unique('word')
        const watcher = await target().events([`Word=${word}`])
        await emit(target(), word)
        await watcher.prints((text) => text.includes(word), 'the event')
        watcher.kill('SIGINT')
        expect((await watcher.end()).status).toBe(130)
        expect(watcher.documents).toHaveLength(2)
      })

      it('ends after --duration with 0', async () => {
        const watcher = await target().events(['Event=Nothing'], ['--duration', '300ms'])
        expect((await watcher.end()).status).toBe(0)
      })

      it('asks the server for no more than the classes of --events', async () => {
        const word = unique('word')
        const args = ['ami', 'events', '--events', 'user', ...target().flags]
        const watcher = new Program(args, target().options())
        // FullyBooted, which would say that it has begun, is of class system: events are sent until one is seen.
        while (!watcher.ended && !watcher.text.includes(word)) await emit(target(), word)
        watcher.kill('SIGINT')
        expect((await watcher.end()).status).toBe(130)
        expect([...new Set(watcher.documents.map(({ Privilege }) => Privilege))]).toEqual(['user,all'])
      })

      it('`| head -1` ends it at once and quietly, with 0', async () => {
        const args = [binary, 'ami', 'events', ...target().flags]
        const script = '"$0" "$@" | head -1; exit "$PIPESTATUS"'
        const shell = spawn('bash', ['-c', script, process.execPath, ...args], { env: cleanEnv(target().options().env) })
        let stdout = ''
        let stderr = ''
        shell.stdout.on('data', (chunk) => {
          stdout += chunk
        })
        shell.stderr.on('data', (chunk) => {
          stderr += chunk
        })
        // It sees that its reader has gone when it writes the next event.
        const closed = new Promise<number | null>((resolve) => shell.once('close', resolve))
        let ended = false
        closed.then(() => {
          ended = true
        })
        const word = unique('word')
        const deadline = performance.now() + limitMs
        while (!ended && performance.now() < deadline) await emit(target(), word)
        expect(await within(closed, () => `the end of the pipe; ${stderr}`)).toBe(0)
        expect(stderr).toBe('')
        expect(stdout.trimEnd().split('\n')).toHaveLength(1)
        expect(JSON.parse(stdout)).toHaveProperty('Event')
      })
    })
  }

  it('comes back by itself after Asterisk was killed and started again, and says so', async () => {
    const asterisk = await startAsterisk({ name: 'lost' })
    try {
      const word = unique('word')
      const watcher = await directTo(asterisk).events([`Word=${word}`])
      await asterisk.kill('SIGKILL')
      await watcher.says(/connection to \S+ was lost; next try in/)
      await asterisk.restart()
      await watcher.says(/connected again/)
      await emit(directTo(asterisk), word)
      await watcher.prints((text) => text.includes(word), 'an event of the new connection')
      watcher.kill('SIGINT')
      expect((await watcher.end()).status).toBe(130)
    } finally {
      await asterisk.stop()
    }
  })

  it('ends with 69 when the connection is lost and --no-reconnect was given', async () => {
    const asterisk = await startAsterisk({ name: 'lost' })
    try {
      const watcher = await directTo(asterisk).events([], ['--no-reconnect'])
      await asterisk.kill('SIGKILL')
      expect((await watcher.end()).status).toBe(69)
      expect(watcher.stderr).toContain('was lost')
    } finally {
      await asterisk.stop()
    }
  })
})
