import type { Field } from '../ami/encode.js'
import { ownAnswer } from './rewrite.js'
import type { Servers } from './servers.js'

/** Answers a `ProxyAction`, astmanproxy's own actions. Its one line per server stays; what programs need is added as headers. */
export function answerProxyAction(name: string, servers: Servers, id: Buffer | undefined): Buffer {
  if (name.toLowerCase() === 'listservers') return listServers(servers, id)
  return ownAnswer(
    [
      ['ProxyResponse', 'Error'],
      ['Message', 'Invalid Proxy Action']
    ],
    id
  )
}

function listServers(servers: Servers, id: Buffer | undefined): Buffer {
  const fields = servers.all.flatMap(({ name, state, options: { host, port, username } }): Field[] => [
    ['ProxyListServer', `I: ${host} H: ${host} U: ${username} P: ${port} E: on `],
    ['ProxyServerName', name],
    ['ProxyServerState', state]
  ])
  return ownAnswer([['ProxyResponse', 'Success'], ...fields], id)
}
