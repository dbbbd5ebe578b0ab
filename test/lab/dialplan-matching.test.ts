import { writeFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { MemoryFiles } from '../../src/lib/asterisk-config/files.js'
import { loadConfigStrictly } from '../../src/lib/asterisk-config/load.js'
import { showPriority } from '../../src/lib/dialplan/context-builder.js'
import { type Context, type Dialplan, hintPriority } from '../../src/lib/dialplan/dialplan.js'
import { findExtension } from '../../src/lib/dialplan/find-extension.js'
import { isWithin, parseTiming } from '../../src/lib/dialplan/include-timing.js'
import { readDialplan } from '../../src/lib/dialplan/read-dialplan.js'
import { type RunningAsterisk, startAsterisk } from './servers/asterisk.js'
import { AMI_ADMIN } from './servers/asterisk-config.js'
import { AmiSocket } from './support/ami-socket.js'
import { describeLab } from './support/lab.js'

const rounds = 10
const contextNames = ['g0', 'g1', 'g2', 'g3', 'g4', 'G4', 'g5', 'g6']

/** One thing to look for. */
interface Query {
  context: string
  extension: string
  priority: number
  callerId: string
}

const character = fc.constantFrom(...'0123456789*#+ab-XXXxZZzNNn ')
const set = fc.constantFrom(
  '[12]',
  '[1-3]',
  '[2-9]',
  '[]',
  '[-1]',
  '[1-]',
  '[0-9a-f]',
  '[9-0]',
  '[31]',
  '[13]',
  '[*#]',
  '[2-13]',
  '[n]',
  '[ 1]',
  '[0-91]',
  '[a-c1-3]'
)
const pattern = fc
  .tuple(
    fc.array(fc.oneof({ arbitrary: character, weight: 4 }, { arbitrary: set, weight: 1 }), { minLength: 1, maxLength: 5 }),
    fc.constantFrom('', '', '.', '!', '.1')
  )
  .map(([parts, end]) => `_${parts.join('')}${end}`)
const plain = fc.array(fc.constantFrom(...'0123456789*#+ab- '), { minLength: 1, maxLength: 5 }).map((all) => all.join(''))
const special = fc.constantFrom(
  's',
  'i',
  't',
  'h',
  'o',
  'phone',
  '_.',
  '_!',
  '_X.',
  '_X!',
  '12',
  '_12',
  '_1X',
  '_NXX',
  '_nxx',
  '_[2-9]XX'
)
const extension = fc.oneof({ arbitrary: pattern, weight: 5 }, { arbitrary: plain, weight: 3 }, { arbitrary: special, weight: 2 })
const caller = fc.constantFrom('', '', '', '', '', '/', '/55', '/_5X', '/_[5-6].', '/5-5', '/(55)', '/_5!')
/**
 * No labels in the place of priorities: Asterisk 22.10.1 dies at the second reload of `_N/_5!,hint,x`, `1,two,x` and `_n/_5!,2,x` in one context, because a label
 * that is looked for has it build its search tree before all extensions are there.
 */
const priority = fc.constantFrom(
  '1',
  '1',
  '1',
  '1',
  '2',
  '3',
  'n',
  'n',
  's',
  '1(one)',
  '2(two)',
  'n(one)',
  'n+1',
  'next',
  'n+1(far)',
  '0',
  'hint'
)
const entry = fc.oneof(
  { arbitrary: fc.tuple(extension, caller, priority).map((all) => ({ kind: 'exten', all }) as const), weight: 10 },
  { arbitrary: priority.map((all) => ({ kind: 'same', all }) as const), weight: 4 },
  {
    arbitrary: fc
      .constantFrom(...contextNames, 'none', 'g1,00:00-23:59,*,*,*', 'g2|00:00-23:59|*|30|feb')
      .map((all) => ({ kind: 'include', all }) as const),
    weight: 1
  }
)

type EntryValue = typeof entry extends fc.Arbitrary<infer Value> ? Value : never

/** An extensions.conf whose every priority returns its own name. */
function dialplanText(contexts: readonly (readonly EntryValue[])[]): string {
  let line = 0
  const lineOf = (one: EntryValue): string => {
    line++
    if (one.kind === 'include') return `include => ${one.all}`
    if (one.kind === 'same') return ` same => ${one.all},Return(L${line})`
    const [name, callerId, number] = one.all
    return `exten => ${name}${callerId},${number},Return(L${line})`
  }
  return contexts.map((entries, index) => `[${contextNames[index]}]\n${entries.map(lineOf).join('\n')}\n`).join('\n')
}

/** A number that a pattern could match, or nearly so. */
function numberFor(name: string, digit: string): string {
  return name
    .replace(/^_/, '')
    .replace(/\[([^\]]*)\]/g, (_, inside: string) => inside.at(-1) ?? '')
    .replace(/[XxZzNn]/g, digit)
    .replace(/[.!]$/, digit === '4' ? '' : `${digit}1`)
}

await describeLab('extensions as Asterisk 22 sorts and finds them', () => {
  let asterisk: RunningAsterisk
  let ami: AmiSocket
  let events: AmiSocket

  beforeAll(async () => {
    asterisk = await startAsterisk({ name: 'dialplan-matching' })
    ami = await AmiSocket.login(asterisk.amiPort, AMI_ADMIN, { events: 'off' })
    events = await AmiSocket.login(asterisk.amiPort, AMI_ADMIN)
  })

  afterAll(async () => {
    ami?.destroy()
    events?.destroy()
    await asterisk?.stop()
  })

  async function load(text: string): Promise<Dialplan> {
    writeFileSync(path.join(asterisk.dir, 'etc/extensions.conf'), text)
    await ami.ask('Action: Command\r\nCommand: dialplan reload\r\n')
    return readDialplan(loadConfigStrictly('extensions.conf', new MemoryFiles({ 'extensions.conf': text })))
  }

  /** All that `ShowDialPlan` says of a context, a line for each priority and include. */
  async function shown(context: string): Promise<string[]> {
    const from = ami.messages.length
    const answer = await ami.ask(`Action: ShowDialPlan\r\nContext: ${context}\r\n`)
    if (answer.get('Response') !== 'Success') return []
    const id = answer.get('ActionID')!
    await ami.next((message) => message.is({ Event: 'ShowDialPlanComplete', ActionID: id }), 'the end of the list', from)
    return ami
      .ofId(id)
      .filter((message) => message.is({ Event: 'ListDialplan' }))
      .map((message) => {
        const included = message.get('IncludeContext')
        if (included !== undefined) return `include ${included}`
        const data = message.get('AppData')
        return `${message.get('Extension')},${message.get('Priority')}(${message.get('ExtensionLabel') ?? ''}),${message.get('Application')}${data === undefined ? '' : `(${data})`}`
      })
  }

  function ours({ extensions, includes }: Context): string[] {
    const priorities = extensions.flatMap(({ name, priorities }) =>
      priorities.map(({ number, label, application, data }) => {
        // A hint has no data to AMI.
        const rest = number === hintPriority ? application : `${application}(${data})`
        return `${name},${showPriority(number)}(${label ?? ''}),${rest}`
      })
    )
    return [...priorities, ...includes.map(({ text }) => `include ${text}`)]
  }

  /** Has a call look for each of them, and says which priority it came to. */
  async function ask(queries: readonly Query[], text: string): Promise<(string | undefined)[]> {
    const steps = queries.flatMap(({ context, extension: number, priority: step, callerId }, index) => [
      ` same => n,Set(CALLERID(num)=${callerId})`,
      ` same => n,Gosub(try,s,1(${context},${number},${step},${index}))`
    ])
    const driver = `
[drive]
exten => run,1,NoOp()
${steps.join('\n')}
 same => n,UserEvent(TriedAll)
 same => n,Hangup()

[try]
exten => s,1,GotoIf($[\${DIALPLAN_EXISTS(\${ARG1},\${ARG2},\${ARG3})} = 0]?no)
 same => n,Gosub(\${ARG1},\${ARG2},\${ARG3})
 same => n,UserEvent(Tried,Id: \${ARG4},Tag: \${GOSUB_RETVAL})
 same => n,Return()
 same => n(no),UserEvent(Tried,Id: \${ARG4})
 same => n,Return()

[wait]
exten => s,1,Wait(30)
`
    await load(`${text}\n${driver}`)
    const from = events.messages.length
    await ami.ask(
      'Action: Originate\r\nChannel: Local/run@drive/n\r\nContext: wait\r\nExten: s\r\nPriority: 1\r\nAsync: true\r\n'
    )
    await events.event({ Event: 'UserEvent', UserEvent: 'TriedAll' }, from)
    const tags = new Map<number, string | undefined>()
    for (const message of events.messages.slice(from))
      if (message.is({ UserEvent: 'Tried' })) tags.set(Number(message.get('Id')), message.get('Tag'))
    expect(tags.size).toBe(queries.length)
    return queries.map((_, index) => tags.get(index))
  }

  const contexts = fc.tuple(...contextNames.map(() => fc.array(entry, { minLength: 8, maxLength: 20, size: 'max' })))
  let extensionCount = 0
  let foundCount = 0

  it.each(fc.sample(contexts, { numRuns: rounds, seed: 22 }).map((all, round) => [round, all] as const))(
    'round %i',
    async (round, all) => {
      const text = dialplanText(all)
      const dialplan = await load(text)
      for (const name of contextNames) expect(ours(dialplan.contexts.get(name)!), `[${name}]\n${text}`).toEqual(await shown(name))
      extensionCount += [...dialplan.contexts.values()].reduce((sum, { extensions }) => sum + extensions.length, 0)

      const names = [...dialplan.contexts.values()].flatMap((context) =>
        context.extensions.map(({ name }) => ({ context: context.name, name }))
      )
      const digits = ['1', '2', '4', '9', 'a']
      const queries = names
        .flatMap(({ context, name }, index) =>
          digits.map((digit, nth) => ({
            context: nth % 2 === 0 ? context : contextNames[(index + nth) % contextNames.length]!,
            extension: numberFor(name, digit),
            priority: (index + nth + round) % 4 === 0 ? 2 : 1,
            callerId: ['', '55', '59', '6512', '5'][(index + nth) % 5]!
          }))
        )
        .filter(({ extension: number }) => number.trim() !== '')
      const expected = queries.map((query) => {
        const result = findExtension(dialplan, query)
        return result.found === 'extension' ? result.priority.data : undefined
      })
      foundCount += expected.filter(Boolean).length
      const actual = await ask(queries, text)
      const differing = queries
        .map((query, index) => ({ ...query, ours: expected[index], asterisk: actual[index] }))
        .filter((one) => one.ours !== one.asterisk)
      expect(differing, text).toEqual([])
    }
  )

  it('has found a few hundred extensions in all this', () => {
    expect(extensionCount).toBeGreaterThan(300)
    expect(foundCount).toBeGreaterThan(600)
  })

  it('finds labels in the place of priorities', async () => {
    const text = `[c]
exten => _12X,3(one),A(x)
exten => _12X,n,B
exten => 123,5(two),C( y , (z) ) tail
exten => 123,one,D
exten => 123,two,E
exten => _12X,one,F
exten => 123,one+4(three),G(\${EXTEN},h\\,i)
exten => 124,two,H
exten => 123/55,1(four),I
exten => 123/55,four+1,\${X}(J)
exten => 123,four,K
`
    const dialplan = await load(text)
    const context = dialplan.contexts.get('c')!
    expect(ours(context)).toEqual(await shown('c'))
    expect(context.extensions.map(({ priorities }) => priorities.map(({ number }) => number))).toEqual([
      [1, 2],
      [3, 5, 7],
      [3, 4]
    ])
  })

  it('says at which times an include counts', async () => {
    const pick = (...all: string[]) => fc.constantFrom('*', '', ...all)
    const hour = fc.nat(23).map(String)
    const minute = fc.nat(59).map((one) => String(one).padStart(2, '0'))
    const time = fc.tuple(hour, minute).map((all) => all.join(':'))
    const times = fc.oneof(
      pick('9:00'),
      fc.tuple(time, time).map((all) => all.join('-')),
      fc.tuple(time, time, time, time).map(([a, b, c, d]) => `${a}-${b}&${c}-${d}`)
    )
    const days = pick('mon-fri', 'fri-mon', 'sat&sun', 'sun', '2', '5-3', 'MON-thu', 'foo&wed')
    const monthDays = pick('1-15', '16-31', '28-3', '21', '1&2&21&22', '40&20-22')
    const months = pick('jan-nov', 'nov-feb', '11', '1-10', 'dec', 'oct-dec')
    const zones = fc.constantFrom('UTC', 'Europe/Stockholm', 'America/New_York', 'Asia/Kolkata')
    const given = fc.sample(
      fc.tuple(times, days, monthDays, months, zones).map((all) => all.join(',')),
      { numRuns: 200, seed: 5 }
    )
    const steps = given.map((timing, index) => ` same => n,UserEvent(Timed,Id: ${index},Is: \${IFTIME(${timing}?yes:no)})`)
    await load(
      `[drive]\nexten => run,1,NoOp()\n${steps.join('\n')}\n same => n,UserEvent(TimedAll)\n\n[wait]\nexten => s,1,Wait(30)\n`
    )
    const from = events.messages.length
    const before = new Date()
    await ami.ask(
      'Action: Originate\r\nChannel: Local/run@drive/n\r\nContext: wait\r\nExten: s\r\nPriority: 1\r\nAsync: true\r\n'
    )
    await events.event({ Event: 'UserEvent', UserEvent: 'TimedAll' }, from)
    const after = new Date()
    const said = events.messages.slice(from).filter((message) => message.is({ UserEvent: 'Timed' }))
    expect(said.length).toBe(given.length)
    const differing = said.flatMap((message) => {
      const timing = given[Number(message.get('Id'))]!
      const possible = [before, after].map((now) => (isWithin(parseTiming(timing)!, now) ? 'yes' : 'no'))
      return possible.some((one) => one === message.get('Is')) ? [] : [{ timing, ours: possible, asterisk: message.get('Is') }]
    })
    expect(differing).toEqual([])
    expect(new Set(said.map((message) => message.get('Is')))).toEqual(new Set(['yes', 'no']))
  })
})
