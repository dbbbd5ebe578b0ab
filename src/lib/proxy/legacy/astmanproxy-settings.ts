import type { LegacyHost } from './astmanproxy-host.js'
import { oneOf, port, type Reader, seconds, text, wholeNumber, yesOrNo } from './astmanproxy-values.js'

/** What an astmanproxy.conf says: a value that it does not give is undefined. */
export interface LegacySettings {
  /** In the order of the file: the first that is connected is the default target. */
  hosts: LegacyHost[]
  /** Between two tries to reach a server. */
  retryIntervalS: number | undefined
  /** Tries until a server is given up; 0: never. */
  maxRetries: number | undefined
  /** How long the first bytes of a client are waited for, which tell TLS from plain. */
  sslClientHelloTimeoutMs: number | undefined
  acceptEncrypted: boolean | undefined
  acceptUnencrypted: boolean | undefined
  asteriskWriteTimeoutMs: number | undefined
  clientWriteTimeoutMs: number | undefined
  /** PEM with the certificate and its key. */
  certFile: string | undefined
  /** `*`: all addresses. IPv6 without brackets. */
  listenAddress: string | undefined
  listenPort: number | undefined
  authRequired: boolean | undefined
  proxyKey: string | undefined
  procUser: string | undefined
  procGroup: string | undefined
  inputFormat: 'standard' | 'xml' | 'http' | undefined
  outputFormat: 'standard' | 'xml' | 'csv' | 'json' | undefined
  autoFilter: 'off' | 'on' | 'unique' | undefined
  logFile: string | undefined
  filterLocal: 'off' | 'allow' | 'allowwith' | 'enforce' | undefined
  /** The whole first line that a client gets. */
  forceBanner: string | undefined
  /** TLS for `host` lines that do not say. */
  useSsl: boolean | undefined
}

type Values = { [Name in Exclude<keyof LegacySettings, 'hosts'>]-?: NonNullable<LegacySettings[Name]> }

/** One key: which setting it is, and how its value is read. */
export type LegacyKey = {
  [Name in keyof Values]: {
    name: Name
    read: Reader<Values[Name]>
    /** Any text can stand there: a comment sign inside may be meant, and nothing is no value. */
    isText?: boolean
    /** Clients have to send the same bytes; it is never shown. */
    isSecret?: boolean
  }
}[keyof Values]

/** All keys of 1.22 and 1.30 but `host`, and the names that manager.conf has for the same. */
export const legacyKeys: Readonly<Record<string, LegacyKey>> = {
  retryinterval: { name: 'retryIntervalS', read: seconds },
  maxretries: { name: 'maxRetries', read: wholeNumber() },
  sslclienthellotimeout: { name: 'sslClientHelloTimeoutMs', read: wholeNumber() },
  acceptencryptedconnection: { name: 'acceptEncrypted', read: yesOrNo('yes') },
  allowencryptedconnections: { name: 'acceptEncrypted', read: yesOrNo() },
  acceptunencryptedconnection: { name: 'acceptUnencrypted', read: yesOrNo('yes') },
  allowunencryptedconnections: { name: 'acceptUnencrypted', read: yesOrNo() },
  asteriskwritetimeout: { name: 'asteriskWriteTimeoutMs', read: wholeNumber() },
  clientwritetimeout: { name: 'clientWriteTimeoutMs', read: wholeNumber() },
  certfile: { name: 'certFile', read: text, isText: true },
  listenaddress: { name: 'listenAddress', read: (value) => ({ value: value.replace(/^\[(.*)\]$/, '$1') }), isText: true },
  listenport: { name: 'listenPort', read: port },
  authrequired: { name: 'authRequired', read: yesOrNo('yes') },
  proxykey: { name: 'proxyKey', read: text, isText: true, isSecret: true },
  proc_user: { name: 'procUser', read: text, isText: true },
  proc_group: { name: 'procGroup', read: text, isText: true },
  inputformat: { name: 'inputFormat', read: oneOf('standard', 'xml', 'http') },
  // json is ours; all others are modules of the old program.
  outputformat: { name: 'outputFormat', read: oneOf('standard', 'xml', 'csv', 'json') },
  autofilter: { name: 'autoFilter', read: oneOf('off', 'on', 'unique') },
  logfile: { name: 'logFile', read: text, isText: true },
  filterlocal: { name: 'filterLocal', read: oneOf('off', 'allow', 'allowwith', 'enforce') },
  forcebanner: { name: 'forceBanner', read: text, isText: true },
  usessl: { name: 'useSsl', read: yesOrNo() }
}

/** A file that says nothing. */
export function emptyLegacySettings(): LegacySettings {
  const names = Object.values(legacyKeys).map(({ name }) => [name, undefined])
  return { hosts: [], ...(Object.fromEntries(names) as Record<keyof Values, undefined>) }
}

const legacyDefaults = {
  retryIntervalS: 0,
  maxRetries: 0,
  sslClientHelloTimeoutMs: 500,
  acceptEncrypted: false,
  acceptUnencrypted: false,
  asteriskWriteTimeoutMs: 100,
  clientWriteTimeoutMs: 100,
  listenAddress: '*',
  // The system chose a port.
  listenPort: 0,
  authRequired: false,
  inputFormat: 'standard',
  outputFormat: 'standard',
  autoFilter: 'off',
  filterLocal: 'off',
  useSsl: false
} as const satisfies Partial<Values>

/** Settings with the defaults of astmanproxy: what has one is never undefined. */
export type EffectiveLegacySettings = LegacySettings & Pick<Values, keyof typeof legacyDefaults>

/** Puts the defaults of astmanproxy (1.30) where a file gives no value; what has no default stays undefined. */
export function withLegacyDefaults(settings: LegacySettings): EffectiveLegacySettings {
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
  return { ...settings, ...legacyDefaults, ...given }
}
