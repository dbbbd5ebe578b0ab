/**
 * A residential PBX as its owner describes it: who has which number, and through which trunk calls go out. All values are checked and all
 * defaults filled in: whoever renders a `Site` can write each value as it is. Its readers are in this folder; `privatedial/` makes files of it.
 */
export interface Site {
  readonly site: SiteSettings
  readonly dial: DialSettings
  readonly transport: TransportSettings
  readonly nat: NatSettings
  readonly media: MediaSettings
  readonly rtp: RtpSettings
  readonly voicemail: VoicemailSettings
  readonly smtp: SmtpSettings
  readonly sms: SmsSettings
  readonly ivr: IvrSettings
  readonly output: OutputSettings
  /** Sorted by name. */
  readonly users: readonly SiteUser[]
  /** Sorted by name. */
  readonly trunks: readonly SiteTrunk[]
}

export interface SiteSettings {
  /** Host name of the PBX. */
  readonly domain: string
  /** One to three digits, without `+`. */
  readonly countryCode: string
  /** What is dialled before a national number. */
  readonly nationalPrefix: string
  /** What is dialled instead of `+`. */
  readonly internationalPrefix: string
  readonly userAgent: string
  /** Never rewritten. */
  readonly emergency: readonly string[]
}

export interface DialSettings {
  /** Seconds a phone rings. */
  readonly timeoutS: number
  /** Numbers with fewer digits are dialled as they are. */
  readonly minDigits: number
}

export interface TransportSettings {
  readonly udp: Listen | undefined
  readonly tcp: Listen | undefined
  readonly tls: TlsListen | undefined
}

export interface Listen {
  /** An address, IPv6 without brackets. */
  readonly bind: string
  readonly port: number
}

export interface TlsListen extends Listen {
  /** Absolute paths. */
  readonly cert: string
  readonly key: string
  /** The oldest version that is accepted. */
  readonly method: 'tlsv1_2' | 'tlsv1_3'
  /** Absolute path of a folder of certbot, or of traefik's acme.json; undefined: the certificate is signed by itself, or given. */
  readonly acme: string | undefined
  /** How long a certificate that is signed by itself is valid. */
  readonly days: number
  /** So many days before its end a certificate is renewed. */
  readonly renewDays: number
}

export interface NatSettings {
  /** Address or host name under which the world sees the PBX. */
  readonly externalAddress: string | undefined
  /** CIDR. Not empty when there is an external address. */
  readonly localNet: readonly string[]
}

export type MediaEncryption = 'none' | 'sdes' | 'sdes-optional' | 'dtls'

export interface MediaSettings {
  /** In the order of preference, names of Asterisk: opus, g722, ulaw, alaw, h264 … */
  readonly codecs: readonly string[]
  readonly encryption: MediaEncryption
}

export interface RtpSettings {
  /** False: no rtp.conf is rendered. */
  readonly isRendered: boolean
  readonly start: number
  readonly end: number
}

export interface VoicemailSettings {
  readonly isEnabled: boolean
  readonly from: string
  readonly fromName: string
  readonly subject: string
  readonly body: string
  readonly charset: string
  readonly format: string
  readonly gainDb: number
  /** A locale that is installed, such as `C` or `en_US.utf8`. */
  readonly locale: string
  /** A command that takes the mail on standard input instead of msmtp; undefined uses `SmtpSettings`. */
  readonly mailCommand: string | undefined
  /** Absolute path of the folder in which a mail stays until msmtp has sent it. */
  readonly unsentFolder: string
}

export interface SmtpSettings {
  /** Undefined: no mail can be sent. */
  readonly host: string | undefined
  readonly port: number
  readonly security: 'none' | 'starttls' | 'tls'
  readonly user: string | undefined
  /** Absolute path of a file whose first line is the password. */
  readonly passwordFile: string | undefined
  /** Absolute path of the authorities that are trusted instead of the system's. */
  readonly tlsCa?: string | undefined
  /** Absolute path of the log of msmtp; undefined: syslog. */
  readonly logFile?: string | undefined
}

export interface SmsSettings {
  /** The AGI program for messages that go out; undefined: messages between users only. */
  readonly app: string | undefined
  /** What it is given before number, sender, text and profile. */
  readonly arguments?: readonly string[]
  readonly profiles: readonly string[]
}

/** What a key of the menu does. */
export type IvrAction =
  | 'record-temp'
  | 'record-unavail'
  | 'record-busy'
  | 'record-name'
  | 'play'
  | 'erase'
  | 'moh'
  | 'echo'
  | 'none'

export interface IvrSettings {
  readonly isEnabled: boolean
  /** Digit 0-9, `*` or `#` to action. */
  readonly keys: ReadonlyMap<string, IvrAction>
  readonly maxRounds: number
  /** True: a number typed inside the menu is dialled. */
  readonly allowDial: boolean
}

/**
 * `plain`: endpoint, auth and aor sections, numbers in a file that is read for each call, one pattern hint: starts fast, and a new number needs no
 * reload. `wizard`: upstream's form, a real hint for each user, slow from about 2,000 users on.
 */
export type OutputForm = 'plain' | 'wizard'

export interface OutputSettings {
  readonly form: OutputForm
}

export interface SiteUser {
  readonly name: string
  /** E.164 with `+`. */
  readonly number: string
  readonly display: string
  /** Where voice mail goes; undefined: no mailbox. */
  readonly email: string | undefined
  /** At least 12 characters. */
  readonly secret: string
  readonly access: 'inout' | 'in'
  /** Name of a trunk. Set when access is inout. */
  readonly trunk: string | undefined
  /** May send messages to the trunk; the profile of `SmsSettings`, if it has one. */
  readonly sms: string | undefined
  readonly maxContacts: number
  /** Undefined: those of `MediaSettings`. */
  readonly codecs: readonly string[] | undefined
  readonly source: SiteSource
}

/** How keys are sent to a provider, as Asterisk calls it (`dtmf_mode`). They are taken from there in each of these ways. */
export const trunkDtmfs = ['rfc4733', 'inband', 'info', 'auto', 'auto_info'] as const
export type TrunkDtmf = (typeof trunkDtmfs)[number]

/** As upstream. */
export const defaultQualifyS = 60

export interface SiteTrunk {
  readonly name: string
  /** Host or address, with `:port` where it is given; IPv6 in brackets. */
  readonly hosts: readonly string[]
  /** Addresses and CIDR that calls come from; the hosts when none are given. */
  readonly match: readonly string[]
  readonly username: string | undefined
  readonly secret: string | undefined
  readonly register: boolean
  /** User part of the contact that the provider calls. */
  readonly contactUser: string
  readonly transport: 'udp' | 'tcp' | 'tls'
  readonly fromDomain: string | undefined
  readonly codecs: readonly string[] | undefined
  readonly dtmf: TrunkDtmf
  /** Seconds between two OPTIONS that ask whether the provider is there; 0: never. Asterisk does not call one that has not answered. */
  readonly qualify: number
  readonly source: SiteSource
}

/** Where a user or trunk was read. */
export interface SiteSource {
  /** A path, `-` for standard input, or the name of a database without its password. */
  readonly file: string
  /** From 1; the row of a table. */
  readonly line: number
}
