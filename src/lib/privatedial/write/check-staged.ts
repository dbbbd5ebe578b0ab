import { loadConfigStrictly } from '../../asterisk-config/load.js'
import { loadCatalogue } from '../../dialplan-check/catalogue/catalogue.js'
import { checkConfiguration } from '../../dialplan-check/check-configuration.js'
import type { Finding } from '../../dialplan-check/finding.js'
import type { CheckHost } from '../../dialplan-check/host.js'
import type { RuleCode } from '../../dialplan-check/rules.js'
import { ConfigError } from '../../errors.js'

/** The files that Asterisk's modules open; the others are included by them. */
const opened = ['extensions.conf', 'pjsip.conf', 'pjsip_wizard.conf', 'minivm.conf', 'rtp.conf']

/** Not rendered, but they say where else objects and functions come from. What is wrong in them is not ours to stop at. */
const surroundings = ['sorcery.conf', 'func_odbc.conf']

/** About the machine on which Asterisk runs, which need not be this one; and about what is there now. */
const elsewhere: readonly RuleCode[] = [
  'certificate-missing',
  'certificate-invalid',
  'certificate-expired',
  'certificate-expiring',
  // Who only looks at the folder is told of it in another way.
  'render-unfinished'
]

/** Of the users, each of whom has the same lines with values that were checked when the site was read. More would take longer than all of the rendering. */
const sectionsLookedAt = 600

/** As many as a person reads; `details` has them all. */
const shownFindings = 20

/**
 * Looks at the files as Asterisk would find them, before they are put in place, with all that they include: one bad line in an included file would silently take all users away.
 * These are the errors of `dialplan check`; its warnings stop nothing.
 * @param rendered the names of the files that are about to be written
 * @param onRead told of all files that were read, also where they are refused
 * @throws ConfigError with file and line of each error
 */
export async function checkStaged(
  host: CheckHost,
  rendered: ReadonlySet<string>,
  onRead?: (files: readonly string[]) => void
): Promise<void> {
  const only = new Set([...opened.filter((name) => rendered.has(name)), ...surroundings])
  const alike = { file: `${host.folder}/pjsip_endpoint.conf`, lookedAt: sectionsLookedAt }
  const options = { catalogue: await loadCatalogue(), now: new Date(), only, ignore: elsewhere, alike }
  const { findings, files } = checkConfiguration(host, options)
  onRead?.(files)
  const errors = findings.filter(({ severity, file }) => severity === 'error' && !surroundings.includes(nameOf(file)))
  if (errors.length > 0) throw refusal(errors)
  // AST_CONFIG reads it at each call, in the language of Asterisk's files, though no module opens it.
  if (rendered.has('numbers.conf')) loadConfigStrictly('numbers.conf', host)
}

function refusal(errors: readonly Finding[]): ConfigError {
  const lines = errors.slice(0, shownFindings).map(({ file, line, message, code }) => `${file}:${line}: ${message} (${code})`)
  if (errors.length > shownFindings) lines.push(`and ${errors.length - shownFindings} more`)
  return new ConfigError(`Nothing was written: ${lines.join('\n')}`, {
    hint: 'See `pbxkit dialplan check`; in a file of your own, `; pbxkit-ignore CODE` leaves one out.',
    details: { findings: errors }
  })
}

function nameOf(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1)
}
