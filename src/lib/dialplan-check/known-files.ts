/** The files that Asterisk 22 reads in the language of its configuration, by name. Others of a folder may be anything: scripts, AEL, Lua. */
export const knownFiles: ReadonlySet<string> = new Set(
  `acl adsi aeap agents alarmreceiver alsa amd app_skel ari asterisk calendar ccss cdr cdr_adaptive_odbc cdr_beanstalkd cdr_custom cdr_manager cdr_odbc cdr_pgsql
  cdr_sqlite3_custom cdr_tds cel cel_beanstalkd cel_custom cel_odbc cel_pgsql cel_sqlite3_custom cel_tds chan_dahdi chan_mobile chan_websocket cli cli_aliases
  cli_permissions codecs confbridge console dnsmgr dsp dundi enum extconfig extensions features festival followme func_odbc geolocation hep http iax iaxprov
  indications logger manager meetme mgcp minivm modules motif musiconhold ooh323 osp phoneprov pjproject pjsip pjsip_notify pjsip_wizard prometheus queuerules queues
  res_config_mysql res_config_odbc res_config_sqlite3 res_corosync res_curl res_fax res_http_media_cache res_ldap res_odbc res_parking res_pgsql res_pktccops res_snmp
  res_stun_monitor resolver_unbound rtp say sip sip_notify skinny sla smdi sorcery stasis statsd stir_shaken udptl unistim users voicemail vpb websocket_client xmpp`
    .split(/\s+/)
    .map((name) => `${name}.conf`)
)
