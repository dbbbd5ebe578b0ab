import { stringify } from 'csv-stringify/sync'
import { filledLines, withOutputHeaders } from './block-lines.js'
import type { OutputFormat } from './format.js'

/**
 * One record a block (RFC 4180), every field in quotes: `"Name: value"`, as astmanproxy had it. An empty line ends the record. Unlike there,
 * quotes are doubled and no blank stands between fields, which would belong to the next one (RFC 4180, section 2.4).
 */
export const csvOutput: OutputFormat = {
  name: 'csv',
  contentType: 'text/csv; charset=utf-8',
  delimiter: '\r\n\r\n',
  encode(block) {
    // latin1 there and back: the bytes of a value stay what they are, UTF-8 or not.
    const fields = [...filledLines(withOutputHeaders(block).toString('latin1'))]
    return Buffer.from(`${stringify([fields], { quoted: true, record_delimiter: '\r\n' })}\r\n`, 'latin1')
  }
}
