import { describe, expect, it } from 'vitest'
import { type AsteriskOptions, startAsterisk } from './servers/asterisk.js'
import { AMI_ADMIN, defaultFiles } from './servers/asterisk-config.js'
import type { AmiSocket } from './support/ami-socket.js'
import { describeLab } from './support/lab.js'
import { directTo, startProxy, Target, unique, useAsteriskAndProxy } from './support/targets.js'

/** With IAX2: its IAXnetstats answers as nothing else does. UDP may have the number that HTTP has for TCP. */
const withIax: AsteriskOptions['files'] = {
  'modules.conf': ({ ports, dir }) => defaultFiles(ports, dir)['modules.conf']!.replace('noload = chan_iax2.so\n', ''),
  'iax.conf': ({ ports }) => `[general]\nbindaddr = 127.0.0.1\nbindport = ${ports.http}\n`
}

await describeLab('ami send, with Asterisk 22', () => {
  const { asterisk, ways } = useAsteriskAndProxy({ name: 'send', files: withIax })

  for (const { way, target } of ways) {
    describe(way, () => {
      describe('login', () => {
        for (const auth of ['md5', 'plain']) {
          it(`logs in with ${auth}, and pings`, async () => {
            const { status, stdout, stderr } = await target().send(['Ping', '--auth', auth])
            expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
            expect(stdout.toString()).toMatch(/^Response: Success\nActionID: \S+\nPing: Pong\nTimestamp: \d+\.\d{6}\n\n$/)
          })

          it(`ends with 77 when the secret is wrong (${auth})`, async () => {
            const { status, stdout, stderr } = await target().send(['Ping', '--auth', auth], { env: { PBXKIT_SECRET: 'wrong' } })
            expect({ status, stdout: stdout.toString() }).toEqual({ status: 77, stdout: '' })
            expect(stderr).toContain(`refused the login of "${target().account.username}": Authentication failed`)
            expect(stderr).not.toContain('wrong')
          })
        }

        it('ends with 77 for a user that is not there', async () => {
          const { port, account } = target()
          const nobody = new Target('', port, { username: 'nobody', secret: account.secret })
          expect((await nobody.send(['Ping'])).status).toBe(77)
        })
      })

      describe('Command', () => {
        it('prints more than 300 lines as asterisk -rx does, byte for byte', async () => {
          const wanted = await asterisk().rx('core show help')
          const { status, stdout } = await target().send(['Command', '-F', 'Command=core show help'])
          expect(status).toBe(0)
          expect(wanted.split('\n').length).toBeGreaterThan(300)
          expect(stdout.toString()).toBe(wanted)
        })

        it('prints `core show channels` as asterisk -rx does', async () => {
          const wanted = await asterisk().rx('core show channels')
          const { stdout } = await target().send(['Command', '-F', 'Command=core show channels'])
          expect(stdout.toString()).toBe(wanted)
          expect(wanted).toContain('active channels')
        })

        it('keeps each line of the output, blanks at its beginning too, with --json', async () => {
          const wanted = await asterisk().rx('core show help')
          const { response } = await target().json(['Command', '-F', 'Command=core show help'])
          expect(response.Output).toEqual(wanted.split('\n').slice(0, -1))
        })

        it('ends with 1 when Asterisk does not know the command, and prints what it says', async () => {
          const { status, stdout } = await target().send(['Command', '-F', 'Command=no such thing'])
          expect(status).toBe(1)
          expect(stdout.toString()).toBe(
            "No such command 'no such thing' (type 'core show help no such' for other possible commands)\n"
          )
        })
      })

      describe('lists', () => {
        it('gives PJSIPShowEndpoints with its endpoints', async () => {
          const { items, complete } = await target().json(['PJSIPShowEndpoints'])
          expect(items!.map((item) => [item.Event, item.ObjectName])).toEqual([
            ['EndpointList', 'alice'],
            ['EndpointList', 'bob']
          ])
          expect(complete).toMatchObject({ Event: 'EndpointListComplete', EventList: 'Complete', ListItems: '2' })
        })

        it('gives CoreShowChannels with a live Local channel, and empty after it was hung up', async () => {
          const name = unique('live')
          const fields = ['Channel=Local/long@test', 'Application=Wait', 'Data=30', 'Async=true', `ChannelId=${name}`]
          const originate = ['Originate', ...fields.flatMap((field) => ['-F', field]), '--wait-for', 'Event=OriginateResponse']
          const { event } = await target().json(originate)
          // The action that hangs it up waits for the second half's end.
          const hangup = ['Hangup', '-F', `Channel=${event!.Channel}`, '--wait-for', `Event=Hangup,Uniqueid=${name};2`]
          try {
            const { items } = await target().json(['CoreShowChannels'])
            expect(items!.map((item) => item.Channel).sort()).toEqual([
              event!.Channel,
              String(event!.Channel).replace(/;1$/, ';2')
            ])
            const csv = await target().send(['CoreShowChannels', '--format', 'csv', '--columns', 'Uniqueid,Channel'])
            expect(csv.stdout.toString()).toContain(`\r\n${name},${event!.Channel}\r\n`)
          } finally {
            expect((await target().json(hangup)).event).toMatchObject({ Event: 'Hangup' })
          }
          const after = await target().json(['CoreShowChannels'])
          expect(after.items).toEqual([])
          expect(after.complete).toMatchObject({ Event: 'CoreShowChannelsComplete', ListItems: '0' })
        })

        it('takes FAXStats for a list of one event, which nothing marks', async () => {
          const { response, items, complete } = await target().json(['FAXStats'])
          expect(response).toMatchObject({ Response: 'Success', Message: 'FAXStats event will follow' })
          expect(items).toMatchObject([{ Event: 'FAXStats', CurrentSessions: '0' }])
          expect(complete).toBeUndefined()
        })

        it('takes `EventList: Start` of FAXSessions for a list', async () => {
          const { response, items, complete } = await target().json(['FAXSessions'])
          expect(response.EventList).toBe('Start')
          expect(items).toEqual([])
          expect(complete).toMatchObject({ Event: 'FAXSessionsComplete', Total: '0' })
        })

        for (const [action, message] of [
          ['ConfbridgeListRooms', 'No active conferences.'],
          ['PJSIPShowContacts', 'No Contacts found']
        ] as const) {
          it(`takes the error "${message}" of ${action} for an empty list`, async () => {
            const { response, items } = await target().json([action])
            expect(response).toMatchObject({ Response: 'Error', Message: message })
            expect(items).toEqual([])
          })
        }

        it('ends with 0 for IAXnetstats without a call: the whole answer is an empty line', async () => {
          const { response } = await target().json(['IAXnetstats', '--timeout', '3'])
          expect(response).not.toHaveProperty('Response')
        })

        it('answers the next action in the same session after an empty IAXnetstats', async () => {
          const input = 'Action: Ping\n\nAction: IAXnetstats\n\nAction: Ping\n\n'
          const { status, stdout } = await target().send(['--json', '--timeout', '3'], { input })
          expect(status).toBe(0)
          const answers = stdout
            .toString()
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line).response)
          expect(answers.map(({ Ping }) => Ping)).toEqual(['Pong', undefined, 'Pong'])
        })

        it('gives ListCommands as one response with a header for each action', async () => {
          const { response, items } = await target().json(['ListCommands'])
          expect(items).toBeUndefined()
          expect(Object.keys(response).length).toBeGreaterThan(100)
          expect(response.Ping).toBe('Keepalive command.  (Priv: <none>)')
        })
      })

      describe('variables', () => {
        it('gives back by Getvar what Setvar has set, in UTF-8 too', async () => {
          const name = unique('UTF')
          const value = 'Zoë Ångström, Привет 日本 🎉 a=b: c '
          await target().json(['Setvar', '-F', `Variable=${name}`, '-F', `Value=${value}`])
          expect((await target().json(['Getvar', '-F', `Variable=${name}`])).response).toMatchObject({
            Variable: name,
            Value: value
          })
        })

        it('keeps blanks at the beginning of a value that Asterisk sends; those of an action Asterisk drops itself', async () => {
          const name = unique('BLANKS')
          await target().json(['Setvar', '-F', `Variable=${name}`, '-F', 'Value=   dropped'])
          expect((await target().json(['Getvar', '-F', `Variable=${name}`])).response.Value).toBe('dropped')
          await target().json(['Command', '-F', `Command=dialplan set global ${name} "   three"`])
          expect((await target().json(['Getvar', '-F', `Variable=${name}`])).response.Value).toBe('   three')
        })

        it('ends with 1 when Asterisk refuses', async () => {
          const { response } = await target().json(['Getvar', '-F', 'Variable=X', '-F', 'Channel=none/there'], { status: 1 })
          expect(response).toMatchObject({ Response: 'Error', Message: 'No such channel' })
        })
      })

      describe('Originate and UserEvent', () => {
        it('sends a repeated Variable as repeated headers, and the channel has them all', async () => {
          const name = unique('vars')
          const fields = ['Channel=Local/long@test', 'Application=Wait', 'Data=30', 'Async=true', `ChannelId=${name}`]
          const variables = ['Variable=a=1', 'Variable=b=two words', 'Variable=c=Zoë=x']
          const { event } = await target().json([
            'Originate',
            ...[...fields, ...variables].flatMap((field) => ['-F', field]),
            '--wait-for',
            'Event=OriginateResponse'
          ])
          expect(event).toMatchObject({ Response: 'Success', Uniqueid: name })
          const channel = `Channel=${event!.Channel}`
          const values = await Promise.all(
            ['a', 'b', 'c'].map(async (variable) => {
              return (await target().json(['Getvar', '-F', channel, '-F', `Variable=${variable}`])).response.Value
            })
          )
          expect(values).toEqual(['1', 'two words', 'Zoë=x'])
          await target().json(['Hangup', '-F', channel, '--wait-for', `Event=Hangup,Uniqueid=${name};2`])
        })

        it('waits for the OriginateResponse of its own action, and tells why the call failed', async () => {
          const fields = ['Channel=Local/nowhere@test', 'Application=Wait', 'Data=1', 'Async=true']
          const args = ['Originate', ...fields.flatMap((field) => ['-F', field]), '--wait-for', 'Event=OriginateResponse']
          const { response, event } = await target().json(args)
          expect(event).toMatchObject({ Event: 'OriginateResponse', Response: 'Failure', ActionID: response.ActionID })
        })

        it('shows the end of its call to `ami events --filter`', async () => {
          const name = unique('call')
          const watcher = await target().events([`Event=Hangup,Uniqueid=${name}`], ['--count', '2'])
          const fields = ['Channel=Local/short@test', 'Application=Wait', 'Data=30', 'Async=true', `ChannelId=${name}`]
          await target().json(['Originate', ...fields.flatMap((field) => ['-F', field])])
          expect((await watcher.end()).status).toBe(0)
          expect(watcher.documents.at(-1)).toMatchObject({ Event: 'Hangup', Uniqueid: name, Cause: '16' })
        })

        it('gets a UserEvent back with all its headers, repeated and in UTF-8', async () => {
          const word = unique('word')
          const fields = ['UserEvent=Lab', `Word=${word}`, 'Name=Zoë', 'Twice=1', 'Twice=2']
          const args = ['UserEvent', ...fields.flatMap((field) => ['-F', field]), '--wait-for', `Event=UserEvent,Word=${word}`]
          const { response, event } = await target().json(args)
          expect(event).toMatchObject({ UserEvent: 'Lab', Name: 'Zoë', Twice: ['1', '2'], ActionID: response.ActionID })
        })
      })

      describe('many actions from stdin', () => {
        const blocks = 'Action: Ping\n\naction: coresettings\r\n\r\nAction: PJSIPShowEndpoints\n'
        const ndjson = '{"Action":"Ping"}\n{"Action":"CoreSettings"}\n{"Action":"PJSIPShowEndpoints"}\n'
        const document = JSON.stringify(
          [{ Action: 'Ping' }, { Action: 'CoreSettings' }, { Action: 'PJSIPShowEndpoints' }],
          null,
          2
        )
        for (const [form, input] of Object.entries({ blocks, NDJSON: ndjson, 'one JSON document': document })) {
          it(`as ${form}`, async () => {
            const { status, stdout } = await target().send(['--json'], { input })
            expect(status).toBe(0)
            const [ping, settings, endpoints, ...more] = stdout
              .toString()
              .trimEnd()
              .split('\n')
              .map((line) => JSON.parse(line))
            expect(ping.response.Ping).toBe('Pong')
            expect(settings.response.AsteriskVersion).toMatch(/^22\./)
            expect(endpoints.items).toHaveLength(2)
            expect(more).toEqual([])
          })
        }

        it('answers in their order, and ends with 1 when one is refused', async () => {
          const commands = ['core show uptime', 'no such', 'core show version']
          const input = commands.map((command) => `Action: Command\nCommand: ${command}\n\n`).join('')
          const { status, stdout } = await target().send(['--json'], { input })
          expect(status).toBe(1)
          const answers = stdout
            .toString()
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line).response)
          expect(answers.map(({ Response, Output }) => [Response, Output[0].split(' ')[0]])).toEqual([
            ['Success', 'System'],
            ['Error', 'No'],
            ['Success', 'Asterisk']
          ])
        })
      })
    })
  }

  it('gives an empty list, and 0, on an Asterisk without endpoints', async () => {
    const bare = await startAsterisk({ name: 'bare', files: { 'pjsip.conf': '' } })
    const proxy = await startProxy({ bare })
    try {
      for (const target of [directTo(bare), proxy.target]) {
        const { items } = await target.json(['PJSIPShowEndpoints'])
        expect(items).toEqual([])
        const rows = await target.send(['PJSIPShowEndpoints', '--format', 'ndjson'])
        expect({ status: rows.status, stdout: rows.stdout.toString() }).toEqual({ status: 0, stdout: '' })
      }
    } finally {
      await proxy.service.stop()
      await bare.stop()
    }
  })

  it('gets the answer of IAXnetstats with a call, which has neither Response nor ActionID', async () => {
    const own = await startAsterisk({ name: 'iax', files: withIax })
    const proxy = await startProxy({ own })
    try {
      const fields = ['Channel=IAX2/127.0.0.1:9/lab', 'Application=Wait', 'Data=1', 'Async=true', 'Timeout=30000']
      const originate = ['Originate', ...fields.flatMap((field) => ['-F', field]), '--wait-for', 'Event=Newchannel,Channel=IAX2*']
      await directTo(own).json(originate)
      for (const target of [directTo(own), proxy.target]) {
        const { response } = await target.json(['IAXnetstats'])
        expect(response).not.toHaveProperty('Response')
        expect(response).not.toHaveProperty('ActionID')
        expect(JSON.stringify(response)).toMatch(/\d+ -1 0 -1 -1/)
      }
    } finally {
      await proxy.service.stop()
      await own.stop()
    }
  })

  it('an IAXnetstats that was answered with an empty line does not get the next client’s answer', async () => {
    const own = await startAsterisk({ name: 'iax', files: withIax })
    const proxy = await startProxy({ own })
    try {
      const [one, two] = await Promise.all([proxy.target.login(), proxy.target.login()])
      one.write('Action: IAXnetstats\r\nActionID: one\r\n\r\n')
      await one.ask('Action: Ping\r\n')
      const fields = ['Channel: IAX2/127.0.0.1:9/lab', 'Application: Wait', 'Data: 1', 'Async: true', 'Timeout: 30000']
      await two.ask(`Action: Originate\r\n${fields.join('\r\n')}\r\n`)
      await two.next((message) => /^Event: Newchannel\r\n[\s\S]*^Channel: IAX2/m.test(message.text), 'the channel')
      two.write('Action: IAXnetstats\r\nActionID: two\r\n\r\n')
      await Promise.all([one, two].map((socket) => socket.ask('Action: Ping\r\n')))
      const stats = ({ messages }: AmiSocket) => messages.filter((message) => / -1 0 -1 -1 /.test(message.text)).length
      expect({ one: stats(one), two: stats(two) }).toEqual({ one: 0, two: 1 })
      one.destroy()
      two.destroy()
    } finally {
      await proxy.service.stop()
      await own.stop()
    }
  })

  it('never shows the secret, not even with --log-level trace', async () => {
    const { stderr } = await directTo(asterisk()).send(['Ping', '--auth', 'plain', '--log-level', 'trace'])
    expect(stderr).toContain('Secret: ***')
    expect(stderr).not.toContain(AMI_ADMIN.secret)
  })
})
