import { startAsterisk } from './servers/asterisk.js'
import { type AsteriskVersion, prepareAsterisk } from './servers/asterisk-root.js'
import { SERVERS, type ServerName } from './servers/availability.js'
import { LabUsageError } from './servers/errors.js'
import type { RunningServer, ServerOptions } from './servers/instance.js'
import { KAMAILIO_PACKAGES, startKamailio } from './servers/kamailio.js'
import { MARIADB_PACKAGES, startMariadb } from './servers/mariadb.js'
import { NATS_PACKAGES, startNats } from './servers/nats.js'
import { installPackages } from './servers/packages.js'
import { POSTGRESQL_PACKAGES, startPostgresql } from './servers/postgresql.js'

/** What the command line can do with a server. */
interface Entry {
  /** Downloads and makes all that is needed to start it, and nothing else. */
  readonly prepare: () => Promise<void>
  readonly start: (options: ServerOptions) => Promise<RunningServer>
}

const CATALOGUE: Readonly<Record<ServerName, Entry>> = {
  asterisk22: asterisk(22),
  asterisk16: asterisk(16),
  kamailio: { prepare: () => installPackages(KAMAILIO_PACKAGES), start: startKamailio },
  mariadb: { prepare: () => installPackages(MARIADB_PACKAGES), start: startMariadb },
  postgresql: { prepare: () => installPackages(POSTGRESQL_PACKAGES), start: startPostgresql },
  nats: { prepare: () => installPackages(NATS_PACKAGES), start: startNats }
}

/** `asterisk` is the current one. */
const ALIASES: Readonly<Record<string, ServerName>> = { asterisk: 'asterisk22', postgres: 'postgresql' }

export function entryOf(server: ServerName): Entry {
  return CATALOGUE[server]
}

/** @throws LabUsageError that names the servers there are */
export function serverNamed(word: string): ServerName {
  const name = ALIASES[word] ?? SERVERS.find((server) => server === word)
  if (name) return name
  throw new LabUsageError(`there is no server "${word}"`, `the servers are ${['asterisk', ...SERVERS].join(', ')}`)
}

function asterisk(version: AsteriskVersion): Entry {
  return {
    prepare: async () => {
      await prepareAsterisk(version)
    },
    start: (options) => startAsterisk({ ...options, version })
  }
}
