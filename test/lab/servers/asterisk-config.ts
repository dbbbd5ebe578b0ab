/** The ports of one Asterisk, all on 127.0.0.1. */
export interface AsteriskPorts {
  readonly ami: number
  readonly amiTls: number
  /** UDP and TCP. */
  readonly sip: number
  readonly http: number
}

/** AMI users of the default manager.conf: one that may do everything, one that may hardly do anything. */
export const AMI_ADMIN = { username: 'admin', secret: 'Adm1nSecret' } as const
export const AMI_LIMITED = { username: 'limited', secret: 'L1mited' } as const
/** Endpoints of the default pjsip.conf, with digest authentication. */
export const SIP_ALICE = { username: 'alice', password: 'alice-secret' } as const
export const SIP_BOB = { username: 'bob', password: 'bob-secret' } as const

/**
 * Modules that open ports on all addresses (IAX2, DUNDi, Unistim), want hardware or a service that is not there, or fill
 * the log with complaints about the configuration files that we do not write. All else is loaded, as on a stock PBX.
 */
const NOLOAD = `
  app_adsiprog app_alarmreceiver app_festival app_getcpeid app_jack app_minivm app_sms app_voicemail_odbc
  app_zapateller cdr_adaptive_odbc cdr_csv cdr_custom cdr_odbc cdr_pgsql cdr_radius cdr_sqlite3_custom cdr_tds
  cel_custom cel_odbc cel_pgsql cel_radius cel_sqlite3_custom cel_tds chan_alsa chan_console chan_iax2 chan_mgcp
  chan_motif chan_oss chan_sip chan_skinny chan_unistim func_odbc pbx_ael pbx_dundi pbx_lua res_adsi res_ael_share
  res_calendar res_calendar_caldav res_calendar_ews res_calendar_exchange res_calendar_icalendar res_config_curl
  res_config_ldap res_config_odbc res_config_pgsql res_config_sqlite3 res_hep res_hep_pjsip res_hep_rtcp res_odbc
  res_odbc_transaction res_phoneprov res_pjsip_config_wizard res_pjsip_phoneprov_provider res_prometheus res_smdi
  res_snmp res_stun_monitor res_xmpp`
  .trim()
  .split(/\s+/)

/**
 * The configuration files that we write ourselves, by name, for an Asterisk whose folder is `dir` (as Asterisk sees it).
 * All other files are Debian's own.
 */
export function defaultFiles(ports: AsteriskPorts, dir: string): Record<string, string> {
  return {
    'modules.conf': `[modules]\nautoload = yes\n${NOLOAD.map((name) => `noload = ${name}.so\n`).join('')}`,
    'logger.conf': '[logfiles]\nconsole = notice,warning,error\nmessages.log = notice,warning,error\n',
    'manager.conf': managerConf(ports, dir),
    'http.conf': `[general]\nenabled = yes\nbindaddr = 127.0.0.1\nbindport = ${ports.http}\n`,
    'extensions.conf': EXTENSIONS,
    'pjsip.conf': pjsipConf(ports),
    'cdr.conf': '[general]\nenable = yes\n',
    'cdr_manager.conf': '[general]\nenabled = yes\n',
    'cel.conf': '[general]\nenable = yes\napps = dial,queue\nevents = ALL\n\n[manager]\nenabled = yes\n',
    'queues.conf': '[general]\npersistentmembers = no\n\n[support]\nstrategy = ringall\ntimeout = 5\nmember => Local/long@test\n',
    'rtp.conf': '[general]\nrtpstart = 10000\nrtpend = 19998\n'
  }
}

function managerConf(ports: AsteriskPorts, dir: string): string {
  return `[general]
enabled = yes
webenabled = yes
bindaddr = 127.0.0.1
port = ${ports.ami}
tlsenable = yes
tlsbindaddr = 127.0.0.1:${ports.amiTls}
tlscertfile = ${dir}/etc/tls.crt
tlsprivatekey = ${dir}/etc/tls.key

[${AMI_ADMIN.username}]
secret = ${AMI_ADMIN.secret}
read = all
write = all

[${AMI_LIMITED.username}]
secret = ${AMI_LIMITED.secret}
read = call
write = reporting
`
}

const EXTENSIONS = `[test]
exten => short,1,Answer()
 same => n,Wait(0.2)
 same => n,Hangup()

exten => long,1,Answer()
 same => n,Wait(30)

exten => s,1,Answer()
 same => n,Wait(1)
 same => n,Hangup()

exten => bridge,1,Dial(Local/long@test)

exten => busy,1,Busy()

[empty]
`

function pjsipConf(ports: AsteriskPorts): string {
  const transports = ['udp', 'tcp'].map(
    (protocol) => `[transport-${protocol}]
type = transport
protocol = ${protocol}
bind = 127.0.0.1:${ports.sip}
`
  )
  const endpoints = [SIP_ALICE, SIP_BOB].map(
    ({ username, password }) => `[${username}]
type = endpoint
context = test
disallow = all
allow = ulaw,alaw
auth = ${username}
aors = ${username}

[${username}]
type = auth
auth_type = userpass
username = ${username}
password = ${password}

[${username}]
type = aor
max_contacts = 5
`
  )
  return [...transports, ...endpoints].join('\n')
}
