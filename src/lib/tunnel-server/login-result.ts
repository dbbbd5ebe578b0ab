import { ConnectionLostError, LoginError, ProtocolError, TimeoutError } from '../errors.js'
import { ToldToWaitError, UpgradeRequiredError } from '../tunnel/errors.js'
import type { LoginResult } from './counters.js'

/** What a login that failed is counted as. */
export function loginResultOf(error: unknown): LoginResult {
  if (error instanceof LoginError || error instanceof ProtocolError) return 'refused'
  if (error instanceof ToldToWaitError) return 'waited'
  if (error instanceof UpgradeRequiredError) return 'retired'
  return error instanceof TimeoutError || error instanceof ConnectionLostError ? 'late' : 'error'
}
