import { ConfigError, DataError } from '../errors.js'
import { type DocumentLine, newDocumentLine, readDocumentLines, withValue } from './document-line.js'
import { maxFileBytes } from './limits.js'
import { checkSettingName, encodeValue, type NewSetting, refuseLongLine, settingText } from './safe-text.js'
import { decode, encode, sameIgnoringCase } from './text.js'
import { type NewSection, sectionLines } from './write.js'

/** A setting where it stands. */
export interface DocumentSetting {
  readonly name: string
  /** What Asterisk would read in this line; of `+=` only what is appended. */
  readonly value: string
  /** From 1. It changes as lines are added and removed. */
  readonly line: number
}

/** A section where it stands. A name may come more than once. */
export interface DocumentSection {
  readonly name: string
  /** As between its parentheses: `!`, `+`, names. */
  readonly options: readonly string[]
  readonly line: number
  readonly settings: readonly DocumentSetting[]
}

/** Which one of several of the same name, from 0; the first when it is not said. */
export interface Which {
  readonly section?: number
  readonly setting?: number
}

/**
 * One file that is changed and keeps all else as it is, byte for byte: comments, blank lines, order, line ends, what is wrong. Includes and templates are not followed.
 * Names of sections and settings are found in any case, as Asterisk does. What is added is read back before it counts.
 */
export class ConfigDocument {
  readonly file: string
  #lines: DocumentLine[]

  private constructor(file: string, lines: DocumentLine[]) {
    this.file = file
    this.#lines = lines
  }

  /** @param file its name, for errors. @throws ConfigError when it is too large */
  static parse(bytes: Uint8Array, file: string): ConfigDocument {
    if (bytes.length > maxFileBytes) throw new ConfigError(`${file} is larger than ${maxFileBytes} bytes`)
    return new ConfigDocument(file, readDocumentLines(bytes))
  }

  toBytes(): Buffer {
    return Buffer.from(this.#lines.map(({ raw }) => raw).join(''), 'latin1')
  }

  get sections(): DocumentSection[] {
    return this.#spans().map(({ header, end }) => this.#view(header, end))
  }

  /** @throws DataError when there is no such section */
  section(name: string, { section = 0 }: Which = {}): DocumentSection {
    const { header, end } = this.#span(name, section)
    return this.#view(header, end)
  }

  has(name: string): boolean {
    return this.#spansOf(name).length > 0
  }

  /** The value of the first setting of this name in the first such section; undefined without one. */
  get(section: string, name: string, which: Which = {}): string | undefined {
    return this.getAll(section, name, which)[which.setting ?? 0]
  }

  /** All values of this name in a section, in order. */
  getAll(section: string, name: string, which: Which = {}): string[] {
    const span = this.#spansOf(section)[which.section ?? 0]
    return span ? this.#settings(span, name).map(({ value }) => value) : []
  }

  /** Changes a value where it stands, or adds the setting when there is none. @throws DataError */
  set(section: string, name: string, value: string, which: Which = {}): void {
    const found = this.#settings(this.#span(section, which.section), name)[which.setting ?? 0]
    if (!found) return this.add(section, { name, value }, which)
    const index = found.line - 1
    const encoded = encodeValue(value, `The value of ${name}`)
    const changed = withValue(this.#lines[index]!, encoded, index === 0)
    if (!changed)
      throw new DataError(`${this.file}:${found.line}: the value of ${name} cannot be changed in this line`, {
        hint: 'Edit the line by hand.'
      })
    refuseLongLine(decode(changed.raw.replace(/\r?\n$/, '')), `The line of ${name}`)
    this.#lines[index] = changed
  }

  /** Puts a setting behind the last one of its section, written as that one is. @throws DataError */
  add(section: string, setting: NewSetting, which: Which = {}): void {
    const span = this.#span(section, which.section)
    const last = this.#lastContent(span)
    const neighbour = this.#lines[last]!
    const text = alike(setting, neighbour)
    if (neighbour.depthAfter !== 0)
      throw new DataError(`${this.file}:${last + 1}: nothing can be added behind a line that opens a block comment`)
    this.#insert(last + 1, [text])
  }

  /** Takes a setting away, with its line and the comment behind it. @throws DataError when there is none */
  remove(section: string, name: string, which: Which = {}): void {
    const found = this.#settings(this.#span(section, which.section), name)[which.setting ?? 0]
    if (!found) throw new DataError(`${this.file}: section [${section}] has no ${name}`)
    this.#refuseComments(found.line - 1, found.line)
    this.#lines.splice(found.line - 1, 1)
  }

  /** Puts a section at the end, or before another one and the comment that stands directly above that. @throws DataError */
  addSection(section: NewSection, { before }: { before?: string } = {}): void {
    const lines = sectionLines(section)
    const at = before === undefined ? this.#lines.length : this.#aboveComments(this.#span(before).header)
    if ((this.#lines[at - 1]?.depthAfter ?? 0) !== 0)
      throw new DataError(`${this.file}: nothing can be added inside a block comment`)
    const isBelowBlank = at === 0 || isBlank(this.#lines[at - 1]!)
    this.#insert(at, [...(isBelowBlank ? [] : ['']), ...lines, ...(at < this.#lines.length ? [''] : [])])
  }

  /**
   * Takes a section away, up to the next one. A comment that stands directly above the next section stays, and so does one above this section.
   * @throws DataError when there is none, or when it includes files, which would go with it
   */
  removeSection(name: string, which: Which = {}): void {
    const { header, end } = this.#span(name, which.section)
    const until = end === this.#lines.length ? end : this.#aboveComments(end)
    const includes = this.#lines.slice(header, until).findIndex(({ parsed }) => parsed.kind === 'directive')
    if (includes >= 0)
      throw new DataError(`${this.file}:${header + includes + 1}: section [${name}] includes a file`, {
        hint: 'Move the #include first.'
      })
    this.#refuseComments(header, until)
    this.#lines.splice(header, until - header)
  }

  #insert(at: number, texts: readonly string[]): void {
    const lineEnd = this.#lines.find(({ raw }) => raw.endsWith('\n'))?.raw.endsWith('\r\n') ? '\r\n' : '\n'
    const above = this.#lines[at - 1]
    if (above && !above.raw.endsWith('\n')) this.#lines[at - 1] = { ...above, raw: above.raw + lineEnd }
    this.#lines.splice(at, 0, ...texts.map((text) => newDocumentLine(text, lineEnd)))
  }

  /** @throws DataError when a block comment begins before the lines or in them and ends elsewhere */
  #refuseComments(from: number, until: number): void {
    if (until <= from || this.#lines[from]!.depthBefore === this.#lines[until - 1]!.depthAfter) return
    throw new DataError(`${this.file}:${from + 1}: a block comment begins or ends in what is to be removed`, {
      hint: 'Edit the file by hand.'
    })
  }

  /** The first line of the comment that stands directly above a section, or the section itself. */
  #aboveComments(header: number): number {
    let at = header
    while (at > 0 && isComment(this.#lines[at - 1]!)) at--
    return at
  }

  /** The last line of a section of which Asterisk takes something. */
  #lastContent({ header, end }: Span): number {
    let last = end - 1
    while (last > header && this.#lines[last]!.parsed.kind === 'empty') last--
    return last
  }

  #view(header: number, end: number): DocumentSection {
    const { parsed } = this.#lines[header]!
    if (parsed.kind !== 'section') throw new TypeError('not the line of a section')
    const options = (parsed.options ?? []).map(decode)
    return { name: decode(parsed.writtenName), options, line: header + 1, settings: this.#settings({ header, end }) }
  }

  #settings({ header, end }: Span, name?: string): DocumentSetting[] {
    const wanted = name === undefined ? undefined : encode(name)
    const found: DocumentSetting[] = []
    for (let index = header + 1; index < end; index++) {
      const { parsed } = this.#lines[index]!
      if (parsed.kind !== 'setting' || (wanted !== undefined && !sameIgnoringCase(parsed.name, wanted))) continue
      found.push({ name: decode(parsed.name), value: decode(parsed.value), line: index + 1 })
    }
    return found
  }

  #span(name: string, which = 0): Span {
    const span = this.#spansOf(name)[which]
    if (!span) throw new DataError(`${this.file}: there is no section [${name}]${which > 0 ? ` number ${which + 1}` : ''}`)
    return span
  }

  #spansOf(name: string): Span[] {
    const wanted = encode(name)
    return this.#spans().filter(({ header }) => {
      const { parsed } = this.#lines[header]!
      return parsed.kind === 'section' && sameIgnoringCase(parsed.writtenName, wanted)
    })
  }

  #spans(): Span[] {
    const headers = this.#lines.flatMap(({ parsed }, index) => (parsed.kind === 'section' ? [index] : []))
    return headers.map((header, index) => ({ header, end: headers[index + 1] ?? this.#lines.length }))
  }
}

/** The lines of a section: that of its name, and the first one behind it. */
interface Span {
  readonly header: number
  readonly end: number
}

function isBlank({ raw }: DocumentLine): boolean {
  return raw.trim() === ''
}

/** Only a line that is a comment from its beginning belongs to what follows. */
function isComment(line: DocumentLine): boolean {
  return (
    line.parsed.kind === 'empty' &&
    !isBlank(line) &&
    line.depthBefore === 0 &&
    line.depthAfter === 0 &&
    line.raw.trimStart().startsWith(';')
  )
}

/** The line of a setting with the indentation, and the sign and its blanks, of its neighbour. @throws DataError */
function alike(setting: NewSetting, { raw, parsed }: DocumentLine): string {
  const plain = settingText(setting)
  if (parsed.kind !== 'setting' || parsed.operator === '+=' || setting.operator !== undefined) return plain
  const [, indentation, sign] = /^([ \t]*)[^=;\\[#]*?([ \t]*=>?[ \t]*)/.exec(raw) ?? []
  checkSettingName(setting.name)
  const value = encodeValue(setting.value)
  // Without a blank behind the sign a value that begins with > would become a part of it.
  if (sign === undefined || value.startsWith('>')) return plain
  const text = `${indentation}${setting.name}${value === '' ? sign.trimEnd() : sign}${value}`
  refuseLongLine(text, `The line of ${setting.name}`)
  return text
}
