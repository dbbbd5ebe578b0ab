import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { asteriskRoot } from './asterisk-root.js'
import { type ChrootPlan, isMade } from './chroot.js'
import { succeeds } from './command.js'
import { codename, mirror, whyNoDebian } from './debian.js'
import { LabError } from './errors.js'
import { KAMAILIO_PACKAGES } from './kamailio.js'
import { MARIADB_PACKAGES } from './mariadb.js'
import { NATS_PACKAGES } from './nats.js'
import { missingPackages } from './packages.js'
import { POSTGRESQL_PACKAGES } from './postgresql.js'

export const SERVERS = ['asterisk22', 'asterisk16', 'kamailio', 'mariadb', 'postgresql', 'nats'] as const
export type ServerName = (typeof SERVERS)[number]

export type Availability = { readonly ok: true } | { readonly ok: false; readonly reason: string }

/** Long enough for a far mirror's few bytes, short enough not to hold up a test run on a machine without a network. */
const MIRROR_TIMEOUT_MS = 10_000

/** The servers that live in a chroot. */
const CHROOTS: Readonly<Partial<Record<ServerName, ChrootPlan>>> = { asterisk22: asteriskRoot(22), asterisk16: asteriskRoot(16) }

/** The Debian packages of those that live on the machine itself. */
const PACKAGES: Readonly<Partial<Record<ServerName, readonly string[]>>> = {
  kamailio: KAMAILIO_PACKAGES,
  mariadb: MARIADB_PACKAGES,
  postgresql: POSTGRESQL_PACKAGES,
  nats: NATS_PACKAGES
}

/** Whether all that the server needs is on this machine already. */
export async function isPresent(server: ServerName): Promise<boolean> {
  const chroot = CHROOTS[server]
  return chroot ? isMade(chroot) : (await missingPackages(PACKAGES[server] ?? [])).length === 0
}

/**
 * Whether the server is there or this machine can make it, in a second or so. Nothing is installed; apt fetches a
 * signature of 2 kB from the mirror to see that it can be reached (and its lists, where it has none yet). Without a name:
 * whether all servers are.
 */
export async function labAvailable(server?: ServerName): Promise<Availability> {
  const reasons = await Promise.all((server ? [server] : SERVERS).map(whyNot))
  const reason = reasons.find((found) => found !== undefined)
  return reason === undefined ? { ok: true } : { ok: false, reason }
}

async function whyNot(server: ServerName): Promise<string | undefined> {
  const noDebian = whyNoDebian()
  if (noDebian) return noDebian
  try {
    if (await isPresent(server)) return undefined
    return await whyNoSuite(CHROOTS[server]?.suite ?? codename()!)
  } catch (error) {
    if (error instanceof LabError) return error.message
    throw error
  }
}

/** apt's own transport is used, since it knows the proxy and the certificates that this machine's apt is set up with. */
async function whyNoSuite(suite: string): Promise<string | undefined> {
  const uri = `${(await mirror()).replace(/\/$/, '')}/dists/${suite}/Release.gpg`
  // A folder of our own: apt-helper replaces its target, and as root it would replace even /dev/null.
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'pbxkit-lab-mirror-'))
  try {
    // Without its retries, which take seconds when the network is down.
    const words = ['-o', 'Acquire::Retries=0', 'download-file', uri, path.join(folder, 'Release.gpg')]
    const reachable = await succeeds('/usr/lib/apt/apt-helper', words, { timeoutMs: MIRROR_TIMEOUT_MS })
    return reachable ? undefined : `the Debian mirror cannot be reached or lacks ${suite}: apt could not fetch ${uri}`
  } finally {
    await fs.rm(folder, { recursive: true, force: true })
  }
}
