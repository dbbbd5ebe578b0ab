import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { csvOutput } from '../../../../../src/lib/proxy/formats/csv.js'
import type { OutputFormat } from '../../../../../src/lib/proxy/formats/format.js'
import { sseOutput } from '../../../../../src/lib/proxy/formats/formats.js'
import { jsonOutput } from '../../../../../src/lib/proxy/formats/json-output.js'
import { standardOutput } from '../../../../../src/lib/proxy/formats/standard.js'
import { xml122Output, xmlOutput } from '../../../../../src/lib/proxy/formats/xml-output.js'
import { shownBody } from '../../../../../src/lib/proxy/http/http-tap.js'
import { maxShownCharacters, piecesOf, shownBlock, shownForm } from '../../../../../src/lib/proxy/trace/wire-text.js'

const secret = 'S3CR3T'
const formats: [string, OutputFormat][] = [standardOutput, xmlOutput, xml122Output, csvOutput, jsonOutput, sseOutput].map(
  (format) => [format.name, format]
)
const secrets = [
  `Secret: ${secret}`,
  `Variable: a=1,PIN=${secret}`,
  `Key: "${secret}\\`,
  `Output: secret = ${secret}<&>`,
  `ChanVariable(PJSIP/1-2): db_password=${secret}`,
  `Variable: PIN\r\nValue: ${secret}`,
  `Message: https://ann:${secret}@example.org`
]

const shown = (bytes: Buffer) => [...piecesOf(bytes.toString('utf8'), 'encoded')].map((piece) => shownBlock(piece, 'encoded'))

describe.each(formats)('a block in the format %s', (_, format) => {
  const block = (...lines: string[]) => format.encode(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), 'server')

  it.each(secrets)('is shown without the secret of %j', (line) => {
    const bytes = block('Event: Test', line, 'Channel: PJSIP/100-1')
    expect(bytes.toString()).toContain(secret)
    const text = shown(bytes).join('')
    expect(text).not.toContain(secret)
    expect(text).toContain('PJSIP/100-1')
  })

  it('is shown as it is when it has none', () => {
    const bytes = block('Event: Newchannel', 'Privilege: call,all', 'Channel: PJSIP/100-1', 'CallerIDName: A "B" <c>')
    expect(shown(bytes).join('')).toBe(bytes.toString())
  })

  it('is one piece of what was written together', () => {
    const one = block('Event: A', 'X: 1')
    expect(shown(Buffer.concat([one, one, one]))).toHaveLength(3)
  })

  it('keeps the secret also where it is cut', () => {
    const text = block(`A: ${'x'.repeat(5000)}`, `Secret: ${secret.repeat(60_000)}`, 'B: 1').toString()
    for (const length of [10, 5030, 6000, 300_000, text.length])
      expect(shownBlock(text.slice(0, length), 'encoded')).not.toContain(secret)
  })

  it('never shows a secret, whatever else stands in the block', () => {
    const line = fc.tuple(
      fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 8 }).map((name) => name.replace(/[:\s]/g, 'x')),
      fc.string({ maxLength: 20 }).map((value) => value.replace(/[\r\n]/g, ' '))
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 5 }), fc.array(line, { maxLength: 5 }), (before, after) => {
        const lines = [['Event', 'E'], ...before, ['Secret', `"<&\\${secret}`], ...after].map(
          ([name, value]) => `${name}: ${value}`
        )
        expect(shown(block(...lines)).join('')).not.toContain(secret)
      })
    )
  })
})

describe('what is not UTF-8', () => {
  it('is not shown as base64 either', () => {
    const value = Buffer.concat([Buffer.from(`PIN=${secret}`), Buffer.from([0xff])])
    const block = Buffer.concat([Buffer.from('Event: A\r\nVariable: '), value, Buffer.from('\r\n\r\n')])
    const bytes = jsonOutput.encode(block, 'server')
    expect(bytes.toString()).toContain(value.toString('base64'))
    expect(shown(bytes).join('')).not.toContain(value.toString('base64').slice(0, 8))
  })
})

describe('what is long', () => {
  it('is cut', () => {
    expect(shownBlock(`A: ${'x'.repeat(1e6)}`, 'ami')).toHaveLength(maxShownCharacters + 1)
  })

  it.each([
    ['lines of events', 'data:'.repeat(1e5)],
    ['colons', `data${':'.repeat(3e5)}\nx`],
    ['quotes', '"'.repeat(3e5)],
    ['braces', `{${'"a":['.repeat(5e4)}`],
    ['elements', '<a '.repeat(1e5)],
    ['attributes', `<a ${'b="'.repeat(1e5)}`]
  ])('and hostile (%s) does not take long', (_, text) => {
    const start = performance.now()
    shownBlock(text, 'encoded')
    shownForm(text)
    expect(performance.now() - start).toBeLessThan(1000)
  })
})

describe('a block of AMI', () => {
  it.each([`[x]\r\nSecret: ${secret}`, `{"a"\r\nSecret: ${secret}`, `<a\r\nSecret: ${secret}`, `data: x\r\nSecret: ${secret}`])(
    'is AMI however it looks: %j',
    (text) => expect(shownBlock(text, 'ami')).not.toContain(secret)
  )
})

describe('a form or a query', () => {
  it('is shown without secrets', () => {
    expect(shownForm(`/?Action=Login&Username=ann&Secret=${secret}&X=1`)).toBe('/?Action=Login&Username=ann&Secret=***&X=1')
    expect(shownForm(`Action=Setvar&Variable=PIN&Value=${secret}`)).toBe('Action=Setvar&Variable=PIN&Value=***')
    expect(shownForm(`Variable=PIN%3D${secret}`)).not.toContain(secret)
    expect(shownForm(`%53ecret=${secret}`)).not.toContain(secret)
  })
})

describe('the body of a request', () => {
  it.each([
    `Action=Login&Secret=${secret}`,
    `{"Action":"Login","Secret":"${secret}"}`,
    `{"Action":"Login","\\u0053ecret":"${secret}"}`,
    `{"Variable":{"PIN":"${secret}"}}`,
    `{"Variable":["a=1","PIN=${secret}"]}`,
    `<AsteriskManagerInput><Secret Value="${secret}"/></AsteriskManagerInput>`,
    `<AsteriskManagerInput><Secret x='1' Value='${secret}'/></AsteriskManagerInput>`,
    `<AsteriskManagerInput><Secret>${secret}</Secret></AsteriskManagerInput>`,
    `Action: Login\nSecret: ${secret}=x`
  ])('%s', (body) => {
    expect(shownBody(body)).not.toContain(secret)
    expect(shownBody(body)).toMatch(/Action|Variable|Asterisk/)
  })
})
