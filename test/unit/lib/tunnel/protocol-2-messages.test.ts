import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DataError, LoginError, PbxkitError, ProtocolError } from '../../../../src/lib/errors.js'
import { ToldToWaitError, UpgradeRequiredError } from '../../../../src/lib/tunnel/errors.js'
import {
  formatAnswer,
  formatCall,
  formatHello,
  formatSuccess,
  formatUpgrade,
  maxLineBytes,
  parseAnswer,
  parseCall,
  parseChallenge,
  parseHello,
  parseSuccess
} from '../../../../src/lib/tunnel/protocol-2-messages.js'

describe('a hello', () => {
  it('is one line', () => {
    const hello = {
      mechanism: 'SCRAM-SHA-256',
      clientFirst: 'n,,n=user,r=abc',
      parameters: { agent: 'pbxkit 1', name: 'ä=b' }
    } as const
    const line = 'AGIT/2 SCRAM-SHA-256 biwsbj11c2VyLHI9YWJj agent=pbxkit%201 name=%C3%A4%3Db'
    expect(formatHello(hello)).toBe(line)
    expect(parseHello(line)).toEqual(hello)
  })

  it('of another version is told apart from what is none', () => {
    expect(() => parseHello('AGIT/9')).toThrow(UpgradeRequiredError)
    expect(() => parseHello('AGIT/3 whatever it says')).toThrow(UpgradeRequiredError)
    for (const line of [
      '',
      'AGIT/',
      'AGIT/2',
      'AGIT/x PLAIN',
      'AGIT/2 PLAIN biws',
      'AGIT/2 SCRAM-SHA-256 *',
      'AGIT/2 SCRAM-SHA-256 biws a'
    ]) {
      expect(() => parseHello(line), line).toThrow(ProtocolError)
    }
  })
})

describe('an answer of the server', () => {
  it('is a challenge, or success', () => {
    expect(parseChallenge('C r=a,s=b,i=1')).toBe('r=a,s=b,i=1')
    expect(formatSuccess('v=YQ==', { host: 'a' })).toBe('S v=YQ== host=a')
    expect(parseSuccess('S v=YQ== host=a')).toEqual({ serverFinal: 'v=YQ==', parameters: { host: 'a' } })
  })

  it('says why not', () => {
    const error = (line: string) => {
      try {
        parseChallenge(line)
      } catch (thrown) {
        return thrown
      }
    }
    expect(error('authentication failed')).toBeInstanceOf(LoginError)
    expect(error('wait 10')).toMatchObject({ seconds: 10, exit: 75 })
    expect(error('wait 10')).toBeInstanceOf(ToldToWaitError)
    expect(error(formatUpgrade('see https://example.org'))).toMatchObject({
      details: { versions: ['AGIT/2'], text: 'see https://example.org' },
      hint: 'see https://example.org'
    })
    expect(error('upgrade required AGIT/3,AGIT/4')).toMatchObject({ details: { versions: ['AGIT/3', 'AGIT/4'] } })
    expect(error('SSH-2.0-OpenSSH_9')).toBeInstanceOf(ProtocolError)
  })
})

describe('a call', () => {
  it('begins with what the server knows of it', () => {
    const metadata = { call: '42', source: '[::1]:5038', user: 'jicksta' }
    expect(formatCall(metadata)).toBe('CALL call=42 source=%5B%3A%3A1%5D%3A5038 user=jicksta')
    expect(parseCall(formatCall(metadata))).toEqual(metadata)
  })

  it('is taken, or refused with one word', () => {
    expect(parseAnswer(formatAnswer())).toBeUndefined()
    expect(parseAnswer(formatAnswer('app-econnrefused'))).toBe('app-econnrefused')
    expect(formatAnswer('not\na word')).toBe('-app-error')
    for (const line of ['', '-', '-A b', 'agi_network: yes', `-${'a'.repeat(65)}`])
      expect(() => parseAnswer(line), line).toThrow(ProtocolError)
  })

  it('carries any text but control characters', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,31}$/)
    fc.assert(
      fc.property(fc.dictionary(name, fc.string({ unit: 'grapheme', maxLength: 20 }), { maxKeys: 10 }), (metadata) => {
        fc.pre(Object.values(metadata).every((value) => !/\p{Cc}/u.test(value)))
        expect({ ...parseCall(formatCall(metadata)) }).toEqual({ ...metadata })
      })
    )
    expect(() => formatCall({ a: 'b\nCALL' })).toThrow(DataError)
    expect(() => formatCall({ 'A b': 'c' })).toThrow(DataError)
    for (const line of ['CALL a=%0a', 'CALL a=%ff', 'CALL a=1 a=2', 'CALL  a=1', 'CALL =1', 'call a=1', '']) {
      expect(() => parseCall(line), line).toThrow(ProtocolError)
    }
    expect(() => parseCall(`CALL${Array.from({ length: 33 }, (_, i) => ` a${i}=`).join('')}`)).toThrow(ProtocolError)
  })

  it('has no prototype among its names', () => {
    expect(parseCall('CALL constructor=x').constructor).toBe('x')
    expect(parseCall('CALL a=x').constructor).toBeUndefined()
  })
})

it('a parser throws nothing but errors of ours, whatever comes', () => {
  const piece = fc.constantFrom(
    'AGIT/2',
    'SCRAM-SHA-256',
    'biws',
    'C',
    'S',
    'CALL',
    '+',
    '-',
    'wait 1',
    'upgrade required AGIT/3',
    'a=b',
    '%',
    '\0'
  )
  const line = fc.oneof(
    fc.array(piece).map((pieces) => pieces.join(' ')),
    fc.string({ unit: 'binary', maxLength: maxLineBytes })
  )
  fc.assert(
    fc.property(line, fc.constantFrom(parseHello, parseChallenge, parseSuccess, parseCall, parseAnswer), (text, parse) => {
      try {
        parse(text)
      } catch (error) {
        if (!(error instanceof PbxkitError)) throw error
      }
    }),
    { numRuns: 50 }
  )
})
