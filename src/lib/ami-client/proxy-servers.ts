import type { Answer } from '../ami/answer.js'
import type { Field } from '../ami/encode.js'
import { ProtocolError } from '../errors.js'
import type { AmiClient } from './client.js'

/** A server behind a proxy. */
export interface ProxyServer {
  name: string
  state: string
}

/** Asks a proxy for its servers. @throws ProtocolError when the peer is no such proxy */
export async function listProxyServers(client: AmiClient, options: { timeoutMs: number }): Promise<ProxyServer[]> {
  const { response } = await client.request([['ProxyAction', 'ListServers']], options)
  const names = response.getAll('ProxyServerName')
  const states = response.getAll('ProxyServerState')
  if (names.length === 0) {
    throw new ProtocolError('The peer has no list of servers: it is not a pbxkit proxy', {
      hint: 'Connect to the proxy with --host and --port, or leave --all out.'
    })
  }
  return names.map((name, index) => ({ name, state: states[index] ?? 'unknown' }))
}

/** Sends an action to every server behind a proxy. A server that is down answers with the proxy's error. */
export async function sendToAll(
  client: AmiClient,
  fields: readonly Field[],
  options: { timeoutMs: number }
): Promise<{ server: string; answer: Answer }[]> {
  const servers = await listProxyServers(client, options)
  return Promise.all(
    servers.map(async ({ name }) => ({ server: name, answer: await client.send([...fields, ['Server', name]], options) }))
  )
}
