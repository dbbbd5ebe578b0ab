import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Accounts } from '../../../../../src/lib/proxy/accounts/accounts.js'
import { parseAstmanproxyUsers } from '../../../../../src/lib/proxy/legacy/astmanproxy-users.js'
import { type RunningProxy, startProxy } from '../../../../../src/lib/proxy/proxy.js'
import { serverOptions, testOptions } from '../support/proxy.js'
import { RawClient } from '../support/raw-client.js'
import { ScriptedServer } from '../support/scripted-server.js'
import { blocksOf, isNews, type Lines, value } from './blocks.js'
import { countsOf, eventsOfCall, readFilterRecording } from './filter-recording.js'

/** `CEL:11 Newchannel:4`, read back. */
function readCounts(text: string): Record<string, number> {
  return Object.fromEntries(
    text
      .split(' ')
      .map((part) => part.split(':'))
      .filter(([name]) => !/^(Response=|OriginateResponse|ChannelHungup|ChannelsHungup)/.test(name!))
      .map(([name, count]) => [name!, Number(count)])
  )
}

const { call, end } = eventsOfCall()
const all = [...call, ...end]
const started = 'plain: Originate Local/bridge@test (Dial Local/long@test) -> context test, ActionID o1'

for (const file of ['12-users-filters', 'v130-12-users-filters']) {
  const { usersFile, steps, got } = readFilterRecording(file)
  const { users, findings } = parseAstmanproxyUsers(usersFile, 'astmanproxy.users')
  const names = users.map(({ name }) => name)

  describe(file, () => {
    let server: ScriptedServer
    let proxy: RunningProxy
    const stop = new AbortController()
    const clients = new Map<string, RawClient>()

    beforeAll(async () => {
      server = await ScriptedServer.start()
      proxy = await startProxy(
        testOptions([serverOptions(server.port)], { accounts: Accounts.fromOptions(users), serverHeader: 'always' }),
        { debug: () => {}, info: () => {}, warn: () => {} },
        stop.signal
      )
      for (const { name, secret } of users) {
        clients.set(name, await RawClient.login(proxy.addresses[0]!, { user: name, secret }))
      }
    }, 30_000)
    afterAll(async () => {
      for (const { socket } of clients.values()) socket.destroy()
      stop.abort()
      await proxy.closed
      await server.stop()
    })

    /** What each of them was told, once the server has said this. */
    async function eventsSeen(events: readonly Lines[]): Promise<Map<string, Lines[]>> {
      for (const client of clients.values()) client.received = ''
      server.emit(events.map((lines) => `${lines.join('\r\n')}\r\n\r\n`).join(''))
      for (const [name, client] of clients) await client.ask('Action: Ping\r\n', `end-${name}`)
      return new Map(
        [...clients].map(([name, { received }]) => [
          name,
          blocksOf(received).filter((lines) => lines[0]!.startsWith('Event: ') && !isNews(lines))
        ])
      )
    }

    async function ask(user: string, action: string): Promise<{ answer: string; sent: string | undefined }> {
      const before = server.actions.length
      const answer = await clients.get(user)!.ask(action, `ask-${before}-${Math.random()}`)
      return { answer, sent: server.actions[before]?.text }
    }

    it(`${file}: the users file — keep: all users, but names and secrets keep their blanks and their case, and a finding says so`, () => {
      expect(names).toEqual([...usersFile.matchAll(/^([^=\n]+)=/gm)].map(([, name]) => name))
      expect(users.find(({ name }) => name === 'Mixed Case')?.secret).toBe('Sec ret')
      expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
      expect(findings.map(({ message }) => message).join('\n')).toMatch(/blank/)
    })

    describe('the call and its end', () => {
      let seen: Map<string, Lines[]>
      const sawNames = (user: string) => new Set(seen.get(user)!.map(([first]) => first!.slice('Event: '.length)))
      beforeAll(async () => {
        seen = await eventsSeen(all)
      })

      it(`${file}: plain — keep: all events, byte for byte with Server behind them`, () => {
        const recorded = readCounts(steps.get(started)!.get('plain')!)
        delete recorded.SuccessfulAuth
        expect(Object.keys(recorded).sort()).toEqual(expect.arrayContaining(Object.keys(countsOf(call)).sort()))
        expect(seen.get('plain')).toEqual(all.map((lines) => [...lines, 'Server: pbx']))
      })

      it(`${file}: octx — keep: an out_context hides no events`, () => {
        expect(steps.get(started)!.get('octx')).toBe(steps.get(started)!.get('plain'))
        expect(seen.get('octx')).toEqual(seen.get('plain'))
      })

      it(`${file}: acct — keep: as in 1.30 all events; fixed: the account code is put into this user's copy only`, () => {
        if (file.startsWith('v130')) expect(steps.get(started)!.get('acct')).toBe(steps.get(started)!.get('plain'))
        const without = (events: readonly Lines[]) =>
          events.map((lines) => lines.filter((line) => !/^\w*Account(Code)?: /i.test(line)))
        expect(without(seen.get('acct')!)).toEqual(without(seen.get('plain')!))
        const codes = seen.get('acct')!.flatMap((lines) => lines.filter((line) => /^\w*AccountCode: /.test(line)))
        expect(new Set(codes.map((line) => line.split(': ')[1]))).toEqual(new Set(['davesaccount']))
        expect(JSON.stringify(seen.get('plain'))).not.toContain('davesaccount')
      })

      it(`${file}: novar — keep: as in 1.30 all but VarSet`, () => {
        if (file.startsWith('v130')) expect(readCounts(steps.get(started)!.get('novar')!)).not.toHaveProperty('VarSet')
        expect(seen.get('novar')).toEqual(seen.get('plain')!.filter(([first]) => first !== 'Event: VarSet'))
        expect(seen.get('novar')!.length).toBeLessThan(seen.get('plain')!.length)
      })

      it(`${file}: cdr and both — keep: as in 1.30 Cdr and nothing else`, () => {
        if (file.startsWith('v130')) expect(steps.get('plain: Hangup all')!.get('cdr')).toBe('Cdr:3')
        for (const user of ['cdr', 'both']) {
          expect(seen.get(user)).toEqual(seen.get('plain')!.filter(([first]) => first === 'Event: Cdr'))
          expect(seen.get(user)).toHaveLength(3)
        }
      })

      it(`${file}: bri — fixed: the events of bridges as they are called since Asterisk 12; 1.30 showed none`, () => {
        if (file.startsWith('v130')) expect(steps.get(started)!.get('bri')).toBe('(nothing)')
        expect([...sawNames('bri')].sort()).toEqual(['BridgeCreate', 'BridgeDestroy', 'BridgeEnter', 'BridgeLeave'])
        expect([...sawNames('cdrbri')].sort()).toEqual(['BridgeCreate', 'BridgeDestroy', 'BridgeEnter', 'BridgeLeave', 'Cdr'])
      })

      it(`${file}: xfr — keep: nothing, where nobody transfers`, () => {
        if (file.startsWith('v130')) expect(steps.get(started)!.get('xfr')).toBe('(nothing)')
        expect(seen.get('xfr')).toEqual([])
      })

      it(`${file}: ictxother — fixed: nothing of a call in another context; the old program let DestContext through`, () => {
        expect(steps.get(started)!.get('ictxother') ?? 'DialBegin').toMatch(/DialBegin/)
        expect(seen.get('ictxother')).toEqual([])
      })

      it(`${file}: ictx — keep: the events of its context, and not those without channel or context`, () => {
        const hidden = new Set([...sawNames('plain')].filter((name) => !sawNames('ictx').has(name)))
        const isBare = (lines: Lines) => !lines.some((line) => /^\w*(Channel|Uniqueid|Context): ./i.test(line))
        for (const name of ['DeviceStateChange', 'QueueMemberStatus']) expect(hidden).toContain(name)
        expect(seen.get('ictx')!.filter(isBare)).toEqual([])
        for (const name of ['Newchannel', 'Newexten', 'DialBegin', 'DialEnd', 'Hangup']) expect(sawNames('ictx')).toContain(name)
      })

      for (const user of ['chan', 'chancase', 'chanmore']) {
        it(`${file}: ${user} — fixed: nothing before a channel of its own is in the call, then all of it; DialBegin of another channel leaks none`, () => {
          expect(steps.get(started)!.get(user) ?? 'DialBegin').toMatch(/DialBegin|\?/)
          const mine = seen.get(user)!
          const isOwn = (lines: Lines) => lines.some((line) => /^\w*Channel: Local\/long@test-/.test(line))
          const first = mine.findIndex(isOwn)
          // more_events shows what has no channel at all.
          const early = mine.slice(0, first).filter((lines) => lines.some((line) => /^\w*Channel\w*: Local\//.test(line)))
          const replayed = early.filter(([name]) => name === 'Event: Newchannel' || name === 'Event: Newstate')
          expect(early).toEqual(replayed)
          expect(mine.filter(([name]) => name === 'Event: Hangup')).toHaveLength(4)
          expect(mine.filter(([name]) => name === 'Event: DeviceStateChange').length > 0).toBe(user === 'chanmore')
          expect(mine.every((lines) => lines.join('\n') !== '')).toBe(true)
        })
      }

      it(`${file}: upper — fixed: nothing of other channels`, () => {
        expect(seen.get('upper')).toEqual([])
      })
    })

    for (const user of names.filter((name) => /^\w+$/.test(name) && name !== 'upper')) {
      it(`${file}: Ping of ${user} — fixed: it is answered, whatever the columns, and nobody else sees it`, async () => {
        const recorded = steps.get(`${user}: Ping with ActionID id-${user}`)!
        expect(
          [...recorded].filter(([other, counts]) => other !== user && counts === 'Response=Success:1').length
        ).toBeGreaterThan(1)
        for (const client of clients.values()) client.received = ''
        expect((await ask(user, 'Action: Ping\r\n')).answer).toContain('Ping: Pong')
        for (const [other, client] of clients) {
          if (other === user) continue
          await client.ask('Action: Ping\r\n', 'end')
          expect(blocksOf(client.received).map((lines) => value(lines, 'ActionID'))).toEqual(['end'])
        }
      })
    }

    it(`${file}: octx originates in another context — keep: Action Filtered, and the reason`, async () => {
      expect(got.get('octx: Originate with Context: other (must be refused)')).toMatch(
        /^Response: Error\r\nMessage: Action Filtered\r\n/
      )
      const { answer, sent } = await ask(
        'octx',
        'Action: Originate\r\nChannel: Local/short@test\r\nContext: other\r\nExten: short\r\nPriority: 1\r\n'
      )
      expect(answer).toMatch(/Response: Error\r\nActionID: .*\r\nMessage: Action Filtered: another context than test\r\n/)
      expect(sent).toBeUndefined()
    })

    it(`${file}: octx originates in TEST — keep: as in 1.30 case counts, as it does for Asterisk`, async () => {
      const recorded = got.get('octx: Originate with Context: TEST (case)')!
      expect(recorded.includes('Action Filtered')).toBe(file.startsWith('v130'))
      const { answer } = await ask(
        'octx',
        'Action: Originate\r\nChannel: Local/short@test\r\nContext: TEST\r\nExten: short\r\nPriority: 1\r\n'
      )
      expect(answer).toContain('Message: Action Filtered')
    })

    it(`${file}: octx originates to an application — fixed: it needs no context, and is refused`, async () => {
      const title = 'octx: Originate with Application (no Context header at all: context filter is by-passed)'
      expect(got.get(title)).toMatch(/Originate successfully queued/)
      const { answer, sent } = await ask('octx', 'Action: Originate\r\nChannel: Local/short@test\r\nApplication: NoOp\r\n')
      expect(answer).toContain('Message: Action Filtered: an Application needs no context')
      expect(sent).toBeUndefined()
    })

    it(`${file}: octx sends a Command — fixed: it could originate in any context, and is refused`, async () => {
      expect(steps.get('octx: Action: Command is not filtered')!.get('octx')).toBe('Response=Success:1')
      for (const command of ['core show uptime', 'channel originate Local/x@other application Echo']) {
        const { answer, sent } = await ask('octx', `Action: Command\r\nCommand: ${command}\r\n`)
        expect(answer).toMatch(/Message: (Action Filtered: Command may use any context|Permission denied: )/)
        expect(sent).toBeUndefined()
      }
    })

    it(`${file}: chan originates on another channel — keep: Action Filtered, and the reason`, async () => {
      expect(got.get('chan: Originate on another channel (must be refused)')).toMatch(/Message: Action Filtered\r\n/)
      const { answer, sent } = await ask(
        'chan',
        'Action: Originate\r\nChannel: Local/short@test\r\nContext: test\r\nExten: short\r\nPriority: 1\r\n'
      )
      expect(answer).toContain('Message: Action Filtered: another channel than Local/long')
      expect(sent).toBeUndefined()
    })

    for (const [what, header] of [
      ['without Account', ''],
      ['with another Account', 'Account: x\r\n']
    ] as const) {
      it(`${file}: acct originates ${what} — keep: Account is davesaccount`, async () => {
        const { sent } = await ask(
          'acct',
          `Action: Originate\r\nChannel: Local/short@test\r\n${header}Context: test\r\nExten: short\r\nPriority: 1\r\n`
        )
        expect(sent!.match(/^Account: .*$/gm)).toEqual(['Account: davesaccount'])
      })
    }
  })
}
