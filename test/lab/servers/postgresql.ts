import fs from 'node:fs/promises'
import path from 'node:path'
import { run, succeeds } from './command.js'
import { LabError } from './errors.js'
import { Instance, type RunningServer, type ServerOptions } from './instance.js'
import { installPackages } from './packages.js'

export const POSTGRESQL_PACKAGES = ['postgresql'] as const

/** The server refuses root. The Debian package makes this user. */
const USER = 'postgres'
/** Debian keeps a folder per major version here. */
const VERSIONS = '/usr/lib/postgresql'

export interface PostgresqlOptions extends ServerOptions {
  readonly name?: string
  /** 0 or undefined picks a free port. */
  readonly port?: number
  /** More words for the server: `['-c', 'max_connections=5']`. */
  readonly args?: readonly string[]
}

export interface RunningPostgresql extends RunningServer {
  readonly port: number
  /** For clients: user postgres, trusted on loopback, and an empty database `pbxkit`. */
  readonly url: string
}

/**
 * Starts a PostgreSQL with a cluster of its own, which trusts everybody on loopback.
 * @throws StartError with the last lines of its log
 */
export async function startPostgresql(options: PostgresqlOptions = {}): Promise<RunningPostgresql> {
  await installPackages(POSTGRESQL_PACKAGES)
  const bin = await newestBin()
  const instance = await Instance.start({
    server: ['postgresql', options.name].filter(Boolean).join('-'),
    detached: options.detached ?? false,
    ports: { sql: options.port },
    // Its "fast" shutdown. SIGTERM would wait for the clients to leave.
    stopSignal: 'SIGINT',
    configure: async ({ dir }) => {
      await run('chown', [`${USER}:`, dir])
      const words = ['--auth=trust', '--no-sync', '--encoding=UTF8', `--username=${USER}`, `--pgdata=${dataIn(dir)}`]
      await run(path.join(bin, 'initdb'), words, { user: USER, cwd: dir })
    },
    command: ({ dir, ports }) => ({
      title: 'PostgreSQL',
      command: [path.join(bin, 'postgres'), ...serverWords(dir, ports.sql), ...(options.args ?? [])],
      cwd: dir,
      user: USER,
      // Its "immediate" shutdown.
      deathSignal: 'SIGQUIT',
      ready: () => succeeds(path.join(bin, 'pg_isready'), ['--host=127.0.0.1', `--port=${ports.sql}`])
    }),
    populate: async ({ ports }) => {
      const words = ['--host=127.0.0.1', `--port=${ports.sql}`, `--username=${USER}`, 'pbxkit']
      await run(path.join(bin, 'createdb'), words)
    },
    notes: ({ ports }) => [`SQL      ${urlOf(ports.sql)}`, `console  psql ${urlOf(ports.sql)}`]
  })
  return Object.assign(instance, { port: instance.ports.sql, url: urlOf(instance.ports.sql) })
}

function serverWords(dir: string, port: number): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: dir,
    // The data is thrown away: a crash of the machine may cost it.
    fsync: 'off'
  }
  return ['-D', dataIn(dir), ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
}

/** Debian keeps the server's programs out of PATH, because several versions can be installed. */
async function newestBin(): Promise<string> {
  const versions = await fs.readdir(VERSIONS).catch(() => [])
  const [newest] = versions
    .map(Number)
    .filter(Number.isInteger)
    .sort((a, b) => b - a)
  if (newest !== undefined) return path.join(VERSIONS, String(newest), 'bin')
  throw new LabError(`no PostgreSQL server below ${VERSIONS}`, 'install it again: "apt-get install --reinstall postgresql"')
}

function dataIn(dir: string): string {
  return path.join(dir, 'data')
}

function urlOf(port: number): string {
  return `postgresql://${USER}@127.0.0.1:${port}/pbxkit`
}
