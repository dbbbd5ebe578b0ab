import { type ConfigFiles, expandPath, resolvePath } from '../../asterisk-config/files.js'
import type { LoadedConfig } from '../../asterisk-config/load.js'
import { lowerCase } from '../../asterisk-config/text.js'
import type { Report } from '../report.js'
import type { SourceLines } from '../source-lines.js'

interface Inclusion {
  readonly file: string
  readonly line: number
  readonly name: string
  readonly finds: readonly string[]
}

/** `[name](a,+)` outside comments. */
const header = /^\s*\[([^\]]*)\](?:\(([^)]*)\))?/
const directive = /^\s*#tryinclude\s+["<]?([^">;]*[^">;\s])/i

/** A `#tryinclude` whose sections the rest cannot do without: missing, or only there by luck. */
export function checkNeededIncludes(config: LoadedConfig, files: ConfigFiles, lines: SourceLines, report: Report): void {
  const inclusions = config.files.flatMap((file) => inclusionsOf(file, files, lines))
  const missing = inclusions.find(({ finds }) => !finds.some((file) => config.files.includes(file)))
  const broken = config.problems.find(({ code }) => code === 'append-missing' || code === 'template-missing')
  if (missing && broken && !config.isValid) {
    report.add(
      'tryinclude-missing',
      missing,
      `${missing.name} is missing; because of it ${broken.file} is invalid in line ${broken.line}: ${broken.message}`
    )
  }
  for (const inclusion of inclusions) {
    const brought = new Set(inclusion.finds)
    const need = needOf(config, brought, lines)
    if (need) {
      report.add(
        'tryinclude-needed',
        inclusion,
        `${inclusion.name} brings [${need.name}], which line ${need.line} of ${need.file} cannot do without`
      )
    }
  }
}

function inclusionsOf(file: string, files: ConfigFiles, lines: SourceLines): Inclusion[] {
  const found: Inclusion[] = []
  if (!lines.mentions(file, '#')) return found
  for (const [index, text] of lines.of(file).entries()) {
    const name = text.includes('#') ? directive.exec(text)?.[1] : undefined
    if (name === undefined) continue
    found.push({ file, line: index + 1, name, finds: expandPath(files, resolvePath(files, name)) })
  }
  return found
}

/** A section outside of these files that names one which is first defined in them. */
function needOf(
  config: LoadedConfig,
  brought: ReadonlySet<string>,
  lines: SourceLines
): { name: string; file: string; line: number } | undefined {
  const defined = new Map<string, string>()
  for (const { name, file } of config.sections) if (!defined.has(lowerCase(name))) defined.set(lowerCase(name), file)
  if (![...defined.values()].some((file) => brought.has(file))) return undefined
  for (const file of config.files) {
    if (brought.has(file)) continue
    for (const [index, text] of lines.of(file).entries()) {
      const [, name = '', options] = (text.includes('](') && header.exec(text)) || []
      for (const option of options?.split(',') ?? []) {
        const wanted = option[0] === '+' ? name : option
        if (wanted !== '!' && brought.has(defined.get(lowerCase(wanted)) ?? '')) return { name: wanted, file, line: index + 1 }
      }
    }
  }
  return undefined
}
