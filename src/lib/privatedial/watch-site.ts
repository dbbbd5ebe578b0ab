import type { CertificateReport } from './certificate/keep-certificate.js'
import { renewWhenDue } from './certificate/renew-when-due.js'
import { watchFiles } from './watch-files.js'
import type { WatchedFiles } from './watched-files.js'

export interface WatchSiteOptions {
  /** What the last rendering read. */
  watched: WatchedFiles
  /** What the last look at the certificate found. */
  certificate: () => CertificateReport | undefined
  render: () => Promise<void>
  signal: AbortSignal
}

/** Renders again when a file that was read changes, and when the certificate has to be renewed, until the signal is aborted. */
export async function watchSite({ watched, certificate, render, signal }: WatchSiteOptions): Promise<void> {
  await Promise.all([watchFiles(watched, render, signal), renewWhenDue(certificate, render, signal)])
}
