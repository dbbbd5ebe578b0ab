import fs from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Block } from '../../src/lib/ami/block.js'
import { AsteriskEventFilter, parseEventFilter, ruleFromAction } from '../../src/lib/proxy/filter/asterisk-event-filter.js'
import { EventFilterError, type FilterRule } from '../../src/lib/proxy/filter/asterisk-filter-rule.js'
import { EventView } from '../../src/lib/proxy/filter/event-view.js'
import { type AsteriskPlace, type RunningAsterisk, startAsterisk } from './servers/asterisk.js'
import { AMI_ADMIN, AMI_LIMITED, defaultFiles } from './servers/asterisk-config.js'
import { type AmiMessage, AmiSocket } from './support/ami-socket.js'
import { describeLab } from './support/lab.js'

/** One filter: [match criteria, pattern]; without criteria a legacy one. */
type Filter = readonly [criteria: string, pattern: string]

/** Lets the event through that marks the beginning and the end of what is compared. */
const mark: Filter = ['name(SuccessfulAuth)', '']

/** The filters of one session each. */
const sets: Readonly<Record<string, readonly Filter[]>> = {
  'legacy, plain text': [['', 'Event: UserEvent'], mark],
  'legacy, other case': [['', 'event: userevent'], mark],
  'legacy, missing blank': [['', 'Event:UserEvent'], mark],
  'legacy, exclude': [['', '!Channel: Local/']],
  'legacy, a dot over lines': [['', 'Event: UserEvent.*Word: two'], mark],
  'legacy, ^ at the event only': [['', '^Word'], mark],
  'legacy, $ at the event only': [['', 'Word: .*two$'], mark],
  'legacy, alternatives': [['', 'Channel: (PJ)?SIP/(alice|bob)-'], mark],
  'legacy, a class and an interval': [['', 'Word: [[:alpha:]]{,3}[[:space:]]'], mark],
  'legacy, \\d is d': [['', 'Number: \\d'], mark],
  'legacy, a backslash in brackets': [['', 'Number: [\\d]'], mark],
  'legacy, no lazy operators': [['', 'Word: (on)+?e'], mark],
  'legacy, a single )': [['', 'Smile: :)'], mark],
  'legacy, a dot is a character': [['', 'Word: caf. au'], mark],
  'by name': [['name(UserEvent)', ''], mark],
  'by name in other case': [['name(userevent)', ''], mark],
  'by name, exclude': [['action(exclude),name(UserEvent)', '']],
  'an event without the header': [['header(Channel)', ''], mark],
  'an empty header': [['header(Empty)', ''], mark],
  'a header in other case': [['header(word),method(contains)', 'o'], mark],
  'a repeated header': [['header(Word),method(exact)', 'two'], mark],
  'a header, blanks behind its value': [['header(Padded),method(exact)', 'x'], mark],
  starts_with: [['header(Channel),method(starts_with)', 'Local/'], mark],
  ends_with: [['header(Channel),method(ends_with)', '-1'], mark],
  contains: [['header(Channel),method(contains)', '@test'], mark],
  'a pattern in a header': [['header(Channel),method(regex)', '^PJSIP/[a-z]+-1$'], mark],
  'a pattern in a header, no blank before': [['header(Word),method(regex)', '^ '], mark],
  'starts_with of the whole event': [['method(starts_with)', 'Event: New'], mark],
  'ends_with of the whole event': [['name(UserEvent),method(ends_with)', 'Word: one\r'], mark],
  'exact of the whole event': [['name(UserEvent),method(exact)', 'Event: UserEvent'], mark],
  'include and exclude': [
    ['name(UserEvent)', ''],
    ['name(Newexten)', ''],
    ['header(Channel),action(exclude),method(starts_with)', 'Local/'],
    mark
  ],
  'any include, then any exclude': [
    ['', 'Word: one'],
    ['', 'Word: two'],
    ['', '!Number: d'],
    ['name(VarSet),action(exclude)', ''],
    mark
  ],
  '! with advanced criteria': [['name(UserEvent),header(Word),method(exact)', '!one']],
  'action() before !': [['action(include),name(UserEvent),header(Word),method(exact)', '!one'], mark],
  'the last of an option': [['name(Newexten),name(UserEvent)', ''], mark],
  'blanks, no commas, no end': [['name(UserEvent header(Word', ''], mark],
  'a header with its colon': [['header(Word:)', ''], mark]
}

/** Lines of manager.conf that Asterisk refuses, and goes on. */
const badLines = [
  'eventfilter = !',
  'eventfilter = XX[X',
  'eventfilter = *a',
  'eventfilter() = XXX',
  'eventfilter(nnnn(yyy)) = XXX',
  'eventfilter(name(X = ',
  'eventfilter(action(inlude)) = ',
  'eventfilter(action) = ',
  'eventfilter(name()) = ',
  'eventfilter(header()) = ',
  'eventfilter(method()) = x',
  'eventfilter(name(X),method(coains)) = x',
  'eventfilter(method(none)) = ',
  'eventfilter(action(include)) = ',
  'eventfilter(name(X),method(exact)) = ',
  'eventfilter(name(X)) = x'
]

/** Filter actions and what there may be wrong with them. */
const actions = [
  '',
  'Operation: Add\r\n',
  'Operation: add\r\nFilter: Event: X\r\n',
  'Operation: Remove\r\nFilter: Event: X\r\n',
  'Operation: Add \r\nFilter: Event: X\r\n',
  'Operation:   Add\r\nFilter:    Event: X\r\n',
  'Filter: Event: X\r\n',
  'Operation: Add\r\nFilter:\r\n',
  'Operation: Add\r\nFilter: !\r\n',
  'Operation: Add\r\nFilter:  !Event: X\r\n',
  'Operation: Add\r\nFilter: XX[X\r\n',
  'Operation: Add\r\nFilter: a**+?b\r\n',
  'Operation: Add\r\nFilter: (?:a)\r\n',
  'Operation: Add\r\nFilter: a)\r\n',
  'Operation: Add\r\nFilter: (a\r\n',
  'Operation: Add\r\nFilter: [a-z-9]\r\n',
  'Operation: Add\r\nFilter: [[:letters:]]\r\n',
  'Operation: Add\r\nFilter: a{2,1}\r\n',
  'Operation: Add\r\nFilter: a{\r\n',
  'Operation: Add\r\nFilter: \\1\r\n',
  'Operation: Add\r\nFilter: a\\\r\n',
  'Operation: Add\r\nFilter: ^*\r\n',
  'Operation: Add\r\nFilter: \r\nFilter: second\r\n',
  'Operation: Add\r\nMatchCriteria: \r\nFilter: x\r\n',
  'Operation: Add\r\nMatchCriteria: ()\r\nFilter: x\r\n',
  'Operation: Add\r\nMatchCriteria: name(X)\r\n',
  'Operation: Add\r\nMatchCriteria: name(X\r\n',
  'Operation: Add\r\nMatchCriteria: name(X)\r\nFilter: x\r\n',
  'Operation: Add\r\nMatchCriteria: name(X),method(regex)\r\n',
  'Operation: Add\r\nMatchCriteria: name(X),method(regex)\r\nFilter: XX[X\r\n',
  'Operation: Add\r\nMatchCriteria: name(X),method(regexp)\r\nFilter: x\r\n',
  'Operation: Add\r\nMatchCriteria: Name(X)\r\n',
  'Operation: Add\r\nMatchCriteria: action(maybe)\r\nFilter: x\r\n',
  'Operation: Add\r\nMatchCriteria: action(exclude)\r\n',
  'Operation: Add\r\nMatchCriteria: header(A B)\r\n',
  'Operation: Add\r\nMatchCriteria: header()\r\n'
]

const userEvents = [
  'UserEvent: First\r\nChannel: PJSIP/alice-1\r\nWord: one\r\n',
  'UserEvent: Second\r\nChannel: Local/x@test;1\r\nWord: one\r\nWord: two\r\n',
  'UserEvent: Third\r\nchannel: SIP/bob-1\r\nWord: two\r\nNumber: d\r\n',
  'UserEvent: Fourth\r\nEmpty: \r\nNumber: \\\r\nWord: café au lait\r\n',
  'UserEvent: Fifth\r\nPadded: x  \r\nSmile: :)\r\nNumber: 7\r\nWord: twotwo\r\n'
]

function inAction([criteria, pattern]: Filter): string {
  return `Action: Filter\r\nOperation: Add\r\n${criteria && `MatchCriteria: ${criteria}\r\n`}${pattern && `Filter: ${pattern}\r\n`}`
}

function inFile([criteria, pattern]: Filter): string {
  return `eventfilter${criteria && `(${criteria})`} = ${pattern}`
}

function ofAction(lines: string): ReturnType<typeof ruleFromAction> {
  return ruleFromAction(new Block(Buffer.from(lines), 'client'))
}

function ruleOf(filter: Filter): FilterRule {
  const read = ofAction(inAction(filter))
  if ('error' in read) throw new Error(`${filter.join(' = ')}: ${read.error}`)
  return read.rule
}

/** A session that sees events, and where among its messages the two marks stand. */
class Observed {
  readonly socket: AmiSocket
  #from = 0

  constructor(socket: AmiSocket) {
    this.socket = socket
  }

  async begin(): Promise<void> {
    this.#from = this.socket.messages.indexOf(await this.#mark()) + 1
  }

  async end(): Promise<AmiMessage[]> {
    const last = await this.#mark()
    return this.socket.messages.slice(this.#from, this.socket.messages.indexOf(last)).filter(({ isEvent }) => isEvent)
  }

  #mark(): Promise<AmiMessage> {
    return this.socket.event({ Event: 'SuccessfulAuth', AccountID: AMI_LIMITED.username }, this.#from)
  }
}

await describeLab('event filters, with Asterisk 22', () => {
  let asterisk: RunningAsterisk
  const observers = new Map<string, Observed>()
  /** What each session has got of what `all` has got, by the name of its set and the way its filters came. */
  const got = new Map<string, readonly string[]>()
  const accounts = Object.keys(sets).map((name, n) => ({ name, account: { username: `filtered${n}`, secret: 'Filter3dSecret' } }))
  const everything = (): readonly string[] => got.get('all')!

  const managerConf = ({ ports, dir }: AsteriskPlace): string => {
    const users = accounts.map(
      ({ name, account }) =>
        `[${account.username}]\nsecret = ${account.secret}\nread = all\nwrite = all\n${sets[name]!.map(inFile).join('\n')}\n`
    )
    return `${defaultFiles(ports, dir)['manager.conf']}\n${users.join('\n')}\n[bad]\nsecret = x\n${badLines.join('\n')}\n`
  }

  const mark = async (): Promise<void> => (await AmiSocket.login(asterisk.amiPort, AMI_LIMITED, { events: 'off' })).destroy()

  beforeAll(async () => {
    asterisk = await startAsterisk({ name: 'filters', files: { 'manager.conf': managerConf } })
    const port = asterisk.amiPort
    observers.set('all', new Observed(await AmiSocket.login(port, AMI_ADMIN)))
    for (const { name, account } of accounts) {
      const socket = await AmiSocket.login(port, AMI_ADMIN)
      for (const filter of sets[name]!) {
        const answer = await socket.ask(inAction(filter))
        if (!answer.is({ Response: 'Success', Message: 'Success' })) throw new Error(`${filter.join(' = ')}: ${answer.text}`)
      }
      observers.set(`Filter: ${name}`, new Observed(socket))
      // It has events, and waits for FullyBooted: no filter is asked about that one.
      observers.set(`manager.conf: ${name}`, new Observed(await AmiSocket.login(port, account)))
    }
    await mark()
    for (const observer of observers.values()) await observer.begin()
    const all = observers.get('all')!.socket
    for (const userEvent of userEvents) await all.ask(`Action: UserEvent\r\n${userEvent}`)
    await all.ask('Action: Originate\r\nChannel: Local/short@test\r\nContext: test\r\nExten: s\r\nPriority: 1\r\nAsync: true\r\n')
    await all.event({ Event: 'UserEvent', UserEvent: 'Fifth' })
    await all.event({ Event: 'Hangup' })
    await mark()
    for (const [name, observer] of observers) {
      got.set(
        name,
        (await observer.end()).map(({ text }) => text)
      )
    }
  })

  afterAll(async () => {
    for (const { socket } of observers.values()) socket.destroy()
    await asterisk?.stop()
  })

  it('were asked about user events and those of a call', () => {
    const names = new Set(everything().map((text) => /^Event: (.*)\r/.exec(text)![1]))
    expect([...names]).toEqual(expect.arrayContaining(['UserEvent', 'Newchannel', 'Newexten', 'Hangup']))
  })

  for (const [name, filters] of Object.entries(sets)) {
    for (const way of ['Filter', 'manager.conf']) {
      it(`pass what Asterisk lets through: ${name} (${way})`, () => {
        // A line of a file cannot end in CR: Asterisk has stripped it.
        const rules = way === 'Filter' ? filters.map(ruleOf) : filters.map((filter) => parseEventFilter(inFile(filter)))
        const filter = new AsteriskEventFilter(rules)
        const passed = everything().filter((text) => filter.apply(new EventView(Buffer.from(`${text}\r\n`), 'lab')))
        expect(passed).toEqual(got.get(`${way}: ${name}`))
      })
    }
  }

  it('were told apart by the events: most sets let some of them through and stop others', () => {
    const telling = [...got].filter(([, texts]) => texts.length > 0 && texts.length < everything().length)
    expect(telling.length).toBeGreaterThan(got.size / 2)
  })

  describe('the answer to a Filter action', () => {
    for (const lines of actions) {
      it(`is Asterisk's: ${JSON.stringify(lines)}`, async () => {
        const client = await AmiSocket.login(asterisk.amiPort, AMI_ADMIN)
        try {
          const real = await client.ask(`Action: Filter\r\n${lines}`)
          const ours = ofAction(`Action: Filter\r\n${lines}`)
          const answer =
            'error' in ours ? { Response: 'Error', Message: ours.error } : { Response: 'Success', Message: 'Success' }
          expect(answer).toEqual({ Response: real.get('Response'), Message: real.get('Message') })
        } finally {
          client.destroy()
        }
      })
    }
  })

  it('say of a bad line what Asterisk logs', async () => {
    const log = await fs.readFile(path.join(asterisk.dir, 'log', 'messages.log'), 'utf8')
    const logged = [...log.matchAll(/manager\.c:(?: manager_add_filter:)? (.*)/g)].map(([, reason]) => reason!.trim())
    const reasons = badLines.map((line) => {
      try {
        return parseEventFilter(line)
      } catch (error) {
        // Why a pattern does not compile is not in the log.
        if (error instanceof EventFilterError) return error.message.replace(/^(Unable to compile .*'): .*/, '$1')
        throw error
      }
    })
    expect(reasons).toEqual(logged.filter((line) => /eventfilter|regex filter/.test(line)).slice(0, badLines.length))
  })
})
