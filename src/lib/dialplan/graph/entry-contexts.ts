import { decode } from '../../asterisk-config/text.js'
import { type EndpointDirectory, settingOf } from '../variables/endpoint-directory.js'

/** Contexts into which endpoints call or send messages. One without a context has `default`. */
export function entryContexts({ endpoints }: EndpointDirectory): Set<string> {
  const names = [...endpoints.values()].flatMap((endpoint) => [
    settingOf(endpoint, 'context') ?? 'default',
    settingOf(endpoint, 'message_context') ?? ''
  ])
  return new Set(names.filter((name) => name !== '').map(decode))
}
