import { filledLines, withOutputHeaders } from './block-lines.js'
import type { Origin, OutputFormat } from './format.js'

/** From this length of the escaped line on (in bytes) astmanproxy 1.22 and 1.30 gave a header up as text. */
const unparsedFromBytes = 30

/** ASCII names only, which every version of XML has; names that begin with `xml` are reserved (XML 1.0, section 2.3). */
const elementName = /^(?!xml)[a-z_][\w.-]*$/i

/**
 * One document a block, as astmanproxy wrote it: `<AsteriskManagerOutput>`, or `<AsteriskManagerProxyOutput>` for what the proxy itself says,
 * and in it ` <Name Value="value"/>` for each header. A line that has no name, or a name that can be no element (`ChanVariable(PJSIP/1-2)`),
 * stands whole in ` <UnparsedText Value="name: value"/>`, so that nothing of it is lost. The text is always well-formed: bytes that
 * are not UTF-8 and characters that XML 1.0 has not (section 2.2) become U+FFFD.
 */
export const xmlOutput: OutputFormat = {
  name: 'xml',
  contentType: 'text/xml; charset=utf-8',
  delimiter: '\r\n\r\n',
  encode: (block, origin) => encodeDocument(withOutputHeaders(block), origin, element)
}

/**
 * The same with the rule of astmanproxy 1.22 and 1.30 for clients that were written around it: a header whose escaped line has 30 bytes or more,
 * that begins with a blank or has no `: ` is `UnparsedText`, and so are all lines of an old command output. Unlike there the text is well-formed.
 */
export const xml122Output: OutputFormat = {
  ...xmlOutput,
  name: 'xml-1.22',
  encode: (block, origin) => encodeDocument(block, origin, element122)
}

function encodeDocument(block: Buffer, origin: Origin, encodeLine: (line: string) => string): Buffer {
  const root = origin === 'proxy' ? 'AsteriskManagerProxyOutput' : 'AsteriskManagerOutput'
  let text = `<${root}>\r\n`
  for (const line of filledLines(block.toString('utf8'))) text += encodeLine(line)
  return Buffer.from(`${text}</${root}>\r\n\r\n`, 'utf8')
}

function element(line: string): string {
  const colon = line.indexOf(':')
  const name = line.slice(0, Math.max(colon, 0))
  if (!isElementName(name)) return unparsedText(escapeXml(line))
  const value = line.slice(line.charCodeAt(colon + 1) === 0x20 ? colon + 2 : colon + 1)
  return ` <${name} Value="${escapeXml(value)}"/>\r\n`
}

function element122(line: string): string {
  const escaped = escapeXml(line)
  const colon = line.indexOf(': ')
  const name = line.slice(0, Math.max(colon, 0))
  if (Buffer.byteLength(escaped) >= unparsedFromBytes || !isElementName(name)) return unparsedText(escaped)
  return ` <${name} Value="${escapeXml(line.slice(colon + 2))}"/>\r\n`
}

/** A header that a peer calls `UnparsedText` would pass for a line that it is not. */
function isElementName(name: string): boolean {
  return elementName.test(name) && name !== 'UnparsedText'
}

function unparsedText(escaped: string): string {
  return ` <UnparsedText Value="${escaped}"/>\r\n`
}

const special = /[<>&"\0-\x1f\ufffe\uffff]/
const allSpecial = new RegExp(special, 'g')
/** Tab, LF and CR as references: a reader makes a blank of them otherwise (XML 1.0, section 3.3.3). */
const references: Record<string, string> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;'
}

function escapeXml(text: string): string {
  return special.test(text) ? text.replace(allSpecial, (character) => references[character] ?? '\ufffd') : text
}
