import type { CertificateReport } from './certificate/keep-certificate.js'
import { renewWhenDue } from './certificate/renew-when-due.js'
import { stateOf, watchFiles } from './watch-files.js'

export { stateOf }

export interface WatchSiteOptions {
  /** What `stateOf` gave before the files were read for the first time: a change since then counts. */
  before: string
  /** What the last look at the certificate found. */
  certificate: () => CertificateReport | undefined
  render: () => Promise<void>
  signal: AbortSignal
}

/** Renders again when a file of the site or of its ACME client changes, and when its certificate has to be renewed, until the signal is aborted. */
export async function watchSite(
  files: readonly string[],
  { before, certificate, render, signal }: WatchSiteOptions
): Promise<void> {
  const watched = () => [...files, ...(certificate()?.watched ?? [])]
  const now = stateOf(watched())
  if (stateOf(files) !== before) await render()
  await Promise.all([watchFiles(watched, render, signal, now), renewWhenDue(certificate, render, signal)])
}
