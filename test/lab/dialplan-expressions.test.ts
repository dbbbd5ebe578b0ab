import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { encode } from '../../src/lib/asterisk-config/text.js'
import { evaluateExpression } from '../../src/lib/dialplan/expression/evaluate.js'
import { type RunningAsterisk, startAsterisk } from './servers/asterisk.js'
import { AMI_ADMIN } from './servers/asterisk-config.js'
import { AmiSocket } from './support/ami-socket.js'
import { describeLab } from './support/lab.js'

const recorded = JSON.parse(
  readFileSync(path.join(import.meta.dirname, '../fixtures/dialplan/expressions.json'), 'utf8')
) as readonly (readonly [expression: string, result: string])[]

/** What an expression is made of, with what is unusual in it: text for numbers, quotes, nothing, doubled operators, blanks or none. */
const atom = fc.oneof(
  fc.nat(12).map(String),
  fc.constantFrom('007', '0', '0.0', '1.50', '2.25', '0.1', '1000000', '.5', '1.', '1.2.3', '12345678901234567890'),
  fc.constantFrom('abc', 'abd', 'ABC', 'a.b', 'x1', '"abc"', '"a b"', '""', '"0"', '"1"', '"(b|bc)"', '"^a"', '"[0-9]+"', "it's")
)
const operator = fc.constantFrom(
  '|',
  '&',
  '=',
  '>',
  '<',
  '>=',
  '<=',
  '!=',
  '+',
  '-',
  '*',
  '/',
  '%',
  ':',
  '=~',
  '~~',
  '||',
  '&&',
  '=='
)
const expression = fc.letrec((tie) => ({
  whole: fc.oneof(
    { maxDepth: 4 },
    atom,
    fc
      .tuple(tie('whole'), fc.constantFrom(' ', ' ', ''), operator, tie('whole'))
      .map(([a, blank, sign, b]) => `${a}${blank}${sign}${blank}${b}`),
    fc.tuple(tie('whole'), operator, tie('whole')).map(([a, sign, b]) => `${a} ${sign} ${b}`),
    fc.tuple(fc.constantFrom('-', '!', '- ', '! '), tie('whole')).map((all) => all.join('')),
    tie('whole').map((all) => `(${all})`),
    fc.tuple(tie('whole'), tie('whole'), tie('whole')).map(([a, b, c]) => `${a} ? ${b} :: ${c}`)
  )
})).whole as fc.Arbitrary<string>

await describeLab('expressions as Asterisk 22 works them out', () => {
  let asterisk: RunningAsterisk
  let ami: AmiSocket
  let events: AmiSocket

  beforeAll(async () => {
    asterisk = await startAsterisk({ name: 'dialplan-expressions' })
    ami = await AmiSocket.login(asterisk.amiPort, AMI_ADMIN, { events: 'off' })
    events = await AmiSocket.login(asterisk.amiPort, AMI_ADMIN)
  })

  afterAll(async () => {
    ami?.destroy()
    events?.destroy()
    await asterisk?.stop()
  })

  /** The results, percent-encoded, so that nothing on the way can change them. */
  async function ask(expressions: readonly string[]): Promise<string[]> {
    const steps = expressions.flatMap((one, index) => [
      ` same => n,Set(RESULT=$[${one.replaceAll(';', '\\;')}])`,
      ` same => n,UserEvent(Evaluated,Id: ${index},Is: x\${URIENCODE(\${RESULT})})`
    ])
    const text = `[drive]\nexten => run,1,NoOp()\n${steps.join('\n')}\n same => n,UserEvent(EvaluatedAll)\n\n[wait]\nexten => s,1,Wait(60)\n`
    writeFileSync(path.join(asterisk.dir, 'etc/extensions.conf'), text)
    await ami.ask('Action: Command\r\nCommand: dialplan reload\r\n')
    const from = events.messages.length
    await ami.ask(
      'Action: Originate\r\nChannel: Local/run@drive/n\r\nContext: wait\r\nExten: s\r\nPriority: 1\r\nAsync: true\r\n'
    )
    await events.event({ Event: 'UserEvent', UserEvent: 'EvaluatedAll' }, from)
    const said = events.messages.slice(from).filter((message) => message.is({ UserEvent: 'Evaluated' }))
    return said.map((message) => decodeURIComponent(message.get('Is')!.slice(1)))
  }

  const call = (name: string, data: string): string | undefined => {
    if (name === 'LEN') return String(data.length)
    if (name === 'TOUPPER') return data.toUpperCase()
    if (name === 'ISNULL') return data === '' ? '1' : '0'
    return name === 'EXISTS' ? (data === '' ? '0' : '1') : undefined
  }
  const ours = (one: string) => Buffer.from(evaluateExpression(encode(one), { call }), 'latin1').toString()

  it('has the results that were recorded', async () => {
    const expressions = recorded.map(([one]) => one)
    const actual = await ask(expressions)
    expect(expressions.map((one, index) => [one, actual[index]])).toEqual(recorded)
    expect(expressions.map((one) => [one, ours(one)])).toEqual(recorded)
  })

  it.each(['1', '2', '3', '4'])('agrees on 300 made-up expressions, seed %s', async (seed) => {
    const made = fc.sample(expression, { numRuns: 300, seed: Number(seed) }).filter((one) => one.length < 200)
    const actual = await ask(made)
    expect(actual.length).toBe(made.length)
    const differing = made
      .map((one, index) => ({ expression: one, ours: ours(one), asterisk: actual[index] }))
      .filter((one) => one.ours !== one.asterisk)
    expect(differing).toEqual([])
    expect(new Set(actual).size).toBeGreaterThan(20)
  })
})
