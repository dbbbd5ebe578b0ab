import { AddressList } from '../access/address-list.js'
import { ConfigDocument } from '../asterisk-config/document.js'
import { ConfigError } from '../errors.js'
import { type Incoming, readIncoming } from './incoming.js'
import { type Outgoing, readOutgoing } from './outgoing.js'
import { ProfileSection, readPrivate } from './profile-section.js'
import { defaultQueue, type Queue, readQueue } from './queue.js'

export interface Profiles {
  readonly outgoing: ReadonlyMap<string, Outgoing>
  readonly incoming: readonly Incoming[]
  /** Reverse proxies whose X-Forwarded-For is believed. */
  readonly proxies: AddressList | undefined
  readonly queue: Queue
}

/** @throws ConfigError with file and line; never with a value that may be a secret */
export function readProfiles(file: string): Profiles {
  const document = ConfigDocument.parse(Buffer.from(readPrivate(file)), file)
  const outgoing = new Map<string, Outgoing>()
  const incoming: Incoming[] = []
  let proxies: AddressList | undefined
  let queue: Queue | undefined
  const seen = new Set<string>()
  for (const section of document.sections) {
    const [, kind, name = ''] = /^(websms|websmsd|astqueue)(?::([A-Za-z0-9][A-Za-z0-9_.-]{0,39}))?$/.exec(section.name) ?? []
    const where = `${file}:${section.line}`
    if (kind === undefined || (kind === 'astqueue' && name !== ''))
      throw new ConfigError(`${where}: there is no section [${section.name}]`, {
        hint: 'There are [websms:NAME], [websmsd:NAME] and [astqueue].'
      })
    if (seen.has(section.name)) throw new ConfigError(`${where}: [${section.name}] is there already`)
    seen.add(section.name)
    const settings = new ProfileSection(section, file)
    if (kind === 'websms') outgoing.set(name, readOutgoing(name, settings))
    else if (kind === 'astqueue') queue = readQueue(settings)
    else if (name === '' && !section.settings.some((one) => one.name !== 'prox_addr')) proxies = readProxies(settings)
    else incoming.push(readIncoming(name, settings))
    settings.refuseUnknown()
  }
  const paths = incoming.map((one) => one.path)
  const twice = paths.find((one, index) => paths.indexOf(one) !== index)
  if (twice !== undefined) throw new ConfigError(`${file}: two sections have the url_path ${twice}`)
  return { outgoing, incoming, proxies, queue: queue ?? defaultQueue }
}

function readProxies(settings: ProfileSection): AddressList | undefined {
  const entries = settings.list('prox_addr')
  return entries.length === 0 ? undefined : new AddressList(entries, settings.where('prox_addr'))
}
