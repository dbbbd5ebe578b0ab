import { CommandParametersError } from './errors.js'

/** `sun_path` of Linux has 108 bytes with its NUL. The sniffer cuts a longer name without a word and leaves the file behind when it stops. */
const maxPathBytes = 107

/**
 * Checks the path of a unix socket that the sniffer is to open. The file system is not looked at: it may be another host's.
 * @throws CommandParametersError
 */
export function checkSocketPath(path: string): void {
  const wrong = whatIsWrong(path)
  if (wrong) throw new CommandParametersError(`"${path}" cannot be the sniffer's socket: ${wrong}`)
}

function whatIsWrong(path: string): string | undefined {
  if (!path.startsWith('/')) return 'the path is not absolute'
  if (/[\s\0]/.test(path)) return 'there is a blank in the path, which the sniffer would not cut off'
  if (path.endsWith('/')) return 'it is a directory'
  const bytes = Buffer.byteLength(path)
  if (bytes > maxPathBytes) return `it has ${bytes} bytes, and a socket's path at most ${maxPathBytes}`
  return undefined
}

/** What the sniffer answers to `manager_file start` and `stop`. */
export type SocketAnswer =
  | { readonly result: 'started' | 'running'; readonly path: string }
  | { readonly result: 'stopped' | 'not running' | 'kept' }

/** Reads it; undefined when it is something else. `kept`: the socket stands in the sniffer's configuration and cannot be stopped. */
export function readSocketAnswer(text: string): SocketAnswer | undefined {
  const started = /^(OK|running) \((.*)\)\n?$/s.exec(text)
  if (started) return { result: started[1] === 'OK' ? 'started' : 'running', path: started[2]! }
  if (/^OK\n?$/.test(text)) return { result: 'stopped' }
  if (/^not running\n?$/.test(text)) return { result: 'not running' }
  if (text.includes('cannot be terminated')) return { result: 'kept' }
  return undefined
}
