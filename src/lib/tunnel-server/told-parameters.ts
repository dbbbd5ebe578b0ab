import type { Parameters } from '../tunnel/parameters.js'
import type { TunnelPeer } from './local-tunnels.js'
import type { TunnelServerOptions } from './options.js'

/** What a client of protocol 2 says of itself in its hello; who says nothing of its calls, or nonsense, is offered any number. */
export function peerOf(parameters: Parameters): Pick<TunnelPeer, 'instance' | 'version'> & { maxCalls: number } {
  const { instance = '', version = '', calls = '' } = parameters
  return { instance, version, maxCalls: /^[1-9]\d{0,8}$/.test(calls) ? Number(calls) : Number.POSITIVE_INFINITY }
}

/** What it is told of us when it has logged in: who we are, and what people are to read. */
export function parametersOfServer({ version, metadata }: Pick<TunnelServerOptions, 'version' | 'metadata'>): Parameters {
  return { ...(version && { version }), ...(metadata?.message && { notice: metadata.message }) }
}
