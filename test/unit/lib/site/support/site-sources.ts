import path from 'node:path'
import type { SiteError, SiteProblem } from '../../../../../src/lib/site/problem.js'
import { readSite } from '../../../../../src/lib/site/read-site.js'
import type { Site } from '../../../../../src/lib/site/site.js'
import { openStore } from '../../../../../src/lib/store/open-store.js'
import { sql } from '../../../../../src/lib/store/sql.js'
import { scratchFile, scratchFolder } from '../../../support/scratch.js'

/** Fields as a person gives them; null leaves one out. */
export type Given = Readonly<Record<string, string | null>>

/** A site that is fine: one trunk, one user. */
export interface Written {
  readonly sections: Readonly<Record<string, Given>>
  readonly user: Given
  readonly trunk: Given
}

const base: Written = {
  sections: { site: { domain: 'pbx.example.com', country_code: '46' } },
  user: { name: 'john', number: '+46701234567', secret: 'correct-horse-9' },
  trunk: { name: 'itsp', hosts: '192.0.2.10', register: 'no' }
}

/** The site with some fields changed. @param where `site`, `user`, `trunk` … */
export function written(where: string, fields: Given, more: Readonly<Record<string, Given>> = {}): Written {
  const changed = { ...base, sections: { ...base.sections } }
  for (const [place, given] of [...Object.entries(more), [where, fields] as const]) {
    if (place === 'user') changed.user = { ...changed.user, ...given }
    else if (place === 'trunk') changed.trunk = { ...changed.trunk, ...given }
    else changed.sections[place] = { ...changed.sections[place], ...given }
  }
  return changed
}

const fieldsOf = (given: Given) => Object.entries(given).filter((one): one is [string, string] => one[1] !== null)
const withoutName = (given: Given) => fieldsOf(given).filter(([name]) => name !== 'name')

/** A value as our writer writes it; what it refuses is put there raw. */
const iniValue = (value: string) => value.replaceAll(';', '\\;')

export function iniText({ sections, user, trunk }: Written): string {
  const section = (name: string, fields: readonly [string, string][]) =>
    `[${name}]\n${fields.map(([field, value]) => `${field} = ${iniValue(value)}\n`).join('')}\n`
  return [
    ...Object.entries(sections).map(([name, given]) => section(name, fieldsOf(given))),
    section(`trunk:${trunk.name}`, withoutName(trunk)),
    section(`user:${user.name}`, withoutName(user))
  ].join('')
}

/** `tls.port` goes inside `tls`. */
function nested(given: Given): Record<string, unknown> {
  const root: Record<string, unknown> = {}
  for (const [name, value] of withoutName(given)) {
    const [first, ...rest] = name.split('.')
    if (rest.length === 0) root[first!] = value
    else root[first!] = { ...(root[first!] as object), [rest.join('.')]: value }
  }
  return root
}

function tree({ sections, user, trunk }: Written) {
  const plain = Object.fromEntries(Object.entries(sections).map(([name, given]) => [name, nested(given)]))
  return { ...plain, trunks: { [trunk.name!]: nested(trunk) }, users: { [user.name!]: nested(user) } }
}

const yamlText = (site: Written) => {
  const lines: string[] = []
  const write = (value: object, indentation: string) => {
    for (const [name, inner] of Object.entries(value)) {
      if (typeof inner === 'object') {
        lines.push(`${indentation}${JSON.stringify(name)}:`)
        write(inner, `${indentation}  `)
      } else lines.push(`${indentation}${JSON.stringify(name)}: ${JSON.stringify(inner)}`)
    }
  }
  write(tree(site), '')
  return `${lines.join('\n')}\n`
}

const csvText = (given: Given) => {
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
  const fields = fieldsOf(given)
  return `${fields.map(([name]) => name).join(',')}\n${fields.map(([, value]) => quoted(value)).join(',')}\n`
}

const withoutPerson = (site: Written, kind: 'user' | 'trunk') =>
  scratchFile('site.ini', iniText(site).replace(new RegExp(`\\[${kind}:[^\\n]*\\]\\n([^\\n]+\\n)*`), ''))

const fromTable = (ending: string, text: (given: Given) => string) => async (site: Written, kind: 'user' | 'trunk') => {
  const plain: Written = { ...site, [kind]: base[kind] }
  return { file: withoutPerson(plain, kind), [`${kind}s`]: [scratchFile(`people.${ending}`, text(site[kind]))] }
}

async function fromSqlite(site: Written, kind: 'user' | 'trunk') {
  const url = `sqlite:${path.join(scratchFolder(), 'people.db')}`
  const store = await openStore(url, { timeoutMs: 5_000 })
  const fields = fieldsOf(site[kind])
  const columns = sql.join(fields.map(([name]) => sql.ref(name)))
  await sql`CREATE TABLE ${sql.table(`${kind}s`)} (id INTEGER, ${sql.join(fields.map(([name]) => sql`${sql.ref(name)} TEXT`))})`.execute(
    store.db
  )
  await sql`INSERT INTO ${sql.table(`${kind}s`)} (${columns}) VALUES (${sql.join(fields.map(([, value]) => value))})`.execute(
    store.db
  )
  await store.close()
  const plain: Written = { ...site, [kind]: base[kind] }
  return { file: withoutPerson(plain, kind), [`${kind}s`]: [url] }
}

type Input = { file: string; users?: string[]; trunks?: string[] }

/** Ways to write the whole of a site. */
export const siteSources: Readonly<Record<string, (site: Written) => Promise<Input>>> = {
  ini: async (site) => ({ file: scratchFile('site.ini', iniText(site)) }),
  yaml: async (site) => ({ file: scratchFile('site.yaml', yamlText(site)) }),
  json: async (site) => ({ file: scratchFile('site.json', JSON.stringify(tree(site), null, 1)) })
}

/** Ways to write a user or trunk. */
export const peopleSources: Readonly<Record<string, (site: Written, kind: 'user' | 'trunk') => Promise<Input>>> = {
  ...siteSources,
  csv: fromTable('csv', csvText),
  ndjson: fromTable('ndjson', (given) => `\n${JSON.stringify(Object.fromEntries(fieldsOf(given)))}\n`),
  'a JSON list': fromTable('json', (given) => JSON.stringify([Object.fromEntries(fieldsOf(given))], null, 1)),
  sqlite: fromSqlite
}

export async function read(input: Input): Promise<{ site: Site; warnings: readonly SiteProblem[] }> {
  return readSite({ ...input, timeoutMs: 5_000 })
}

/** The errors of a site that cannot be used. */
export async function errorsOf(input: Input): Promise<readonly SiteProblem[]> {
  try {
    await read(input)
  } catch (error) {
    return (error as SiteError).problems.filter(({ severity }) => severity === 'error')
  }
  return []
}
