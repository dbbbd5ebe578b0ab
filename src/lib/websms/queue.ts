import type { ProfileSection } from './profile-section.js'

/** Where call files go: `[astqueue]`. */
export interface Queue {
  readonly outgoing: string
  readonly staging: string
  readonly channelContext: string
  readonly context: string
  readonly maxRetries: number
  readonly retryS: number
  readonly waitS: number
  readonly archives: boolean
}

export const defaultQueue: Queue = {
  outgoing: '/var/spool/asterisk/outgoing',
  staging: '/var/spool/asterisk/tmp',
  channelContext: 'dp_entry_answer',
  context: 'dp_entry_text_in',
  maxRetries: 0,
  retryS: 300,
  waitS: 45,
  archives: false
}

export function readQueue(settings: ProfileSection): Queue {
  const context = (name: string) => {
    const text = settings.text(name)
    if (text !== undefined && !/^[A-Za-z0-9_-]{1,79}$/.test(text)) throw settings.fail(name, 'is no name of a context')
    return text
  }
  const outgoing = settings.absolute('outgoingdir') ?? defaultQueue.outgoing
  return {
    outgoing,
    staging: settings.absolute('stagingdir') ?? outgoing.replace(/\/[^/]+\/?$/, '/tmp'),
    channelContext: context('channel_context') ?? defaultQueue.channelContext,
    context: context('context') ?? defaultQueue.context,
    maxRetries: settings.integer('maxretries', 0, 100) ?? defaultQueue.maxRetries,
    retryS: settings.integer('retrytime', 1, 86_400) ?? defaultQueue.retryS,
    waitS: settings.integer('waittime', 1, 600) ?? defaultQueue.waitS,
    archives: settings.isYes('archive')
  }
}
