import { type LoadedConfig, loadConfig } from '../asterisk-config/load.js'
import type { LoadedSection } from '../asterisk-config/section.js'
import { readDialplan } from '../dialplan/read-dialplan.js'
import type { Catalogue } from './catalogue/catalogue.js'
import { checkDialplan } from './check-dialplan.js'
import { type Finding, sortFindings } from './finding.js'
import type { CheckHost } from './host.js'
import { Ignores } from './ignore.js'
import { knownFiles } from './known-files.js'
import { Program } from './program/program.js'
import { Report } from './report.js'
import { checkCertificates } from './rules/certificates.js'
import { checkEndpointContexts, madeContexts } from './rules/configured-contexts.js'
import { checkFiles } from './rules/files.js'
import { foreignContexts } from './rules/foreign-contexts.js'
import { checkNeededIncludes } from './rules/needed-includes.js'
import { checkAsteriskConf, checkMinivm, checkUnfinishedRender } from './rules/other-files.js'
import { checkEndpointAuth, checkPjsipObjects } from './rules/pjsip.js'
import { type PjsipModel, readPjsip } from './rules/pjsip-objects.js'
import { checkSecrets } from './rules/secrets.js'
import { checkIdentify, checkTransports } from './rules/transports.js'
import { checkHints, checkTrunkEndpoint, checkWizard } from './rules/wizard.js'
import type { RuleCode } from './rules.js'
import { SourceLines } from './source-lines.js'

export interface CheckOptions {
  readonly catalogue: Catalogue
  readonly now: Date
  /** The folder of sounds; undefined: sounds are not checked. */
  readonly sounds?: string | undefined
  /** Default `en`. */
  readonly language?: string | undefined
  /** Codes that are not reported. */
  readonly ignore?: readonly string[]
  /** Files of the folder that are looked at, with what they include. Default: all that Asterisk would read. */
  readonly only?: ReadonlySet<string>
  /** A file whose PJSIP sections a program has made, all alike: so many of them are looked at, the others are there. */
  readonly alike?: { readonly file: string; readonly lookedAt: number } | undefined
}

export interface CheckResult {
  /** In the order of files and lines. */
  readonly findings: readonly Finding[]
  /** Whole paths of all that was read. */
  readonly files: readonly string[]
  /** How many more of a code there are than stand in `findings`. */
  readonly leftOut: ReadonlyMap<RuleCode, number>
}

/** Checks a folder of Asterisk's configuration files. It never throws for what they say. @throws IoError for a file that cannot be read */
export function checkConfiguration(host: CheckHost, options: CheckOptions): CheckResult {
  const lines = new SourceLines(host)
  const ignores = new Ignores(lines, options.ignore ?? [])
  const report = new Report(lines, (code, file, line) => ignores.has(code, file, line))
  const configs = loadAll(host, options.only ?? knownFiles)
  for (const config of configs.values()) {
    checkFiles(config, report)
    checkNeededIncludes(config, host, lines, report)
    for (const file of config.files) {
      for (const { line, word } of ignores.unknown(file))
        report.add('unknown-ignore', { file, line, text: word }, `${word} is no code`)
    }
  }
  checkUnfinishedRender(host, report)
  const model = readPjsip(configs.get('pjsip.conf'), configs.get('pjsip_wizard.conf'), firstOf(options.alike))
  const program = readProgram(configs, model, host)
  if (program) checkDialplan({ program, configs, host, report, lines, ...options })
  checkPjsip(configs, model, { program, host, report, ...options })
  const minivm = configs.get('minivm.conf')
  if (minivm) checkMinivm(minivm, report)
  const asterisk = configs.get('asterisk.conf')
  if (asterisk) checkAsteriskConf(asterisk, report)
  const files = [...new Set([...configs.values()].flatMap((config) => config.files))]
  // Messages name files of the folder as these name one another.
  const short = (message: string) => message.replaceAll(`${host.folder}/`, '')
  const findings = report.findings.map((finding) => ({ ...finding, message: short(finding.message) }))
  return { findings: sortFindings(findings, files), files, leftOut: report.leftOut }
}

function loadAll(host: CheckHost, wanted: ReadonlySet<string>): Map<string, LoadedConfig> {
  const names = [...(host.list(host.folder) ?? [])].filter((name) => wanted.has(name)).sort()
  const configs = new Map(names.map((name) => [name, loadConfig(name, host)]))
  // A file that another one includes is checked there: users.conf may be anybody's name for it.
  for (const [name, config] of configs) {
    const others = [...configs.values()].filter((other) => other !== config)
    if (others.some(({ files }) => files.includes(config.files[0] ?? ''))) configs.delete(name)
  }
  return configs
}

function firstOf(alike: CheckOptions['alike']): (section: LoadedSection) => boolean {
  let seen = 0
  return ({ file }) => file !== alike?.file || ++seen <= alike.lookedAt
}

/** Undefined without an extensions.conf that Asterisk would load: all else would only follow from that. */
function readProgram(configs: ReadonlyMap<string, LoadedConfig>, model: PjsipModel, host: CheckHost): Program | undefined {
  const config = configs.get('extensions.conf')
  if (!config?.isValid) return undefined
  return new Program(readDialplan(config), new Set([...madeContexts(configs, model), ...foreignContexts(host)]))
}

function checkPjsip(
  configs: ReadonlyMap<string, LoadedConfig>,
  model: PjsipModel,
  { program, host, report, catalogue, now }: { program: Program | undefined; host: CheckHost; report: Report } & CheckOptions
): void {
  const wizard = configs.get('pjsip_wizard.conf')
  const pjsip = configs.get('pjsip.conf')
  checkHints(model, program, report)
  if (!pjsip && !wizard) return checkSecrets(model, configs.get('manager.conf'), host, report)
  const isElsewhere = sorceryTypes(configs.get('sorcery.conf'))
  // What an invalid file would have held is not missed twice.
  const isWhole = (pjsip?.isValid ?? true) && (wizard?.isValid ?? true)
  checkPjsipObjects(model, { pjsip, catalogue, isElsewhere: (type) => !isWhole || isElsewhere(type) }, report)
  if (wizard) checkWizard(wizard, model, catalogue, report)
  checkEndpointAuth(model, report)
  if (isWhole && !isElsewhere('endpoint')) checkTrunkEndpoint(model, report)
  checkTransports(model, report)
  checkIdentify(model, report)
  checkSecrets(model, configs.get('manager.conf'), host, report)
  checkCertificates(model, host, now, report)
  if (program) checkEndpointContexts(model, program, report)
}

/** Types of objects that sorcery.conf has come from elsewhere: a database, AstDB. */
function sorceryTypes(config: LoadedConfig | undefined): (type: string) => boolean {
  const types = new Set<string>()
  for (const { name, settings } of config?.sections ?? []) {
    if (!name.startsWith('res_pjsip')) continue
    for (const one of settings) if (!/^(config|memory)\b/.test(one.value)) types.add(one.name.split('/')[0]!)
  }
  return (type) => types.has(type)
}
