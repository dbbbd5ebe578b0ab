/** Where an account stands. `refreshing` is still registered: a refresh takes nothing away. */
export const registrationStates = [
  'new',
  'waiting',
  'registering',
  'registered',
  'refreshing',
  'backoff',
  'rejected',
  'disabled',
  'removed'
] as const
export type RegistrationState = (typeof registrationStates)[number]

/** What a REGISTER is for. */
export type Purpose = 'register' | 'unregister' | 'unregister all' | 'fetch'

/** Why an account is not registered, for programs; the status of the reply stands beside it. */
export type FailureReason =
  | 'wrong password'
  | 'realm mismatch'
  | 'unsupported digest'
  | 'no password'
  | 'refused'
  | 'min-expires too long'
  | 'no time granted'
  | 'binding missing'
  | 'redirect refused'
  | 'too many hops'
  | 'loop'
  | 'busy'
  | 'timeout'
  | 'unreachable'
  | 'expired'
  | 'gave up'
  | 'bad value'

/** What follows from a reply or a failure. */
export type Step =
  /** Another request on the same way, at once. */
  | { do: 'send' }
  /** The next place of the same name, if there is one. The place is avoided for a while. */
  | { do: 'next target'; blockMs: number | undefined }
  /** What was redirected to, in this order. */
  | { do: 'redirect'; uris: readonly string[] }
  /** The attempt is over. After `waitMs` comes the next; undefined: only when somebody asks for it. */
  | { do: 'end'; waitMs: number | undefined }

/** What a registrar told about a registration; kept for calls that are made with it, and shown. */
export interface RegistrationFacts {
  /** RFC 3327, 3608, 3455, 5627: as on the wire. */
  path?: string[]
  serviceRoute?: string[]
  associated?: string[]
  publicGruu?: string
  temporaryGruu?: string
  /** RFC 5626: seconds within which it wants to hear a keep-alive. */
  flowTimerS?: number
}

/** One binding of an AOR, as a 200 lists it. */
export interface ListedBinding {
  contact: string
  expiresS: number | undefined
  own: boolean
}
