import type { PbxkitError } from '../errors.js'
import type { SocketState } from './manager-socket.js'
import { SocketAnswerError, StrangeSocketError } from './socket-errors.js'

/** What is wrong with a socket, if anything, as an error with words, a hint and an exit status. */
export function socketProblem({ path, file, mode, version, error }: SocketState): PbxkitError | undefined {
  if (file === 'none') {
    return new SocketAnswerError('there is no such socket', {
      hint: 'Start it with pbxkit manager socket start, or set managersocket in voipmonitor.conf.'
    })
  }
  if (file === 'no socket') return new StrangeSocketError('is a file and no socket')
  if (error) return error
  if (version !== undefined && mode !== undefined && mode !== '0600') {
    return new StrangeSocketError(`answers, and has mode ${mode}: others than its owner may talk to the sniffer`, {
      hint: `Run: chmod 600 ${path}`
    })
  }
  return undefined
}
