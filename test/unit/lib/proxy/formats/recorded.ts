import fs from 'node:fs'
import path from 'node:path'
import { SaxesParser } from 'saxes'

interface Recorded {
  /** Documents that astmanproxy 1.22 and 1.30 wrote, line by line. */
  xmlOutput: string[][]
  csvOutput: string[]
  /** What the client of recording 11 sent, line by line; the same to both versions. */
  xmlInput: string[]
  ListIOHandlers: string[]
}

/** The parts of the recordings of astmanproxy 1.22 and 1.30 (03, 09, 11) that have to do with formats. */
export function recorded(): Recorded {
  const file = path.join(import.meta.dirname, '../../../../fixtures/astmanproxy/formats.json')
  return JSON.parse(fs.readFileSync(file, 'utf8')) as Recorded
}

/** An XML document as an independent parser reads it; throws when it is not well-formed. */
export function readXml(text: string): { root: string; elements: [name: string, value: string][] } {
  const elements: [string, string][] = []
  let root = ''
  const parser = new SaxesParser()
  parser.on('opentag', ({ name, attributes }) => {
    if (root === '') root = name
    else elements.push([name, attributes.Value!])
  })
  parser.write(text).close()
  return { root, elements }
}

/** The lines of the block that a document was made of. */
export function linesOfXml(text: string): string[] {
  return readXml(text).elements.map(([name, value]) => (name === 'UnparsedText' ? value : `${name}: ${value}`))
}

/** A block with its empty line, from the lines. */
export function blockOfLines(lines: readonly string[]): Buffer {
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'utf8')
}
