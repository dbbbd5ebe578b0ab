import { writeFileSync } from 'node:fs'
import type { RunningAsterisk } from '../servers/asterisk.js'
import { AMI_ADMIN } from '../servers/asterisk-config.js'
import { selfSigned } from '../servers/certificate.js'
import { type ProgramOptions, Service, scratchFile, scratchFolder } from './program.js'

/** A section of an ini for an Asterisk of the lab. */
export function serverSection(name: string, { amiPort }: Pick<RunningAsterisk, 'amiPort'>): string {
  return `[server ${name}]\nhost = 127.0.0.1\nport = ${amiPort}\nusername = ${AMI_ADMIN.username}\nsecret = ${AMI_ADMIN.secret}\n\n`
}

/** For clients of TLS on a machine that is busy with other tests: they may need longer than 25 ms until they speak. */
export const slowClients = 'hello-wait = 500ms\n'

/** A section for a user. @param lines what it has beside its secret */
export function userSection({ username, secret }: { username: string; secret: string }, lines: readonly string[] = []): string {
  return `[user ${username}]\nsecret = ${secret}\n${lines.join('\n')}\n\n`
}

/** A self-signed certificate for localhost and 127.0.0.1, with its key in one file, as `certfile` has it. @returns PEM text */
export async function certificateAndKey(): Promise<{ cert: string; both: string }> {
  const { cert, key } = await selfSigned(scratchFolder('certificate'))
  return { cert, both: `${key}${cert}` }
}

/** A proxy with a configuration file that changes while it runs. */
export class ConfiguredProxy {
  readonly service: Service
  readonly file: string
  #reloads = 0

  private constructor(service: Service, file: string) {
    this.service = service
    this.file = file
  }

  /**
   * Starts it, and waits until it is connected to the servers.
   * @param config the text of its configuration
   * @param servers names that the log will have
   */
  static async start(
    config: string,
    {
      servers,
      args = ['--listen', '127.0.0.1:0'],
      ...options
    }: ProgramOptions & { servers: readonly string[]; args?: readonly string[] }
  ): Promise<ConfiguredProxy> {
    const file = scratchFile('proxy.conf', config)
    const proxy = new ConfiguredProxy(await Service.start(['proxy', 'serve', '--config', file, ...args], options), file)
    for (const server of servers) await proxy.logged(`"server":"${server}"`, 'server connected')
    return proxy
  }

  get port(): number {
    return this.service.port('proxy')
  }

  /** Waits until a line of its log has all these words, so many times. */
  async logged(...words: string[]): Promise<void> {
    await this.loggedTimes(1, ...words)
  }

  async loggedTimes(times: number, ...words: string[]): Promise<void> {
    const lines = () => this.service.program.stderr.split('\n').filter((line) => words.every((word) => line.includes(word)))
    await this.service.program.until(() => lines().length >= times || undefined, `${words.join(' ')} on stderr ${times} times`)
  }

  /** Changes its configuration, if a new one is given, and has it read anew. Resolves when that is done. */
  async reload(config?: string): Promise<void> {
    if (config !== undefined) writeFileSync(this.file, config)
    this.service.program.kill('SIGHUP')
    await this.loggedTimes(++this.#reloads, 'settings reloaded')
  }

  stop(): Promise<void> {
    return this.service.stop()
  }
}
