import type { ConfigFiles } from '../../asterisk-config/files.js'
import { type LoadedConfig, loadConfigStrictly } from '../../asterisk-config/load.js'
import { readDialplan } from '../../dialplan/read-dialplan.js'
import { ConfigError } from '../../errors.js'

/** The files that Asterisk's modules open; the others are included by them. */
const opened = ['extensions.conf', 'pjsip.conf', 'pjsip_wizard.conf', 'minivm.conf', 'rtp.conf', 'numbers.conf'] as const

/**
 * Looks at the files as Asterisk would find them, before they are put in place: each must load, with all that it includes, and the dialplan must lose nothing. One bad line in an
 * included file would silently take all users away.
 * @param rendered the names of the files that are about to be written
 * @throws ConfigError with file and line
 */
export function checkStaged(files: ConfigFiles, rendered: ReadonlySet<string>): void {
  for (const name of opened) {
    if (!rendered.has(name)) continue
    const config = loadConfigStrictly(name, files)
    if (name === 'extensions.conf') checkDialplan(config)
  }
  // The checks of `dialplan check` belong here.
}

function checkDialplan(config: LoadedConfig): void {
  const [problem] = readDialplan(config).problems
  if (problem) throw new ConfigError(`${problem.file}:${problem.line}: ${problem.message}`)
}
