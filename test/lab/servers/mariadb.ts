import path from 'node:path'
import { run, succeeds } from './command.js'
import { Instance, type RunningServer, type ServerOptions } from './instance.js'
import { installPackages } from './packages.js'

export const MARIADB_PACKAGES = ['mariadb-server'] as const

export interface MariadbOptions extends ServerOptions {
  readonly name?: string
  /** 0 or undefined picks a free port. */
  readonly port?: number
  /** More words for mariadbd: `['--max-connections=5']`. */
  readonly args?: readonly string[]
}

export interface RunningMariadb extends RunningServer {
  readonly port: number
  readonly socket: string
  /** For clients: user root without a password, and an empty database `pbxkit`. */
  readonly url: string
}

/**
 * Starts a MariaDB with a data folder of its own, with a user root without a password on the socket and on TCP.
 * @throws StartError with the last lines of its log
 */
export async function startMariadb(options: MariadbOptions = {}): Promise<RunningMariadb> {
  await installPackages(MARIADB_PACKAGES)
  const instance = await Instance.start({
    server: ['mariadb', options.name].filter(Boolean).join('-'),
    detached: options.detached ?? false,
    ports: { sql: options.port },
    configure: async ({ dir }) => {
      const how = ['--no-defaults', '--auth-root-authentication-method=normal', '--user=root', '--skip-test-db']
      await run('mariadb-install-db', [...how, `--datadir=${dataIn(dir)}`])
    },
    command: ({ dir, ports }) => ({
      title: 'MariaDB',
      command: ['mariadbd', ...serverWords(dir, ports.sql), ...(options.args ?? [])],
      ready: () => succeeds('mariadb-admin', ['--no-defaults', `--socket=${socketIn(dir)}`, '--user=root', 'ping'])
    }),
    populate: async ({ dir }) => {
      const sql = 'CREATE DATABASE pbxkit CHARACTER SET utf8mb4'
      await run('mariadb', ['--no-defaults', `--socket=${socketIn(dir)}`, '--user=root', '--execute', sql])
    },
    notes: ({ dir, ports }) => [`SQL      ${urlOf(ports.sql)}`, `console  mariadb --socket=${socketIn(dir)} -u root pbxkit`]
  })
  return Object.assign(instance, { port: instance.ports.sql, socket: socketIn(instance.dir), url: urlOf(instance.ports.sql) })
}

function serverWords(dir: string, port: number): string[] {
  return [
    // Must come first. Without it the machine's own /etc/mysql would have a say.
    '--no-defaults',
    // mariadbd refuses root unless it is named.
    '--user=root',
    `--datadir=${dataIn(dir)}`,
    `--socket=${socketIn(dir)}`,
    `--pid-file=${path.join(dir, 'mariadb.pid')}`,
    '--bind-address=127.0.0.1',
    `--port=${port}`,
    '--skip-name-resolve',
    // A crash of the machine may cost data that is thrown away anyway; kill -9 of the server must cost none.
    '--innodb-flush-log-at-trx-commit=2'
  ]
}

function dataIn(dir: string): string {
  return path.join(dir, 'data')
}

function socketIn(dir: string): string {
  return path.join(dir, 'mariadb.sock')
}

function urlOf(port: number): string {
  return `mysql://root@127.0.0.1:${port}/pbxkit`
}
