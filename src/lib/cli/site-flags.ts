import type { SiteProblem } from '../site/problem.js'
import type { ReadSite } from '../site/read-site.js'
import { Flags } from './oclif.js'

/** The site file, for every command that reads or changes one. */
export const siteFlag = {
  site: Flags.string({
    description: 'the site file: ini, YAML or JSON by its ending',
    default: 'privatedial.ini',
    helpValue: 'FILE',
    helpGroup: 'SITE'
  })
}

/** Where else users and trunks may be, for commands that read a whole site. */
export const siteInputFlags = {
  ...siteFlag,
  users: Flags.string({
    description: 'more users: a file (CSV, NDJSON, JSON, YAML), "-", or a database (URL or URL#TABLE); repeatable',
    multiple: true,
    helpValue: 'SOURCE',
    helpGroup: 'SITE'
  }),
  trunks: Flags.string({
    description: 'more trunks, from the same sources; repeatable',
    multiple: true,
    helpValue: 'SOURCE',
    helpGroup: 'SITE'
  }),
  'db-password-file': Flags.string({
    description: "file with the database's password (else PBXKIT_DB_PASSWORD)",
    helpValue: 'FILE',
    helpGroup: 'SITE'
  })
}

export interface SiteInputFlags {
  readonly site: string
  readonly users?: readonly string[] | undefined
  readonly trunks?: readonly string[] | undefined
  readonly 'db-password-file'?: string | undefined
  readonly timeout: number
}

/** Reads the site of these flags, and tells its warnings. @throws what `readSite` throws */
export async function readSiteOf(
  flags: SiteInputFlags,
  signal: AbortSignal,
  note: (message: string) => void,
  onSecretFiles?: (files: readonly string[]) => void
): Promise<ReadSite> {
  const [{ readSite }, { describeSiteProblem }] = await Promise.all([
    import('../site/read-site.js'),
    import('../site/problem.js')
  ])
  const { site: file, users, trunks, timeout: timeoutMs, 'db-password-file': dbPasswordFile } = flags
  const read = await readSite({ file, users, trunks, timeoutMs, dbPasswordFile, signal, onSecretFiles })
  for (const warning of read.warnings as readonly SiteProblem[]) note(describeSiteProblem(warning))
  return read
}
