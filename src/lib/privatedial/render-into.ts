import { setTimeout as wait } from 'node:timers/promises'
import type { AmiClient } from '../ami-client/client.js'
import type { Site } from '../site/site.js'
import { proveFiles, reloadFiles } from './apply/apply-files.js'
import type { Comparison } from './apply/compare-objects.js'
import { acmeFiles } from './certificate/acme-source.js'
import { type CertificateReport, keepCertificate } from './certificate/keep-certificate.js'
import { passwordWarning } from './mail-password.js'
import { checkSize, renderSite } from './render-site.js'
import type { FileDifference } from './write/differences.js'
import { writeFiles } from './write/write-files.js'

export interface RenderRun {
  /** Where the files are written. */
  readonly folder: string
  /** The same folder as Asterisk sees it. */
  readonly configFolder: string
  /** Overwrites what was edited by hand, or was never rendered. */
  readonly force: boolean
  readonly dryRun: boolean
  /** That many users with hints are wanted all the same. */
  readonly acceptsSlowStart: boolean
  /** Sees to the certificate of SIP over TLS as well. */
  readonly certificates?: boolean
  /** Told of files that are not of the site, and on which the outcome depends. */
  readonly onRead?: (files: readonly string[]) => void
  /** Has Asterisk take the files, and looks whether it did. */
  readonly apply?: { readonly client: AmiClient; readonly timeoutMs: number; readonly signal: AbortSignal } | undefined
}

export interface RenderReport {
  readonly differences: readonly FileDifference[]
  /** In the order in which they were put in place; with `dryRun`, those that would be. */
  readonly written: readonly string[]
  readonly warnings: readonly string[]
  readonly applied: Comparison | undefined
  /** Undefined where there is no TLS, or nobody asked. */
  readonly certificate: CertificateReport | undefined
}

/** Qualifying and registering begin after a reload has answered: so often, a quarter of a second apart, the objects are looked at again. */
const proofs = 8

/**
 * Renders a site into Asterisk's folder, and has Asterisk take it.
 * @throws what renderSite, writeFiles, reloadFiles and proveFiles throw
 */
export async function renderInto(site: Site, run: RenderRun): Promise<RenderReport> {
  const { folder, configFolder, force, dryRun, acceptsSlowStart, apply, onRead } = run
  const warnings = [checkSize(site, acceptsSlowStart), passwordWarning(site, folder)].filter((one) => one !== undefined)
  const files = renderSite(site, { configFolder })
  const look = { folder, configFolder, dryRun, now: new Date() }
  const reload = async (names: readonly string[]) => {
    if (apply) await reloadFiles(apply.client, names, apply.timeoutMs)
  }
  const { differences, written } = await writeFiles(files, folder, { force, dryRun, beforeNumbers: reload, onIncluded: onRead })
  // Before the reload: Asterisk then takes a certificate whose file has changed.
  const acme = site.transport.tls?.acme
  if (run.certificates && acme !== undefined) onRead?.(acmeFiles(acme))
  const certificate = run.certificates ? await keepCertificate(site, look) : undefined
  // The owner changes it, and Asterisk has to be told.
  if (certificate?.state === 'foreign') onRead?.([certificate.file])
  if (!apply || dryRun) return { differences, written, warnings, applied: undefined, certificate }
  // Also what has not changed: Asterisk may not have read it yet.
  await reload(files.map(({ name }) => name))
  return { differences, written, warnings, applied: await prove(folder, apply), certificate }
}

async function prove(folder: string, { client, timeoutMs, signal }: NonNullable<RenderRun['apply']>): Promise<Comparison> {
  for (let left = proofs; ; left--) {
    const comparison = await proveFiles(client, folder, timeoutMs)
    if (left <= 1 || comparison.differences.every(({ kind }) => kind === 'transport')) return comparison
    await wait(250, undefined, { signal })
  }
}
