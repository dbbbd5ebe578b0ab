import { splitArguments } from '../../arguments.js'
import { type Aor, contactsOf, settingOf } from '../endpoint-directory.js'
import type { FunctionCall, FunctionTable } from '../evaluation.js'

/** What PJSIP's configuration says: func_pjsip_endpoint.c, func_pjsip_aor.c, func_pjsip_contact.c, dialplan_functions.c of chan_pjsip. */
export const pjsipFunctions: FunctionTable = {
  PJSIP_ENDPOINT: { read: readEndpoint, isClosedToExpressions: true },
  PJSIP_AOR: { read: readAor, isClosedToExpressions: true },
  PJSIP_CONTACT: { read: readContact, isClosedToExpressions: true },
  PJSIP_DIAL_CONTACTS: { read: readDialContacts },
  PJSIP_HEADER: {
    read: readHeader,
    write: ({ channel, data }, value) => void channel.written.set(`PJSIP_HEADER(${data})`, value)
  },
  PJSIP_HEADERS: { read: () => '' },
  PJSIP_PARSE_URI: { read: parseUri },
  MINIVMACCOUNT: { read: readMinivmAccount }
}

/** Options that Asterisk gives a value when nobody did; others are empty, or a number that hardly a dialplan asks for. */
const endpointDefaults: Readonly<Record<string, string>> = {
  context: 'default',
  transport: '',
  mailboxes: '',
  callerid: '<unknown>',
  set_var: '',
  message_context: '',
  language: '',
  moh_suggest: 'default',
  accountcode: '',
  from_user: '',
  from_domain: '',
  device_state_busy_at: '0',
  direct_media: 'true',
  rewrite_contact: 'false',
  named_call_group: '',
  named_pickup_group: ''
}

/** `PJSIP_ENDPOINT(name,option)`; several values are joined with commas. */
function readEndpoint({ data, scene, notes }: FunctionCall): string | undefined {
  const [name = '', option = ''] = splitArguments(data)
  const endpoint = scene.endpoints.endpoints.get(name)
  if (!endpoint) {
    notes.warn(`There is no endpoint ${name}`)
    return undefined
  }
  const values = endpoint.settings.get(option)
  if (values) return values.join(',')
  if (option === 'aors') return endpoint.aors.join(',')
  if (Object.hasOwn(endpointDefaults, option)) return endpointDefaults[option]
  // An option that the endpoint does not have is a failure in Asterisk, too.
  if (option.startsWith('@') || /[A-Z]/.test(option)) return undefined
  notes.unknown(`PJSIP_ENDPOINT(${data})`)
  return undefined
}

function readAor({ data, scene, notes }: FunctionCall): string | undefined {
  const [name = '', option = ''] = splitArguments(data)
  const aor = scene.endpoints.aors.get(name)
  if (!aor) return undefined
  if (option === 'contact')
    return contactsOf(aor)
      .map((uri) => contactId(aor, uri))
      .join(',')
  const value = settingOf(aor, option)
  if (value === undefined) notes.unknown(`PJSIP_AOR(${data})`)
  return value
}

/** The name of a contact: that of its address of record, and a hash of its URI. */
function contactId(aor: Aor, uri: string): string {
  return `${aor.name};@${[...uri].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) >>> 0, 7).toString(16)}`
}

function readContact({ data, scene, notes }: FunctionCall): string | undefined {
  const [id = '', option = ''] = splitArguments(data)
  const aor = scene.endpoints.aors.get(id.split(';')[0]!)
  const uri = aor && contactsOf(aor).find((one) => contactId(aor, one) === id)
  if (aor && uri && option === 'uri') return uri
  notes.unknown(`PJSIP_CONTACT(${data})`)
  return undefined
}

/** `PJSIP_DIAL_CONTACTS(endpoint[,aor[,user]])`: what Dial takes. */
function readDialContacts({ data, scene, notes }: FunctionCall): string | undefined {
  const [name = '', aors = '', user = ''] = splitArguments(data)
  const endpoint = scene.endpoints.endpoints.get(name)
  if (!endpoint) {
    notes.warn(`There is no endpoint ${name}`)
    return undefined
  }
  const wanted = aors === '' ? endpoint.aors : aors.split(',').map((one) => one.trim())
  const uris = wanted.flatMap((one) => {
    const aor = scene.endpoints.aors.get(one)
    return aor ? contactsOf(aor) : []
  })
  return uris.map((uri) => `PJSIP/${user === '' ? '' : `${user}@`}${name}/${uri}`).join('&')
}

/** A header of the call that came in; one that was added is not read. */
function readHeader({ data, notes }: FunctionCall): string | undefined {
  notes.unknown(`PJSIP_HEADER(${data})`)
  return undefined
}

/** `PJSIP_PARSE_URI(uri,scheme|user|host|port|display|passwd)`. */
function parseUri({ data }: FunctionCall): string | undefined {
  const [uri = '', part = ''] = splitArguments(data)
  const found = /^\s*(?:"?([^"<]*?)"?\s*<)?\s*(sips?|tel):(?:([^:@;>]*)(?::([^@>]*))?@)?([^:;>?]*)(?::(\d+))?/i.exec(uri)
  if (!found) return undefined
  const [, display = '', scheme = '', user = '', passwd = '', host = '', port = ''] = found
  return new Map(Object.entries({ display, scheme, user, passwd, host, port })).get(part.toLowerCase())
}

/** `MINIVMACCOUNT(user@domain:item)`, of an account that minivm.conf need not have: its path and its names. */
function readMinivmAccount({ data, notes }: FunctionCall): string | undefined {
  const [account = '', item = ''] = data.split(':')
  const [user = '', domain = ''] = account.split('@')
  if (domain === '') return undefined
  switch (item) {
    case 'path':
      return `/var/spool/asterisk/voicemail/${domain}/${user}`
    case 'username':
      return user
    case 'domain':
      return domain
    case 'hasaccount':
      return '0'
    default:
      notes.unknown(`MINIVMACCOUNT(${data})`)
      return undefined
  }
}
