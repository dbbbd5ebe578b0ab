import type { Answer } from '../ami/answer.js'
import type { Field } from '../ami/encode.js'
import { type PbxkitError, ProtocolError, UsageError } from '../errors.js'
import type { AmiClient } from './client.js'

/** Asks a proxy for the names of its servers. @throws ProtocolError when the peer is no such proxy */
async function listProxyServers(client: AmiClient, options: { timeoutMs: number }): Promise<string[]> {
  const { response } = await client.request([['ProxyAction', 'ListServers']], options)
  const names = response.getAll('ProxyServerName')
  if (names.length === 0) {
    throw new ProtocolError('The peer has no list of servers: it is not a pbxkit proxy', {
      hint: 'Connect to the proxy with --host and --port, or leave --all out.'
    })
  }
  return names
}

export interface AnswersOfAll {
  answers: { server: string; answer: Answer }[]
  failures: { server: string; error: PbxkitError }[]
}

/**
 * Sends an action to every server behind a proxy. One that fails does not take the others' answers away.
 * @throws UsageError for an action that has an ActionID or a Server already: answers could not be told apart
 */
export async function sendToAll(
  client: AmiClient,
  fields: readonly Field[],
  options: { timeoutMs: number }
): Promise<AnswersOfAll> {
  if (fields.some(([name]) => /^(actionid|server)$/i.test(name))) {
    throw new UsageError('An action for all servers gets an ActionID of its own for each, and its Server: leave both out')
  }
  const all: AnswersOfAll = { answers: [], failures: [] }
  const names = await listProxyServers(client, options)
  const results = await Promise.allSettled(names.map((server) => client.send([...fields, ['Server', server]], options)))
  for (const [index, result] of results.entries()) {
    const server = names[index]!
    if (result.status === 'fulfilled') all.answers.push({ server, answer: result.value })
    else all.failures.push({ server, error: result.reason as PbxkitError })
  }
  return all
}
