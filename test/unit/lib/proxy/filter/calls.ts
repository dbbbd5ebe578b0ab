import fs from 'node:fs'
import path from 'node:path'
import { EventView } from '../../../../../src/lib/proxy/filter/event-view.js'

export const fixtures = path.join(import.meta.dirname, '../../../../fixtures/ami/calls')

/** A recorded event, read without any code of the program's. */
export interface Recorded {
  readonly text: string
  readonly name: string
  readonly roles: readonly { channel?: string; uniqueid?: string; linkedid?: string }[]
}

export function readCalls(name: string): Recorded[] {
  return splitEvents(fs.readFileSync(path.join(fixtures, `${name}.txt`), 'latin1'))
}

export function splitEvents(text: string): Recorded[] {
  return text
    .split('\r\n\r\n')
    .filter((block) => block !== '')
    .map((block) => toRecorded(`${block}\r\n\r\n`))
}

export function toRecorded(text: string): Recorded {
  const roles = new Map<string, Record<string, string>>()
  for (const [, role, what, value] of text.matchAll(/^(\w*?)(Channel|(?<!Bridge)Uniqueid|Linkedid): (.+)\r$/gim)) {
    const key = role!.toLowerCase()
    roles.set(key, { ...roles.get(key), [what!.toLowerCase()]: value! })
  }
  return { text, name: /^Event: (.*)\r$/m.exec(text)?.[1] ?? '', roles: [...roles.values()] }
}

export function view(event: Recorded | string, server = 'pbx'): EventView {
  return new EventView(Buffer.from(typeof event === 'string' ? event : event.text, 'latin1'), server)
}

/** Which events a user of channels that begin so has to get, and which it may get, judged by hindsight. */
export function judge(events: readonly Recorded[], own: string) {
  const isOwn = (channel: string | undefined) => channel?.startsWith(`${own}-`) === true
  const parent = new Map<string, string>()
  const root = (link: string): string => {
    const up = parent.get(link)
    return up === undefined || up === link ? link : root(up)
  }
  const linksOf = new Map<string, Set<string>>()
  for (const { uniqueid, linkedid } of events.flatMap(({ roles }) => roles)) {
    if (!uniqueid || !linkedid) continue
    const links = linksOf.get(uniqueid) ?? new Set()
    linksOf.set(uniqueid, links.add(linkedid))
    parent.set(root(linkedid), root([...links][0]!))
  }
  const ownCalls = new Set(
    events.flatMap(({ roles }) => roles.flatMap(({ channel, linkedid }) => (isOwn(channel) && linkedid ? [root(linkedid)] : [])))
  )
  const linkOf = ({ uniqueid, linkedid }: Recorded['roles'][number]) => linkedid ?? [...(linksOf.get(uniqueid ?? '') ?? [])][0]
  const shown = new Set<string>()
  const shownChannels = new Set<string>()
  return events.map(({ name, roles }) => {
    if (!['CEL', 'Cdr', 'UserEvent'].includes(name)) {
      for (const { channel, linkedid } of roles) if (isOwn(channel) && linkedid) shown.add(linkedid)
      for (const { uniqueid, linkedid } of roles) if (uniqueid && linkedid && shown.has(linkedid)) shownChannels.add(uniqueid)
    }
    const must = roles.some(
      ({ channel, uniqueid, linkedid }) =>
        isOwn(channel) || (linkedid ? shown.has(linkedid) : uniqueid !== undefined && shownChannels.has(uniqueid))
    )
    const may = must || roles.some((role) => ownCalls.has(root(linkOf(role) ?? '')))
    return { must, may, hasChannels: roles.length > 0 }
  })
}

/** What is wrong with the order: a channel's Newchannel that comes twice, or after other events of the channel. CEL and Cdr have their own order. */
export function announcementFaults(sent: readonly Recorded[], followed: ReadonlySet<string>): string[] {
  const announced = new Set<string>()
  const faults: string[] = []
  for (const { name, roles } of sent) {
    for (const { uniqueid, linkedid } of roles) {
      if (!uniqueid || !linkedid || !followed.has(linkedid) || ['CEL', 'Cdr'].includes(name)) continue
      if (name === 'Newchannel') {
        if (announced.has(uniqueid)) faults.push(`${uniqueid} is announced twice`)
        announced.add(uniqueid)
      } else if (!announced.has(uniqueid)) faults.push(`${name} of ${uniqueid} before its Newchannel`)
    }
  }
  return faults
}
