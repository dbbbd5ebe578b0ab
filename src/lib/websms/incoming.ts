import { AddressList } from '../access/address-list.js'
import type { Field } from './fields.js'
import type { ProfileSection } from './profile-section.js'

/** How messages come in: `[websmsd:NAME]`. */
export interface Incoming {
  readonly name: string
  readonly path: string
  /** Undefined: from everywhere, and a secret is needed. */
  readonly allowed: AddressList | undefined
  readonly secret: string | undefined
  readonly keys: {
    readonly to: string
    readonly from: string
    readonly body: string
    readonly secret: string | undefined
    readonly echo: string | undefined
  }
  /** Requests without this field and value are acknowledged and left: providers tell of calls and deliveries at the same address. */
  readonly only: Field | undefined
  readonly answer: string
  /** Names of up to eleven letters and digits may send as well. */
  readonly allowsNames: boolean
}

/** Shorter ones are guessed. */
const minSecretLength = 16

export function readIncoming(name: string, settings: ProfileSection): Incoming {
  const path = settings.text('url_path') ?? `/${name}`
  if (!/^\/[\w./~-]*$/.test(path)) throw settings.fail('url_path', 'is no path of letters, digits and . _ / ~ -')
  const allowed = settings.list('remt_addr')
  const secret = settings.secret('secret')
  if (allowed.length === 0 && secret === undefined)
    throw settings.fail(
      undefined,
      'lets everybody in',
      'Write secret or secret_file, or the addresses of the provider as remt_addr.'
    )
  if (secret !== undefined && secret.length < minSecretLength)
    throw settings.fail('secret', `has fewer than ${minSecretLength} characters`)
  return {
    name,
    path,
    allowed: allowed.length === 0 ? undefined : new AddressList(allowed, settings.where('remt_addr')),
    secret,
    keys: {
      to: settings.text('key_to') ?? 'To',
      from: settings.text('key_from') ?? 'From',
      body: settings.text('key_body') ?? 'Body',
      secret: settings.text('key_secret'),
      echo: settings.text('key_echo')
    },
    only: readOnly(settings),
    answer: settings.text('resp_ack') ?? 'ok',
    allowsNames: settings.isYes('sender_names')
  }
}

function readOnly(settings: ProfileSection): Field | undefined {
  const text = settings.text('only')
  if (text === undefined) return undefined
  const [, name, value] = /^([^=]+)=(.*)$/.exec(text) ?? []
  if (name === undefined) throw settings.fail('only', 'is not of the form name=value')
  return [name.trim(), value!.trim()]
}
