import { Instance, type RunningServer, type ServerOptions } from './instance.js'
import { installPackages } from './packages.js'
import { accepts } from './wait.js'

export const NATS_PACKAGES = ['nats-server'] as const

export interface NatsOptions extends ServerOptions {
  readonly name?: string
  /** 0 or undefined picks a free port. */
  readonly port?: number
  /** More words for nats-server: `['--user', 'u', '--pass', 'p']`. */
  readonly args?: readonly string[]
}

export interface RunningNats extends RunningServer {
  readonly port: number
  readonly url: string
}

/**
 * Starts a NATS server, without authentication.
 * @throws StartError with the last lines of its log
 */
export async function startNats(options: NatsOptions = {}): Promise<RunningNats> {
  await installPackages(NATS_PACKAGES)
  const instance = await Instance.start({
    server: ['nats', options.name].filter(Boolean).join('-'),
    detached: options.detached ?? false,
    ports: { nats: options.port },
    configure: async () => {},
    command: ({ ports }) => ({
      title: 'NATS',
      command: ['nats-server', '--addr', '127.0.0.1', '--port', String(ports.nats), ...(options.args ?? [])],
      ready: () => accepts(ports.nats)
    }),
    notes: ({ ports }) => [`NATS     ${urlOf(ports.nats)}`]
  })
  return Object.assign(instance, { port: instance.ports.nats, url: urlOf(instance.ports.nats) })
}

function urlOf(port: number): string {
  return `nats://127.0.0.1:${port}`
}
