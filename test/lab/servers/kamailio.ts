import fs from 'node:fs/promises'
import path from 'node:path'
import { run } from './command.js'
import { LabError } from './errors.js'
import { Instance, type RunningServer, type ServerOptions } from './instance.js'
import { REGISTRAR } from './kamailio-registrar.js'
import { installPackages } from './packages.js'
import { isBound } from './wait.js'

/** Kamailio, and the SIP programs that the tests use against it. */
export const KAMAILIO_PACKAGES = ['kamailio', 'kamailio-tls-modules', 'sip-tester', 'sipsak'] as const

/** What the text of the configuration may depend on. */
export interface KamailioPlace {
  /** For `listen=udp:127.0.0.1:PORT` and tcp. */
  readonly port: number
  readonly tlsPort: number
  /** The instance's folder, writable, for control sockets and certificates. */
  readonly dir: string
  /** For `mpath=`. */
  readonly modulesDir: string
}

export interface KamailioOptions extends ServerOptions {
  readonly name?: string
  /** The text of kamailio.cfg. Default: a registrar that knows any user by the password `pw-USER`. */
  readonly config?: string | ((place: KamailioPlace) => string)
  /** More command line words: `['-A', 'WITH_TLS']`. */
  readonly args?: readonly string[]
  /** 0 or undefined picks a free port. */
  readonly port?: number
  readonly tlsPort?: number
}

export interface RunningKamailio extends RunningServer {
  readonly port: number
  readonly tlsPort: number
}

/**
 * Starts a Kamailio and resolves when its port is bound (UDP or TCP).
 * @throws StartError with the last lines of its log, which name the line of a wrong configuration
 */
export async function startKamailio(options: KamailioOptions = {}): Promise<RunningKamailio> {
  await installPackages(KAMAILIO_PACKAGES)
  const modulesDir = await findModules()
  const config = options.config ?? REGISTRAR
  const instance = await Instance.start({
    server: ['kamailio', options.name].filter(Boolean).join('-'),
    detached: options.detached ?? false,
    ports: { sip: options.port, sipTls: options.tlsPort },
    configure: async ({ dir, ports }) => {
      const place = { port: ports.sip, tlsPort: ports.sipTls, dir, modulesDir }
      await fs.writeFile(path.join(dir, 'kamailio.cfg'), typeof config === 'string' ? config : config(place))
    },
    command: ({ dir, ports }) => ({
      title: 'Kamailio',
      // -DD: stays in the foreground with its workers as children. -E: log to stderr. -Y: its run folder.
      command: ['kamailio', '-DD', '-E', '-f', path.join(dir, 'kamailio.cfg'), '-Y', dir, ...(options.args ?? [])],
      cwd: dir,
      // The main process ends its workers when asked; after SIGKILL they would stay.
      deathSignal: 'SIGTERM',
      ready: async () => isBound(ports.sip)
    }),
    notes: ({ ports }) => [
      `SIP      127.0.0.1:${ports.sip} (UDP, TCP)`,
      '         any user, password pw-USER (alice: pw-alice), MD5 digest'
    ]
  })
  return Object.assign(instance, { port: instance.ports.sip, tlsPort: instance.ports.sipTls })
}

/** The folder has the machine's architecture in its name, so the package is asked. */
async function findModules(): Promise<string> {
  const files = (await run('dpkg', ['--listfiles', 'kamailio'])).split('\n')
  const module = files.find((file) => file.endsWith('/kamailio/modules/tm.so'))
  if (module) return `${path.dirname(module)}/`
  throw new LabError(
    'the Debian package kamailio has no modules/tm.so',
    'install it again: "apt-get install --reinstall kamailio"'
  )
}
