import fs from 'node:fs'
import path from 'node:path'
import { ConfigError, DataError } from '../../errors.js'
import type { AccountRow } from './account-row.js'
import { readCsvRows } from './csv-accounts.js'
import { isDbtext, readDbtextRows } from './dbtext-accounts.js'
import { readIniRows } from './ini-accounts.js'
import { readJsonRows, readNdjsonRows } from './json-accounts.js'
import { readYamlRows } from './yaml-accounts.js'

export const accountFormats = ['csv', 'json', 'ndjson', 'yaml', 'ini', 'dbtext'] as const
export type AccountFormat = (typeof accountFormats)[number]

/** 100,000 accounts take some 30 MB; a device or a mistaken large file is not read to its end. */
const maxFileBytes = 256 * 1024 * 1024

const extensions: Readonly<Record<string, AccountFormat>> = {
  '.csv': 'csv',
  '.tsv': 'csv',
  '.json': 'json',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.yaml': 'yaml',
  '.yml': 'yaml',
  '.ini': 'ini',
  '.conf': 'ini',
  '.dbtext': 'dbtext'
}

/**
 * The rows of a file. Its format is what is said, else what its name ends with; a table of db_text, which has no ending, is known by its first line. A folder is one of
 * db_text, as in Kamailio's `text:///etc/kamailio/dbtext`, with the table `uacreg`.
 * @param warn told when others than the owner may read the file
 * @throws ConfigError, DataError
 */
export async function readFileRows(
  given: string,
  format: AccountFormat | undefined,
  warn: (message: string) => void
): Promise<Iterable<AccountRow>> {
  const { file, text } = readText(given, warn)
  const found = format ?? extensions[path.extname(file).toLowerCase()] ?? (isDbtext(text) ? 'dbtext' : undefined)
  if (found === undefined) {
    throw new DataError(`It is not known what format ${file} has`, { hint: `Name it: ${accountFormats.join(', ')}.` })
  }
  return readRows(text, found, path.basename(file))
}

/** JSON lines, or one JSON document with a list. @throws DataError, IoError */
export async function readStreamRows(stream: AsyncIterable<Buffer | string>): Promise<Iterable<AccountRow>> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk)
    length += bytes.length
    if (length > maxFileBytes) throw new DataError(`stdin has more than ${maxFileBytes} bytes of accounts`)
    chunks.push(bytes)
  }
  const text = Buffer.concat(chunks).toString('utf8')
  return readRows(text, /^\ufeff?\s*\[/.test(text) ? 'json' : 'ndjson', 'stdin')
}

async function readRows(text: string, format: AccountFormat, name: string): Promise<Iterable<AccountRow>> {
  switch (format) {
    case 'csv':
      return readCsvRows(text, name)
    case 'json':
      return readJsonRows(text, name)
    case 'ndjson':
      return readNdjsonRows(text, name)
    case 'yaml':
      return readYamlRows(text, name)
    case 'ini':
      return readIniRows(text, name)
    case 'dbtext':
      return readDbtextRows(text, name)
  }
}

function readText(given: string, warn: (message: string) => void): { file: string; text: string } {
  try {
    const file = fs.statSync(given).isDirectory() ? path.join(given, 'uacreg') : given
    const stat = fs.statSync(file)
    if (!stat.isFile()) throw new Error('it is no file')
    if (stat.size > maxFileBytes) throw new Error(`it has ${stat.size} bytes, more than accounts have`)
    if ((stat.mode & 0o077) !== 0) warn(`${file} holds secrets and is readable by others; run: chmod 600 ${file}`)
    return { file, text: fs.readFileSync(file, 'utf8') }
  } catch (cause) {
    throw new ConfigError(`Cannot read the accounts in ${given}: ${(cause as Error).message}`, { cause })
  }
}
