import { suggestion } from '../nearest.js'
import type { RegisterState } from './columns.js'
import { type Command, parseCommand } from './command.js'
import { CommandParametersError } from './errors.js'
import { codecNumbers, knownCodecs } from './values.js'

/** What to show of the calls. All conditions have to hold; in numbers and names `%` stands for anything. */
export interface CallConditions {
  caller?: string | undefined
  called?: string | undefined
  /** Caller or called. */
  number?: string | undefined
  /** Either side's SIP address. */
  ip?: string | undefined
  callId?: string | undefined
  /** Names or numbers, with a comma between: any of them. */
  codec?: string | undefined
  /** Answered calls only. The sniffer has no condition for the others. */
  connected?: boolean | undefined
}

export interface ListOptions {
  /** So many rows at most; 0: the totals only. */
  limit?: number | undefined
  sortField?: string | undefined
  sortDirection?: 'asc' | 'desc' | undefined
  zip?: boolean | undefined
  /** Takes the place of the conditions: the sniffer's own filter, in JSON. */
  filter?: string | undefined
}

/**
 * Builds a checked `listcalls`. There are always parameters, as only then the sniffer says how many calls there are.
 * @throws CommandParametersError
 */
export function listCallsCommand(options: ListOptions & { conditions?: CallConditions; withMaps?: boolean } = {}): Command {
  const { conditions = {}, withMaps } = options
  return listCommand('listcalls', options, callFilter(conditions), withMaps ? { sensor_map: 'yes', ip_map: 'yes' } : {})
}

/**
 * Builds a checked `listregisters`.
 * @throws CommandParametersError
 */
export function listRegistersCommand(
  options: ListOptions & { states?: readonly RegisterState[]; conditions?: Readonly<Record<string, string>> } = {}
): Command {
  const { states = [], conditions = {} } = options
  return listCommand('listregisters', options, { ...conditions }, states.length > 0 ? { states: states.join(',') } : {})
}

function listCommand(
  name: 'listcalls' | 'listregisters',
  { limit, sortField, sortDirection, zip, filter }: ListOptions,
  conditions: Record<string, string>,
  more: Record<string, string>
): Command {
  if (filter !== undefined && Object.keys(conditions).length > 0) {
    throw new CommandParametersError('A filter in JSON and conditions exclude each other')
  }
  const text = filter ?? (Object.keys(conditions).length > 0 ? JSON.stringify(conditions) : undefined)
  const parameters = {
    ...(limit !== undefined && { limit }),
    ...(sortField !== undefined && { sort_field: sortField }),
    ...(sortDirection !== undefined && { sort_dir: sortDirection }),
    ...(zip && { zip: 'yes' }),
    ...more,
    // As text, the way the GUI sends it.
    ...(text !== undefined && { filter: text })
  }
  return parseCommand(`${name} ${JSON.stringify(parameters)}`)
}

function callFilter({ caller, called, number, ip, callId, codec, connected }: CallConditions): Record<string, string> {
  if (number !== undefined && (caller !== undefined || called !== undefined)) {
    throw new CommandParametersError('A number of either side, and one of the caller or the called, exclude each other')
  }
  return {
    ...(caller !== undefined && { caller }),
    ...(called !== undefined && { called }),
    ...(number !== undefined && { caller: number, callerd_type: '0' }),
    ...(ip !== undefined && { sipcallerip: ip, sipcallerdip_type: '0' }),
    ...(callId !== undefined && { callid: callId }),
    ...(codec !== undefined && { codec: codecFilter(codec) }),
    ...(connected && { connected: '1' })
  }
}

function codecFilter(codecs: string): string {
  const numbers = codecs.split(',').flatMap((codec) => {
    const found = codecNumbers(codec.trim())
    if (found) return found
    throw new CommandParametersError(`"${codec}" is not a codec of the sniffer's`, {
      hint: suggestion(codec, knownCodecs) ?? `It knows ${knownCodecs.join(', ')}, and numbers.`
    })
  })
  return numbers.join(',')
}
