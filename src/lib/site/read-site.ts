import fs from 'node:fs'
import { maxFileBytes } from '../asterisk-config/limits.js'
import { ConfigError, DataError, UsageError } from '../errors.js'
import { checkSite } from './check-site.js'
import { SiteError, type SiteProblem, SiteProblems } from './problem.js'
import { readIni } from './read-ini.js'
import { secretPath } from './secret-rules.js'
import type { Site } from './site.js'
import type { SiteEntry, SiteTree } from './tree.js'

/** Where a site is read from. */
export interface SiteInput {
  /** The site file; `-`: standard input. */
  readonly file: string
  /** More users and trunks: files (CSV, NDJSON, JSON, YAML), `-`, or the URL of a database. */
  readonly users?: readonly string[] | undefined
  readonly trunks?: readonly string[] | undefined
  /** Bounds the opening of a database and each statement. */
  readonly timeoutMs: number
  readonly dbPasswordFile?: string | undefined
  readonly signal?: AbortSignal | undefined
  /** Default: standard input of the process. */
  readonly readStdin?: () => Promise<Uint8Array>
  /** Told of the files with secrets that the site names, before they are read; also where the site is refused then. */
  readonly onSecretFiles?: ((files: readonly string[]) => void) | undefined
}

export interface ReadSite {
  readonly site: Site
  readonly warnings: readonly SiteProblem[]
}

/** What a site file may be written in. */
export type SiteFormat = 'ini' | 'yaml' | 'json'

/**
 * Reads a site from all its sources, checks it, and fills in the defaults.
 * @throws SiteError with every problem and its place; ConfigError for a file that cannot be read; UsageError; what the store throws
 */
export async function readSite(input: SiteInput): Promise<ReadSite> {
  const problems = new SiteProblems()
  const tree = await readSiteTree(input, problems)
  input.onSecretFiles?.(secretFilesOf(tree))
  const site = tree.isUnread ? undefined : checkSite(tree, problems)
  if (!site) throw new SiteError(problems.list)
  return { site, warnings: problems.list }
}

function secretFilesOf({ users, trunks }: SiteTree): string[] {
  const written = [...users, ...trunks].flatMap(({ fields }) => fields.get('secret_file')?.values ?? [])
  return written.flatMap(({ text, source }) => (text === '' ? [] : (secretPath(text, source) ?? [])))
}

/** What is written, unchecked. */
async function readSiteTree(input: SiteInput, problems: SiteProblems): Promise<SiteTree> {
  const { file, users = [], trunks = [], readStdin = stdin } = input
  if ([file, ...users, ...trunks].filter((one) => one === '-').length > 1)
    throw new UsageError('Standard input can be one of the site, the users and the trunks only')
  const bytes = await readInput(file, readStdin)
  if (file !== '-') warnOfMode(file, problems)
  const tree = await parseSite(bytes, file, problems)
  for (const one of trunks) for (const entry of await readEntries(one, 'trunk', input, problems)) tree.trunks.push(entry)
  for (const one of users) for (const entry of await readEntries(one, 'user', input, problems)) tree.users.push(entry)
  return tree
}

/** @param file its ending says the form, else its beginning */
export async function parseSite(bytes: Uint8Array, file: string, problems: SiteProblems): Promise<SiteTree> {
  const format = siteFormat(file, bytes)
  if (format === 'ini') return readIni(bytes, file, problems)
  const { readYaml } = await import('./read-yaml.js')
  return readYaml(bytes, file, format, problems)
}

/** Reads users or trunks from a file, `-` or a database. @throws ConfigError, what the store throws */
export async function readEntries(
  source: string,
  kind: 'user' | 'trunk',
  { timeoutMs, dbPasswordFile: passwordFile, signal, readStdin = stdin }: Omit<SiteInput, 'file' | 'users' | 'trunks'>,
  problems: SiteProblems
): Promise<SiteEntry[]> {
  const { isDatabaseUrl, readSqlTable } = await import('./read-sql.js')
  if (isDatabaseUrl(source)) return readSqlTable(source, kind, { timeoutMs, passwordFile, signal }, problems)
  const { readTable } = await import('./read-table.js')
  return readTable(await readInput(source, readStdin), source, kind, problems)
}

/** `.yaml`, `.yml`, `.json`, `.ini`, `.conf`; anything else by its first sign that is no comment. */
export function siteFormat(file: string, bytes: Uint8Array): SiteFormat {
  const end = /\.([a-z]+)$/i.exec(file)?.[1]?.toLowerCase()
  if (end === 'yaml' || end === 'yml') return 'yaml'
  if (end === 'json' || end === 'ini') return end
  // More comment than this is not expected above the first section.
  const beginning = Buffer.from(bytes.subarray(0, 65_536)).toString('latin1')
  const first = /^(?:\xef\xbb\xbf)?(?:\s|[;#][^\n]*\n)*(\S)?/.exec(beginning)?.[1]
  if (first === '{') return 'json'
  return first === '[' || first === undefined || first === ';' ? 'ini' : end === 'conf' ? 'ini' : 'yaml'
}

async function readInput(file: string, readStdin: () => Promise<Uint8Array>): Promise<Uint8Array> {
  if (file === '-') return readStdin()
  try {
    const { size } = fs.statSync(file)
    if (size > maxFileBytes) throw new ConfigError(`${file} is larger than ${maxFileBytes} bytes`)
    return fs.readFileSync(file)
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    throw new ConfigError(`Cannot read ${file}: ${isMissing ? 'there is no such file' : (cause as Error).message}`, {
      cause,
      ...(isMissing && { hint: '`pbxkit dialplan init` makes a site.' })
    })
  }
}

async function stdin(): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of process.stdin) {
    length += (chunk as Buffer).length
    if (length > maxFileBytes) throw new DataError(`Standard input has more than ${maxFileBytes} bytes`)
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}

/** The file has secrets. */
function warnOfMode(file: string, problems: SiteProblems): void {
  const { mode } = fs.statSync(file)
  if ((mode & 0o077) === 0) return
  const shown = (mode & 0o777).toString(8).padStart(4, '0')
  problems.warning('secret', { file, line: 0 }, `The file may hold secrets and has mode ${shown}`, `Run: chmod 600 ${file}`)
}

/** The names that a site file has, whatever is wrong with the rest. @throws ConfigError */
export async function siteNames(file: string): Promise<{ users: string[]; trunks: string[] }> {
  const tree = await parseSite(await readInput(file, stdin), file, new SiteProblems())
  return { users: tree.users.map(({ name }) => name), trunks: tree.trunks.map(({ name }) => name) }
}
