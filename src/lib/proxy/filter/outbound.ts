import { Block, type Header, sameName } from '../../ami/block.js'
import type { FilterColumns } from '../user-options.js'
import { ChannelPattern } from './channel-pattern.js'
import { headerKind } from './header-families.js'
import { LocalChannel } from './local-channel.js'

/** What an Originate of `Local/…` may do that the columns would refuse: `filterlocal` of astmanproxy.conf 1.30. */
export type FilterLocal = 'off' | 'allow' | 'allowwith' | 'enforce'

export interface OutboundOptions {
  /**
   * off: nothing. allow: any Local channel. allowwith: those in the context of the column `out_context`. enforce: any, and it is put into that
   * context. Without an `out_context` the last two refuse.
   */
  filterLocal: FilterLocal
}

/** Either the message of the `Response: Error`, or the action as it goes on: the same block when nothing was changed. */
export type OutboundResult = { refused: string } | { block: Block }

/**
 * The filter columns of astmanproxy.users, on an action. Every header of a name counts, not only the first:
 * - `channel`: no `*Channel` (Channel, ExtraChannel, Channel1, …) and no `Interface` may be another channel, whatever the action.
 * - `out_context`: no `*Context` (Context, ExtraContext, …) may differ, case counting. So that this means something, an Originate may have no
 *   Application and no Local channel in another context, and Command is refused. (The old program let these through.)
 * - `account`: an Originate gets `Account`; account headers of all actions are overwritten; no Variable may set the account code.
 */
export function applyOutbound(action: Block, columns: FilterColumns, { filterLocal }: OutboundOptions): OutboundResult {
  const { channel, outContext, account } = columns
  if (!channel && !outContext && !account) return { block: action }
  const names = action.getAll('Action').map(trimmed)
  const isOriginate = names.some((name) => sameName(name, 'Originate'))
  if (outContext && names.some((name) => sameName(name, 'Command'))) return refused('Command may use any context')
  const pattern = channel ? new ChannelPattern(channel) : undefined
  const changes = new Map<Header, string>()
  for (const header of action.headers) {
    const value = trimmed(header.value)
    const reason =
      (isOriginate && sameName(header.name, 'Channel') && checkLocal(header, value, changes)) ||
      (value !== '' && checkHeader(header.name.trim().toLowerCase(), value)) ||
      undefined
    if (reason) return refused(reason)
  }
  return { block: rewritten(action, changes, isOriginate ? account : undefined) }

  function checkHeader(name: string, value: string): string | undefined {
    const family = name === 'interface' ? 'channel' : headerKind(name)?.family
    if (family === 'channel' && pattern) {
      const isLocalOfOriginate = isOriginate && name === 'channel' && LocalChannel.parse(value) !== undefined
      const lower = value.toLowerCase()
      const matches = isOriginate || name === 'interface' ? pattern.matchesDialled(lower) : pattern.matches(lower)
      if (!matches && !(isLocalOfOriginate && filterLocal !== 'off')) return `another channel than ${channel}`
    }
    if (family === 'context' && outContext && value !== outContext) return `another context than ${outContext}`
    if (isOriginate && outContext && name === 'application') return 'an Application needs no context'
    if (account && name === 'variable' && setsAccount.test(value)) return 'a variable sets the account'
    return undefined
  }

  /** Where a Local channel would run, and whether it may. */
  function checkLocal(header: Header, value: string, changed: Map<Header, string>): string | undefined {
    const local = LocalChannel.parse(value)
    if (!local || filterLocal === 'allow') return undefined
    const isOwn = pattern?.matchesDialled(value.toLowerCase()) === true
    if (filterLocal === 'off' && !outContext) return undefined
    // The column may name the context itself.
    if (isOwn && (!outContext || channel!.includes('@'))) return undefined
    if (!pattern && !outContext) return undefined
    if (!outContext) return 'a Local channel needs a context that is allowed'
    if (local.isAmbiguous) return 'a Local channel has to be Local/extension@context'
    if (local.context === outContext) return undefined
    if (filterLocal !== 'enforce') return `another context than ${outContext}`
    changed.set(header, local.inContext(outContext))
    return undefined
  }

  function rewritten(block: Block, changed: ReadonlyMap<Header, string>, added: string | undefined): Block {
    const isAccount = (header: Header) => headerKind(header.name.trim().toLowerCase())?.family === 'account'
    const hasAccount = block.headers.some((header) => sameName(header.name, 'Account'))
    if (changed.size === 0 && !added && !(account && block.headers.some(isAccount))) return block
    const lines = block.headers.map((header) => {
      if (account && isAccount(header)) return line(header.name, Buffer.from(account))
      const value = changed.get(header)
      return line(header.name, value === undefined ? header.bytes : Buffer.from(value))
    })
    if (added && !hasAccount) lines.push(line('Account', Buffer.from(added)))
    return new Block(Buffer.concat(lines), 'client')
  }
}

/** A line without a colon stays one. */
function line(name: string, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from(name === '' ? '' : `${name}: `), value, Buffer.from('\r\n')])
}

/** Dialplan functions work in the name of a variable. */
const setsAccount = /\b(?:CHANNEL|CDR)\s*\(\s*(?:accountcode|peeraccount)/i

/** Asterisk skips whatever is a blank or less before a value (ast_skip_blanks). At a NUL it ends, so that a value with one equals nothing. */
function trimmed(value: string): string {
  return value.replace(/^[\x01-\x20]+/, '')
}

/** The text begins as the old program's did: clients look for it. */
function refused(reason: string): OutboundResult {
  return { refused: `Action Filtered: ${reason}` }
}
