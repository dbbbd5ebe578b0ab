import os from 'node:os'
import path from 'node:path'
import { ourselves, type ProcessIdentity } from './process-identity.js'
import { type InstanceRecord, register, save, unregister } from './registry.js'
import { type ServerCommand, type ServerProcess, startServer } from './server-process.js'

/** What every server the lab starts can do. */
export interface RunningServer {
  /** The server's process; another one after restart(). */
  readonly pid: number
  /** Its folder: configuration, data and log. */
  readonly dir: string
  readonly logFile: string
  /** Ends the server, and removes its folder and its record. */
  stop(): Promise<void>
  /** Sends a signal; resolves once the process is gone if the signal is one that ends it. The folder stays. */
  kill(signal: NodeJS.Signals): Promise<void>
  /** Starts it again on the same ports and folder, ending it first if it runs. */
  restart(): Promise<void>
}

/** Options that all servers share. */
export interface ServerOptions {
  /** Let it live on when this process ends, until `lab down`. */
  readonly detached?: boolean
}

/** Where and how to run one instance of a server. */
export interface InstancePlan<P extends string> extends ServerOptions {
  /** Short name for ids and `lab status`: `asterisk22`. */
  readonly server: string
  /** The folder to make the instance's own folder in. Default: the system's folder for temporary files. */
  readonly parent?: string
  readonly ports: Readonly<Record<P, number | undefined>>
  /** What asks for an orderly end. Default SIGTERM. */
  readonly stopSignal?: NodeJS.Signals
  /** Fills the instance's folder, once. */
  readonly configure: (instance: InstanceRecord<P>) => Promise<void>
  /** How to run it; asked again for every restart. */
  readonly command: (instance: InstanceRecord<P>) => Omit<ServerCommand, 'detached' | 'logFile' | 'stopSignal' | 'spawned'>
  /** What is to be done once when it runs for the first time: making a database. */
  readonly populate?: (instance: InstanceRecord<P>) => Promise<void>
  /** What a human needs to use it, a line each, for `lab up`. */
  readonly notes: (instance: InstanceRecord<P>) => readonly string[]
}

/** One instance of a server: its folder, ports, record and process. */
export class Instance<P extends string> implements RunningServer {
  readonly ports: Readonly<Record<P, number>>
  readonly dir: string
  readonly logFile: string
  #record: InstanceRecord<P>
  readonly #plan: InstancePlan<P>
  #server: ServerProcess | undefined

  private constructor(plan: InstancePlan<P>, record: InstanceRecord<P>) {
    this.#plan = plan
    this.#record = record
    this.ports = record.ports
    this.dir = record.dir
    this.logFile = path.join(record.dir, 'server.log')
  }

  /** @throws StartError, or whatever `configure` and `populate` throw; nothing is left behind then. */
  static async start<P extends string>(plan: InstancePlan<P>): Promise<Instance<P>> {
    const detached = plan.detached ?? false
    // Not below the home folder: it is closed to the users that servers run as, and socket paths must be short.
    const parent = plan.parent ?? path.join(os.tmpdir(), 'pbxkit-lab')
    const { server, ports, stopSignal = 'SIGTERM' } = plan
    const record = await register({ server, owner: ourselves(), stopSignal, detached, parent, ports })
    const instance = new Instance(plan, record)
    try {
      await plan.configure(record)
      await instance.#run()
      await plan.populate?.(record)
    } catch (error) {
      await instance.stop()
      throw error
    }
    return instance
  }

  get pid(): number {
    return this.#server?.identity.pid ?? 0
  }

  async stop(): Promise<void> {
    await this.#server?.stop()
    await unregister(this.#record)
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    await this.#server?.kill(signal)
  }

  async restart(): Promise<void> {
    await this.#server?.stop()
    await this.#run()
  }

  async #run(): Promise<void> {
    const { detached, stopSignal } = this.#record
    const { logFile } = this
    const spawned = (identity: ProcessIdentity): Promise<void> => this.#note(identity)
    this.#server = await startServer({ ...this.#plan.command(this.#record), detached, stopSignal, logFile, spawned })
  }

  async #note(identity: ProcessIdentity): Promise<void> {
    const owner = this.#record.detached ? identity : this.#record.owner
    this.#record = { ...this.#record, process: identity, owner, notes: this.#plan.notes(this.#record) }
    await save(this.#record)
  }
}
