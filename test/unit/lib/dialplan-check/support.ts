import { loadCatalogue } from '../../../../src/lib/dialplan-check/catalogue/catalogue.js'
import { type CheckOptions, checkConfiguration } from '../../../../src/lib/dialplan-check/check-configuration.js'
import type { Finding } from '../../../../src/lib/dialplan-check/finding.js'
import { MemoryHost } from '../../../../src/lib/dialplan-check/host.js'
import type { RuleCode } from '../../../../src/lib/dialplan-check/rules.js'

export type Files = Readonly<Record<string, string | Uint8Array>>

export const now = new Date('2026-12-15T00:00:00Z')

export interface Extra extends Partial<CheckOptions> {
  readonly modes?: Readonly<Record<string, number>>
}

/** What is found in files of /etc/asterisk. */
export async function check(files: Files, { modes, ...options }: Extra = {}): Promise<readonly Finding[]> {
  return checkConfiguration(new MemoryHost(files, modes), { catalogue: await loadCatalogue(), now, ...options }).findings
}

/** `file:line:column` of the findings of one code. */
export async function placesOf(code: RuleCode, files: Files, extra: Extra = {}): Promise<string[]> {
  return (await check(files, extra))
    .filter((one) => one.code === code)
    .map(({ file, line, column }) => `${file.replace('/etc/asterisk/', '')}:${line}:${column}`)
}

/** An extensions.conf of one context, which pjsip.conf leads to. Its lines count from 2. */
export function dialplan(lines: string, others = ''): Files {
  return { 'extensions.conf': `[default]\n${lines}\n${others}` }
}
