import { randomBytes } from 'node:crypto'
import fs from 'node:fs/promises'
import path from 'node:path'
import { recordsDir } from './lab-dir.js'
import { withLock } from './lock.js'
import { choosePort } from './ports.js'
import { isAlive, type ProcessIdentity } from './process-identity.js'

/** What is known about one running server, kept in a file so that other processes (and `lab status`) see it. */
export interface InstanceRecord<P extends string = string> {
  /** Unique on this machine, and the name of its folder: `asterisk22-1f3a9c`. */
  readonly id: string
  readonly server: string
  /** The instance's folder. It is removed with the instance. */
  readonly dir: string
  readonly ports: Readonly<Record<P, number>>
  /** Who the instance belongs to: the test run that started it, or the server itself when it outlives its starter. */
  readonly owner: ProcessIdentity
  /** The server's process, once started. */
  readonly process?: ProcessIdentity
  /** What asks it for an orderly end. */
  readonly stopSignal: NodeJS.Signals
  /** Started by `lab up`: stays until `lab down`. */
  readonly detached: boolean
  /** What a human needs to use it, a line each. */
  readonly notes: readonly string[]
}

export type NewInstance<P extends string> = Pick<InstanceRecord, 'server' | 'owner' | 'stopSignal' | 'detached'> & {
  /** The folder to put the instance's own folder in. */
  readonly parent: string
  /** Port numbers by name; 0 or undefined picks a free one. */
  readonly ports: Readonly<Record<P, number | undefined>>
}

/**
 * Makes an instance's folder and reserves its ports, so that test files which run at the same time never get the same.
 * What died without a chance to tidy up is tidied up here.
 */
export async function register<P extends string>(wanted: NewInstance<P>): Promise<InstanceRecord<P>> {
  return await withLock('instances', async () => {
    await sweep()
    const taken = new Set((await readRecords()).flatMap((record) => Object.values(record.ports)))
    const ports: Partial<Record<P, number>> = {}
    for (const name of Object.keys(wanted.ports) as P[]) {
      const port = await choosePort(wanted.ports[name], taken)
      taken.add(port)
      ports[name] = port
    }
    const { server, owner, stopSignal, detached, parent } = wanted
    const id = `${server}-${randomBytes(3).toString('hex')}`
    const dir = path.join(parent, id)
    await fs.mkdir(dir, { recursive: true })
    const record = { id, server, dir, ports: ports as Record<P, number>, owner, stopSignal, detached, notes: [] }
    await save(record)
    return record
  })
}

/** Writes the record, whole or not at all: readers take no lock. */
export async function save(record: InstanceRecord): Promise<void> {
  await fs.mkdir(recordsDir(), { recursive: true })
  const file = path.join(recordsDir(), `${record.id}.json`)
  await fs.writeFile(`${file}.${process.pid}.tmp`, `${JSON.stringify(record, null, 2)}\n`)
  await fs.rename(`${file}.${process.pid}.tmp`, file)
}

/** Forgets the instance and removes its folder. */
export async function unregister(record: InstanceRecord): Promise<void> {
  await fs.rm(record.dir, { recursive: true, force: true })
  await fs.rm(path.join(recordsDir(), `${record.id}.json`), { force: true })
}

/** All records, the dead ones too, by id. */
export async function readRecords(): Promise<InstanceRecord[]> {
  const names = await fs.readdir(recordsDir()).catch(() => [])
  const records = names
    .filter((name) => name.endsWith('.json'))
    .map(async (name): Promise<InstanceRecord[]> => {
      try {
        return [JSON.parse(await fs.readFile(path.join(recordsDir(), name), 'utf8'))]
      } catch {
        return [] // Removed since the folder was read: its instance was stopped meanwhile.
      }
    })
  return (await Promise.all(records)).flat().sort((a, b) => a.id.localeCompare(b.id))
}

/** Removes what killed test runs left. Their servers ended with them (see server-process.ts); folders and records remain. */
export async function removeAbandoned(): Promise<void> {
  await withLock('instances', sweep)
}

/** Servers started by `lab up` are left alone even when dead, so that `lab status` can say so and their logs remain. */
async function sweep(): Promise<void> {
  for (const record of await readRecords()) {
    const abandoned = !record.detached && !isAlive(record.owner)
    if (abandoned && !(record.process && isAlive(record.process))) await unregister(record)
  }
}
