import { entryOf, serverNamed } from './catalogue.js'
import { isPresent, labAvailable, SERVERS, type ServerName } from './servers/availability.js'
import { releaseChroots } from './servers/chroot.js'
import { LabUnavailableError, LabUsageError } from './servers/errors.js'
import { labDir } from './servers/lab-dir.js'
import { withLock } from './servers/lock.js'
import { isAlive } from './servers/process-identity.js'
import { timed } from './servers/progress.js'
import { type InstanceRecord, readRecords, removeAbandoned, unregister } from './servers/registry.js'
import { terminate } from './servers/terminate.js'

/** Makes what the named servers (all, without a name) need. */
export async function prepare(words: readonly string[]): Promise<void> {
  const servers = words.length === 0 ? SERVERS : words.map(serverNamed)
  for (const server of servers) {
    await requireAvailable(server)
    await entryOf(server).prepare()
    print(`${server} is ready`)
  }
}

/** Starts servers that live on when we end. One that is up already is left as it is. */
export async function up(words: readonly string[]): Promise<void> {
  if (words.length === 0)
    throw new LabUsageError('up wants the names of servers', 'for example "npm run lab -- up asterisk nats"')
  const servers = words.map(serverNamed)
  for (const server of servers) await requireAvailable(server)
  await withLock('up', async () => {
    for (const server of servers) await bringUp(server)
  })
  for (const record of await recordsOf(servers)) show(record)
}

async function bringUp(server: ServerName): Promise<void> {
  const records = await recordsOf([server])
  if (records.some(isUp)) return
  for (const dead of records) await unregister(dead)
  await timed(`starting ${server}`, () => entryOf(server).start({ detached: true }))
}

/** Stops what `up` started: the named servers, or all. Without a name also tidies up after test runs that were killed. */
export async function down(words: readonly string[]): Promise<void> {
  const servers = words.length === 0 ? SERVERS : words.map(serverNamed)
  const records = await recordsOf(servers)
  if (records.length === 0) print('nothing to stop')
  for (const record of records) {
    const was = isUp(record) ? 'stopped' : 'had ended by itself'
    if (record.process) await terminate(record.process, record.stopSignal)
    await unregister(record)
    print(`${record.id} ${was}`)
  }
  if (words.length > 0) return
  await removeAbandoned()
  if ((await readRecords()).length === 0) await releaseChroots()
}

/** What runs, what is ready to run, and what this machine cannot run. */
export async function status(words: readonly string[]): Promise<void> {
  if (words.length > 0) throw new LabUsageError('status takes no further words', 'say "npm run lab -- status"')
  print(`lab folder ${labDir()}\n`)
  for (const server of SERVERS) print(`${server.padEnd(12)}${await readiness(server)}`)
  for (const record of await readRecords()) show(record)
}

async function requireAvailable(server: ServerName): Promise<void> {
  const available = await labAvailable(server)
  if (available.ok) return
  throw new LabUnavailableError(`cannot make ${server}: ${available.reason}`, 'correct that, or leave this server out')
}

async function readiness(server: ServerName): Promise<string> {
  const available = await labAvailable(server)
  if (!available.ok) return `unavailable: ${available.reason}`
  return (await isPresent(server)) ? 'ready' : `not made yet: "npm run lab -- prepare ${server}"`
}

/** Records of servers started by `up`; what a running test run started is its own. */
async function recordsOf(servers: readonly ServerName[]): Promise<InstanceRecord[]> {
  const records = await readRecords()
  return records.filter((record) => record.detached && servers.some((server) => record.server === server))
}

function isUp(record: InstanceRecord): boolean {
  return record.process !== undefined && isAlive(record.process)
}

function show(record: InstanceRecord): void {
  const { process } = record
  const pid = process ? `pid ${process.pid}` : 'not started'
  const state = isUp(record) ? `up, ${pid}` : `down, ${pid}`
  const owner = isAlive(record.owner)
    ? ', belongs to a test run'
    : ', left by a killed test run ("npm run lab -- down" removes it)'
  print(`\n${record.id}: ${state}${record.detached ? '' : owner}`)
  const stop = record.detached ? [`stop     npm run lab -- down ${record.server}`] : []
  for (const line of [...record.notes, `log      ${record.dir}/server.log`, ...stop]) print(`  ${line}`)
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
