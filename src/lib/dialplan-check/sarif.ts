import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Finding, Severity } from './finding.js'
import { ruleCodes, rules } from './rules.js'

const levels: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'note' }
const documentation = 'docs/dialplan-check.md'

/**
 * Findings in SARIF 2.1.0 (OASIS), as code scanners and editors read it. Files below `folder` are named relative to it.
 * @param version of pbxkit
 */
export function toSarif(findings: readonly Finding[], { folder, version }: { folder: string; version: string }): unknown {
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'pbxkit dialplan check',
            semanticVersion: version,
            rules: ruleCodes.map((code) => ({
              id: code,
              shortDescription: { text: rules[code].says },
              fullDescription: { text: `${rules[code].says}. ${rules[code].why}.` },
              help: { text: `${rules[code].mend}. See ${documentation}.` },
              defaultConfiguration: { level: levels[rules[code].severity] }
            }))
          }
        },
        columnKind: 'utf16CodeUnits',
        originalUriBaseIds: { CONFIGURATION: { uri: `${pathToFileURL(folder).href.replace(/\/$/, '')}/` } },
        results: findings.map((finding) => resultOf(finding, folder))
      }
    ]
  }
}

function resultOf({ code, severity, file, line, column, message, hint }: Finding, folder: string): unknown {
  const relative = path.relative(folder, file)
  const isBelow = relative !== '' && !relative.startsWith('..') && !path.isAbsolute(relative)
  const artifactLocation = isBelow
    ? { uri: relative.split(path.sep).map(encodeURIComponent).join('/'), uriBaseId: 'CONFIGURATION' }
    : { uri: pathToFileURL(file).href }
  return {
    ruleId: code,
    ruleIndex: ruleCodes.indexOf(code),
    level: levels[severity],
    message: { text: `${message}. ${hint}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation,
          // Lines count from 1: what is about the whole file has none.
          ...(line > 0 && { region: { startLine: line, startColumn: Math.max(1, column) } })
        }
      }
    ]
  }
}
