import { controlRequest } from '../control/control-client.js'
import { controlPaths } from '../control/control-path.js'
import type { ControlParams } from '../control/control-protocol.js'
import { ConnectError } from '../errors.js'
import { Flags } from './oclif.js'

/** For a service, and for each command that asks it something. */
export const controlFlag = {
  control: Flags.string({
    description: 'control socket of the service (default: $XDG_RUNTIME_DIR/pbxkit/, else /run/pbxkit/)',
    helpValue: 'PATH',
    helpGroup: 'CONTROL'
  })
}

/**
 * Asks the running service of a command: at the path that was given, else wherever it may be by default.
 * @throws what `controlRequest` throws; ConnectError when it runs nowhere
 */
export async function askService(
  { command, control }: { command: string; control: string | undefined },
  { method, params = {} }: { method: string; params?: ControlParams },
  options: { timeoutMs: number; signal: AbortSignal }
): Promise<unknown> {
  if (control !== undefined) return controlRequest(control, method, params, options)
  const paths = controlPaths(command)
  for (const path of paths) {
    try {
      return await controlRequest(path, method, params, options)
    } catch (error) {
      // Nobody there, perhaps a file that a dead one left: it may run with the other path. A socket that is not ours to use is one that was found.
      if (!(error instanceof ConnectError) || error.details?.reason === 'EACCES') throw error
    }
  }
  throw new ConnectError(`No running pbxkit ${command}: nobody listens on ${paths.join(' or ')}`, {
    details: { paths },
    hint: 'Is the service running? If its control socket is elsewhere, name it with --control PATH.'
  })
}
