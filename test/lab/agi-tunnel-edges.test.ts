import fs from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { describeLab } from './support/lab.js'
import { outcomeRows } from './support/outcome-rows.js'
import { type Program, scratchFile } from './support/program.js'
import { TunnelLab } from './support/tunnel-lab.js'
import { crowd, listenIn, peakMb, say } from './support/unwanted-guests.js'

type Protocol = '1' | '2'
type Case = (protocol: Protocol) => Promise<string>

await describeLab('edge cases of the AGI tunnel, as the dialplan of Asterisk 22 sees them', () => {
  let lab: TunnelLab

  beforeAll(async () => {
    lab = await TunnelLab.start('tunnel-edges')
  })

  afterAll(() => lab?.stop())

  afterEach(() => lab.endPrograms())

  /** Server, application and client. */
  async function all(protocol: Protocol, { server = [], client = [] }: { server?: string[]; client?: string[] } = {}) {
    await lab.serve(...server)
    const { program: application, port } = await lab.application()
    return { application, port, client: await lab.connect(protocol, '--app', port, ...client) }
  }

  /** One call, after which the application has told this word. */
  const says =
    (behaviour: string, word: string): Case =>
    async (protocol) => {
      await all(protocol)
      const call = await lab.call(behaviour)
      expect(await call.word).toBe(word)
      return call.outcome
    }

  const ends =
    (behaviour: string): Case =>
    async (protocol) => {
      await all(protocol)
      return (await lab.call(behaviour)).outcome
    }

  const reaches = (program: Program, stage: string) => program.says(new RegExp(`^stage ${stage} `, 'm'))

  const cases: Readonly<Record<string, Case>> = {
    'the application ended the call': says('word', 'en run'),
    'it closed without a word': ends('close'),
    'it was silent for four seconds': says('slow', 'en run'),
    'it sent half a line, and the rest a second later': says('half', 'whole'),
    'it ended in the middle of a line, which Asterisk never sees': says('unfinished', ''),
    'it sent three commands at once': says('pipelined', 'three'),
    'it sent CR LF': says('crlf', 'crlf'),
    'it asked for something forbidden, and was told 510': says('denied', '510'),
    'it sent a line with a NUL, and was told 510': says('nul', '510'),
    'it sent a line of 9000 bytes': ends('long'),
    'it said `failure`': ends('failure'),
    async 'it said nothing for `--idle-limit`'(protocol) {
      await all(protocol, { server: ['--idle-limit', '1'] })
      return (await lab.call('silent')).outcome
    },
    async 'it sent 60 MB of commands while one ran, and the caller hung up'(protocol) {
      const { application, client } = await all(protocol)
      const before = [peakMb(lab.server), peakMb(client)]
      const call = await lab.call('flood')
      await reaches(application, 'flood')
      await call.hangUp()
      const outcome = await call.outcome
      for (const [index, one] of [lab.server, client].entries()) expect(peakMb(one) - before[index]!).toBeLessThan(60)
      return outcome
    },
    async 'another call of the user sent commands as fast as it could'(protocol) {
      const { application } = await all(protocol, { client: ['--calls', '2'] })
      const other = await lab.call('hurry')
      await reaches(application, 'hurry')
      const call = await lab.call()
      expect(await call.word).toBe('en run')
      application.kill('SIGKILL')
      await other.outcome
      return call.outcome
    },
    'it reset its connection': ends('reset'),

    async 'the caller hung up'(protocol) {
      const { application } = await all(protocol)
      const call = await lab.call('polite')
      await reaches(application, 'polite')
      await call.hangUp()
      return call.outcome
    },
    async 'the caller hung up, and the application went on for ever'(protocol) {
      const { application } = await all(protocol)
      const call = await lab.call('silent')
      await reaches(application, 'silent')
      await call.hangUp()
      return call.outcome
    },
    async 'nobody was connected'() {
      await lab.serve()
      return (await lab.call()).outcome
    },
    async 'the caller hung up while a tunnel was waited for'() {
      await lab.serve('--connect-grace', '20')
      const from = lab.ami.messages.length
      const call = await lab.call()
      await lab.runs('GET VARIABLE SANDBOX_USERNAME', from)
      await call.hangUp()
      return call.outcome
    },
    async 'the dialplan named no user'(protocol) {
      await all(protocol)
      return (await lab.call('word', '')).outcome
    },
    async 'the dialplan did not set SANDBOX_USERNAME'(protocol) {
      await all(protocol)
      return (await lab.call('word', 'unset')).outcome
    },
    async 'the dialplan named another user'(protocol) {
      await all(protocol)
      return (await lab.call('word', 'bob')).outcome
    },
    async 'the client had a wrong password, or was of an unknown user: it ended with 77'(protocol) {
      await lab.serve()
      const clients = [lab.client(protocol, ['--app', '1'], 'wrong'), lab.client(protocol, ['--app', '1', '--username', 'bob'])]
      for (const client of clients) expect((await client.end()).status).toBe(77)
      return (await lab.call()).outcome
    },
    async 'the client wanted another certificate (`--tls-pin`): it ended with 69'(protocol) {
      await lab.serve()
      const client = lab.client(protocol, ['--app', '1', '--tls-pin', `sha256:${'0'.repeat(64)}`])
      expect((await client.end()).status).toBe(69)
      return (await lab.call()).outcome
    },
    async 'the client spoke a version that is not served: it ended with 76'(protocol) {
      await lab.serve('--no-protocol-1')
      if (protocol === '1') expect((await lab.client('1', ['--app', '1']).end()).status).toBe(76)
      // There is no client of another version yet.
      else expect(await say(lab.tunnelPort, 'AGIT/3 SCRAM-SHA-256 eA==\n')).toMatch(/^upgrade required AGIT\/2 /)
      return (await lab.call()).outcome
    },
    async 'somebody said again what the client had said to log in, when it was gone'(protocol) {
      await lab.serve()
      const line = await listenIn(lab.tunnelPort)
      const client = await lab.connect(protocol, '--app', '1', '--plain', '--port', String(line.port))
      const login =
        protocol === '1' ? line.heard() : line.heard().subarray(0, line.heard().indexOf('\n', line.heard().indexOf('\n') + 1) + 1)
      client.kill('SIGTERM')
      await client.end()
      line.stop()
      // By protocol 1 he has the call then.
      const answer = say(lab.tunnelPort, login, '\n\n')
      if (protocol === '2') expect(await answer).toMatch(/^C .*\nauthentication failed\n$/)
      return (await lab.call()).outcome
    },
    async 'garbage, lines too long and half lines came to both ports'(protocol) {
      await all(protocol)
      const bytes = [
        'garbage\r\n\r\n',
        Buffer.from([0, 1, 2, 255]),
        `AGIT/2 ${'x'.repeat(5_000)}`,
        `${'a'.repeat(70_000)}`,
        'AGIT/2 SC'
      ]
      const said = [lab.tunnelPort, lab.agiPort].flatMap((port) => bytes.map((one) => say(port, one)))
      const call = await lab.call()
      expect(await call.word).toBe('en run')
      await Promise.all(said)
      return call.outcome
    },
    async '10,000 connections came that did not log in'(protocol) {
      await all(protocol)
      const leave = await crowd(lab.tunnelPort, 10_000)
      const call = await lab.call()
      expect(await call.word).toBe('en run')
      leave()
      return call.outcome
    },
    async 'the application did not listen'(protocol) {
      await lab.serve()
      await lab.connect(protocol, '--app', '1')
      return (await lab.call()).outcome
    },
    async 'its script could not be started'(protocol) {
      await lab.serve()
      const script = scratchFile('gone', '#!/bin/sh\n')
      fs.chmodSync(script, 0o700)
      await lab.connect(protocol, '--exec', script)
      fs.rmSync(script)
      return (await lab.call()).outcome
    },
    async 'a script answered'(protocol) {
      await lab.serve()
      await lab.connect(protocol, '--exec', lab.script())
      const call = await lab.call()
      expect(await call.word).toBe('en run')
      return call.outcome
    },
    async 'a second call came while the first went on'(protocol) {
      const { application } = await all(protocol)
      const first = await lab.call('silent')
      await reaches(application, 'silent')
      const second = await lab.call()
      const outcome = await second.outcome
      await first.hangUp()
      return outcome
    },
    async 'a second call came, and the client had `--calls 2`'(protocol) {
      const { application } = await all(protocol, { client: ['--calls', '2'] })
      const first = await lab.call('silent')
      await reaches(application, 'silent')
      const outcome = await (await lab.call()).outcome
      await first.hangUp()
      return outcome
    },
    async 'the user had `--max-calls-per-user` calls'(protocol) {
      const { application, port } = await all(protocol, { server: ['--max-calls-per-user', '1'] })
      await lab.connect(protocol, '--app', port)
      const first = await lab.call('silent')
      await reaches(application, 'silent')
      const outcome = await (await lab.call()).outcome
      await first.hangUp()
      return outcome
    },
    async 'the user had `--max-tunnels-per-user` tunnels, and one more was told to wait'(protocol) {
      const { port } = await all(protocol, { server: ['--max-tunnels-per-user', '1'] })
      const second = lab.client(protocol, ['--app', port])
      await second.prints((text) => /"dropped".*wait for 10 s/.test(text), 'that it is to wait')
      const call = await lab.call()
      expect(await call.word).toBe('en run')
      return call.outcome
    },
    async 'the user had two tunnels, and one client was killed before the call'(protocol) {
      const { client, port } = await all(protocol)
      await lab.connect(protocol, '--app', port)
      client.kill('SIGKILL')
      await client.end()
      return (await lab.call()).outcome
    },
    async 'the tunnel came back within `--connect-grace`'(protocol) {
      await lab.serve('--connect-grace', '20')
      const { port } = await lab.application()
      const call = await lab.call()
      await lab.connect(protocol, '--app', port)
      return call.outcome
    },
    async 'the client went silent (SIGSTOP), and the caller waited'(protocol) {
      const { application, client } = await all(protocol)
      const from = lab.ami.messages.length
      const call = await lab.call('silent')
      await reaches(application, 'silent')
      // The application has its headers a moment before the server hears of it.
      await lab.runs('SET VARIABLE BRIDGE_OUTCOME SUCCESS', from)
      client.kill('SIGSTOP')
      // By protocol 1 nobody notices; it is the caller who gives up.
      if (protocol === '1') await delay(2_000).then(call.hangUp)
      return call.outcome
    },
    async 'the server was stopped, and the call ended within `--drain-timeout`'(protocol) {
      const { client } = await all(protocol, { server: ['--drain-timeout', '20'] })
      const call = await lab.call('slow')
      await client.prints((text) => text.includes('"call-start"'), 'the call')
      lab.server.kill('SIGTERM')
      const outcome = await call.outcome
      expect((await lab.server.end()).status).toBe(0)
      return outcome
    },
    async 'the server was stopped, and the call went on'(protocol) {
      const { application } = await all(protocol)
      const call = await lab.call('silent')
      await reaches(application, 'silent')
      lab.server.kill('SIGTERM')
      const outcome = await call.outcome
      expect((await lab.server.end()).status).toBe(0)
      return outcome
    },
    async 'the client was stopped, and the call ended within its `--drain-timeout`'(protocol) {
      const { client } = await all(protocol, { client: ['--drain-timeout', '20'] })
      const call = await lab.call('slow')
      await client.prints((text) => text.includes('"call-start"'), 'the call')
      client.kill('SIGTERM')
      const outcome = await call.outcome
      expect((await client.end()).status).toBe(0)
      return outcome
    },
    async 'the server was not there'() {
      return (await lab.call()).outcome
    },
    async 'the server was there again'(protocol) {
      const { client } = await all(protocol, { client: ['--retry-max', '200ms'] })
      lab.server.kill('SIGKILL')
      await client.prints((text) => text.includes('"dropped"'), 'the loss')
      await lab.serve('--connect-grace', '10')
      return (await lab.call()).outcome
    }
  }

  const rows = outcomeRows('edges')

  it('are those of the guide', () => {
    expect(rows.map(({ words }) => words[0])).toEqual(Object.keys(cases))
  })

  for (const { words, cells } of rows) {
    for (const [column, wanted] of cells.entries()) {
      const protocol = column === 0 ? '2' : '1'
      it(`${words[0]}, by protocol ${protocol}: ${wanted}`, async () => {
        expect(await cases[words[0]!]!(protocol)).toBe(wanted)
      })
    }
  }
})
