import type { Block } from '../ami/block.js'
import { channelSnapshot } from '../ami/catalog/documentation.js'

/** Headers that say nothing about what has happened. */
const leftOut = new Set([
  'event',
  'privilege',
  'sequencenumber',
  'file',
  'line',
  'func',
  'timestamp',
  'systemname',
  'actionid',
  'eventlist',
  'eventtv',
  'eventversion',
  'severity',
  'sessionid'
])
/** What every event of a channel repeats stands behind what is this event's own. */
const ofEveryChannel = new Set(channelSnapshot.filter((name) => name !== 'Channel').map((name) => name.toLowerCase()))

/** An event in one line: its name, and its headers without the empty ones, those first that are not in every event of a channel. */
export function summariseEvent(event: Block): { name: string; fields: { name: string; value: string }[] } {
  const told = event.headers.filter(
    ({ name, value }) => name !== '' && value !== '' && value !== '<unknown>' && !leftOut.has(name.toLowerCase())
  )
  const isCommon = (name: string) => ofEveryChannel.has(name.toLowerCase().replace(/^dest(?=.)/, ''))
  const fields = [...told.filter(({ name }) => !isCommon(name)), ...told.filter(({ name }) => isCommon(name))]
  return { name: event.get('Event')?.trim() ?? '', fields: fields.map(({ name, value }) => ({ name, value })) }
}
