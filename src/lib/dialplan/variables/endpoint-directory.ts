/** An endpoint of PJSIP as its configuration has it. Strings have one character a byte. */
export interface Endpoint {
  readonly name: string
  /** By option; the wizard's as the endpoint gets them (`@hint_exten`). Several values of one option in order. */
  readonly settings: ReadonlyMap<string, readonly string[]>
  readonly aors: readonly string[]
  readonly file: string
  readonly line: number
}

/** An address of record. */
export interface Aor {
  readonly name: string
  readonly settings: ReadonlyMap<string, readonly string[]>
  /** Those that the configuration has; phones register others. */
  readonly contacts: readonly string[]
}

export interface EndpointDirectory {
  readonly endpoints: ReadonlyMap<string, Endpoint>
  readonly aors: ReadonlyMap<string, Aor>
}

/** The last value counts, as in Asterisk. */
export function settingOf({ settings }: Endpoint | Aor, name: string): string | undefined {
  return settings.get(name)?.at(-1)
}

/** Where a registered phone is taken to be: nobody's address (RFC 5737), so that it is plain that it is made up. */
const phoneHost = '192.0.2.1:5060'

/** The contacts of an address of record: those of the configuration; where phones register, one that is made up. */
export function contactsOf(aor: Aor): readonly string[] {
  if (aor.contacts.length > 0) return aor.contacts
  return Number(settingOf(aor, 'max_contacts') ?? 0) > 0 ? [`sip:${aor.name}@${phoneHost}`] : []
}
