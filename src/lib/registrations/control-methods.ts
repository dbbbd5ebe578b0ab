import type { ControlParams } from '../control/control-protocol.js'
import type { ControlMethods } from '../control/control-server.js'
import { DataError, UsageError } from '../errors.js'
import type { RegistrationAccount } from './account.js'
import { localUri } from './incoming-requests.js'
import type { KeptRegistration } from './kept-registration.js'
import type { RegistrationKeeper } from './registration-keeper.js'
import { findKept, registrationRow, type SearchAttribute, searchAttributes } from './registration-row.js'

export interface ControlSources {
  keeper: RegistrationKeeper
  now: () => number
  startedAt: string
  /** Reads the accounts again. @returns what has changed */
  reload: () => Promise<Record<string, unknown>>
  /** An account from the columns of the table. @throws DataError */
  readAccount: (columns: Record<string, unknown>) => Promise<RegistrationAccount>
}

// A page of Kamailio's reg_dump would be 4 KiB; this is 500 KiB of JSON, and below the bound of a reply.
const maxPage = 500

/** What a running `uac register` can be asked, by the names of Kamailio's RPC. */
export function controlMethods({ keeper, now, startedAt, reload, readAccount }: ControlSources): ControlMethods {
  const find = (params: ControlParams) => {
    const attribute = (params.attribute ?? 'l_uuid') as SearchAttribute
    if (!searchAttributes.includes(attribute)) {
      throw new UsageError(`There is no attribute "${String(attribute).slice(0, 64)}"`, {
        hint: `There are ${searchAttributes.join(', ')}.`
      })
    }
    if (typeof params.value !== 'string') throw new UsageError('value is missing')
    const known = attribute === 'l_uuid' && !params.value.includes('*') ? keeper.accounts.get(params.value) : undefined
    return known ? [known] : [...findKept(keeper.accounts.values(), attribute, params.value)]
  }
  const each = (act: (kept: KeptRegistration) => void) => (params: ControlParams) => {
    const found = find(params)
    for (const kept of found) act(kept)
    return { count: found.length }
  }
  return {
    'uac.status': () => summaryOf(keeper, startedAt),
    'uac.reg_dump': ({ offset, limit, attribute, value }) => {
      const from = wholeNumber('offset', offset, 0)
      const count = Math.min(maxPage, wholeNumber('limit', limit, maxPage))
      const all = value === undefined ? [...keeper.accounts.values()] : find({ attribute, value })
      return { total: all.length, offset: from, rows: all.slice(from, from + count).map((kept) => registrationRow(kept, now())) }
    },
    'uac.reg_info': (params) => ({
      rows: find(params)
        .slice(0, maxPage)
        .map((kept) => registrationRow(kept, now()))
    }),
    'uac.reg_refresh': each((kept) => keeper.refresh(kept)),
    'uac.reg_register': each((kept) => keeper.refresh(kept)),
    'uac.reg_unregister': each((kept) => keeper.disable(kept)),
    'uac.reg_enable': each((kept) => keeper.enable(kept)),
    'uac.reg_disable': each((kept) => keeper.disable(kept)),
    'uac.reg_remove': each((kept) => void keeper.remove(kept.registration.account.uuid)),
    'uac.reg_add': async ({ account }) => {
      if (typeof account !== 'object' || account === null) throw new UsageError('account is missing')
      const read = await readAccount(account as Record<string, unknown>)
      if (keeper.accounts.has(read.uuid)) throw new DataError(`There is an account ${read.uuid} already`)
      keeper.add(read)
      return { l_uuid: read.uuid }
    },
    'uac.reg_reload': () => reload(),
    'uac.reg_active': ({ active }) => {
      keeper.pause(active === false || active === 0)
      return { active: !keeper.isPaused }
    },
    'uac.reg_lookup': (params) => {
      const [kept] = find(params)
      const uri = kept && localUri(kept.registration.account)
      return { uri: uri ?? null }
    },
    'uac.reg_lookup_uri': ({ uri }) => {
      for (const { registration } of keeper.accounts.values()) {
        const { account, aor } = registration
        if (aor === uri || localUri(account) === uri) return { l_uuid: account.uuid }
      }
      return { l_uuid: null }
    }
  }
}

function wholeNumber(name: string, value: unknown, otherwise: number): number {
  if (value === undefined) return otherwise
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new UsageError(`${name} is no number`)
  return value
}

/** The state of all, in numbers. Kamailio's counters stand under their own names, and mean what they say. */
export function summaryOf(keeper: RegistrationKeeper, startedAt: string): Record<string, unknown> {
  const states: Record<string, number> = {}
  let registered = 0
  for (const { registration } of keeper.accounts.values()) {
    states[registration.state] = (states[registration.state] ?? 0) + 1
    if (registration.isRegistered) registered++
  }
  const { stats, window, breaker, flows } = keeper
  return {
    startedAt,
    regtotal: keeper.accounts.size,
    regactive: registered,
    regdisabled: states.disabled ?? 0,
    paused: keeper.isPaused,
    states,
    requests: window.requests,
    repeats: window.repeats,
    attempts: stats.attempts,
    timeouts: stats.timeouts,
    expired: stats.expired,
    replies: Object.fromEntries([...stats.replies].sort(([a], [b]) => a - b)),
    window: { limit: window.limit, active: window.active, waiting: window.waiting },
    silentTargets: breaker.open,
    flows: flows.size
  }
}
