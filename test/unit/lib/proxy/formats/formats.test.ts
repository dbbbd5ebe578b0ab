import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../../../../../src/lib/ami/block-parser.js'
import {
  inputFormat,
  inputFormats,
  outputFormat,
  outputFormatNames,
  sseOutput
} from '../../../../../src/lib/proxy/formats/formats.js'
import { blockOfLines, recorded } from './recorded.js'

describe('formats by name', () => {
  it('has those of astmanproxy in their recorded order, and JSON', () => {
    const old = (kind: string) =>
      recorded()
        .ListIOHandlers.filter((line) => line.startsWith(`${kind}Handler: `) && !line.endsWith('http'))
        .map((line) => line.split(': ')[1])
    expect(outputFormatNames).toEqual([...old('Output'), 'json'])
    expect(Object.keys(inputFormats)).toEqual([...old('Input'), 'json'])
  })

  it('finds each without regard to case, always the same object', () => {
    for (const name of outputFormatNames) {
      expect(outputFormat(name)?.name).toBe(name)
      expect(outputFormat(name.toUpperCase())).toBe(outputFormat(name))
    }
    expect(inputFormat('XML')).toBe(inputFormats.xml)
  })

  it.each(['http', 'sse', 'xml-1.22', 'constructor', '__proto__', ''])(
    'has no %j to select, which ended astmanproxy for http',
    (name) => {
      expect(outputFormat(name)).toBeUndefined()
      expect(inputFormat(name)).toBeUndefined()
    }
  )

  it('has another XML with the rule of 1.22, and only XML', () => {
    const old = outputFormat('xml', { xmlCompat: '1.22' })
    expect(old).toBe(outputFormat('XML', { xmlCompat: '1.22' }))
    expect(old?.name).toBe('xml-1.22')
    expect(outputFormat('csv', { xmlCompat: '1.22' })).toBe(outputFormat('csv'))
  })

  it('ends each document in its delimiter, which stands nowhere else', () => {
    const block = blockOfLines(['Event: X', 'A: "1"'])
    for (const format of [...outputFormatNames.map((name) => outputFormat(name)!), sseOutput]) {
      const text = format.encode(block, 'server').toString()
      expect(text.indexOf(format.delimiter), format.name).toBe(text.length - format.delimiter.length)
    }
  })
})

describe('standard', () => {
  it('gives the same buffer out', () => {
    const block = blockOfLines(['Event: X'])
    expect(outputFormat('standard')!.encode(block, 'server')).toBe(block)
  })

  it('reads blocks within the limits, after a banner', () => {
    const parser = inputFormats.standard.createParser({ ...defaultLimits, maxHeaderBytes: 20 })
    expect(parser.push(Buffer.from('Action: Ping\r\n\r\nAct')).map((block) => block.get('Action'))).toEqual(['Ping'])
    expect(parser.pendingBytes).toBe(3)
    expect(() => parser.push(Buffer.from('x'.repeat(20)))).toThrow('longer than 20 bytes')
    expect(Object.values(inputFormats).filter((format) => format.hasBanner)).toEqual([inputFormats.standard])
  })
})
