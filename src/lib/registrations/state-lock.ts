import { IoError, ListenError } from '../errors.js'
import { listenOnPath } from '../net/unix-listener.js'

/**
 * Keeps a second process from a state file: two would register with each other's Call-IDs and use up each other's nonces. Whoever has it listens at
 * `FILE.lock`, which the system ends with the process, however that ends; what a dead one left is taken over.
 * @returns gives it back
 * @throws IoError when another one has it, or its folder is not ours to write in
 */
export async function lockState(file: string): Promise<() => void> {
  try {
    const listener = await listenOnPath(`${file}.lock`, {
      what: 'pbxkit uac register',
      onConnection: (socket) => void socket.on('error', () => {}).destroy(),
      onAcceptError: () => {}
    })
    return () => listener.close()
  } catch (cause) {
    if (!(cause instanceof ListenError)) throw cause
    if (cause.details?.reason === 'EADDRINUSE')
      throw new IoError(`Another pbxkit uac register has the state ${file}`, {
        cause,
        hint: 'Stop it, or give each of them a --state of its own.'
      })
    throw new IoError(`Cannot keep the state in ${file}: ${cause.message}`, {
      cause,
      hint: 'Choose a --state in a folder that you may write in; a socket of its name with .lock stands beside it.'
    })
  }
}
