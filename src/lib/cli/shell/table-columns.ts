import type { Row } from '../rows.js'

/** What is looked for first in the lists of Asterisk; the others follow in the order of the wire. */
const wanted: Readonly<Record<string, readonly string[]>> = {
  CoreShowChannel: [
    'Channel',
    'ChannelStateDesc',
    'CallerIDNum',
    'Context',
    'Exten',
    'Application',
    'Duration',
    'ConnectedLineNum',
    'BridgeId'
  ],
  EndpointList: ['ObjectName', 'DeviceState', 'ActiveChannels', 'Contacts', 'Aor', 'Auths'],
  ContactList: ['ObjectName', 'Status', 'RoundtripUsec', 'UserAgent', 'Uri'],
  QueueSummary: ['Queue', 'LoggedIn', 'Available', 'Callers', 'HoldTime', 'LongestHoldTime', 'TalkTime'],
  Status: [
    'Channel',
    'ChannelStateDesc',
    'CallerIDNum',
    'ConnectedLineNum',
    'Context',
    'Exten',
    'Application',
    'Data',
    'Seconds'
  ],
  ListDialplan: ['Context', 'Extension', 'Priority', 'Application', 'AppData', 'Registrar'],
  OutboundRegistrationDetail: ['ObjectName', 'Status', 'NextReg', 'ServerUri', 'ClientUri']
}
const meaningless = new Set(['Event', 'ActionID', 'Privilege', 'SequenceNumber'])
/** A cell that is longer does not keep the others out of the table: it is cut by the edge of the terminal. */
const widestCell = 40

/**
 * The columns of a table for people: whole columns, as many as the terminal has room for, the telling ones first; none that is empty in every row.
 * @returns the columns, and how many were left out
 */
export function tableColumns(rows: readonly Row[], width: number): { columns: string[]; leftOut: number } {
  const all = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const filled = all.filter((name) => !meaningless.has(name) && rows.some((row) => textOf(row[name]) !== ''))
  const event = typeof rows[0]?.Event === 'string' ? rows[0].Event : ''
  const first = (Object.hasOwn(wanted, event) ? wanted[event]! : []).filter((name) => filled.includes(name))
  const ordered = [...first, ...filled.filter((name) => !first.includes(name))]
  const columns: string[] = []
  let used = 0
  for (const name of ordered) {
    const cells = rows.map((row) => Math.min(widestCell, textOf(row[name]).length))
    const needed = Math.max(name.length, ...cells.slice(0, 1_000)) + (columns.length > 0 ? 2 : 0)
    if (columns.length > 0 && used + needed > width) break
    columns.push(name)
    used += needed
  }
  return { columns, leftOut: ordered.length - columns.length }
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}
