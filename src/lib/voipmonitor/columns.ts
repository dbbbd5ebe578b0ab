const mosColumns = (side: 'src' | 'dst') =>
  ['mosf1', 'mosf2', 'mosAD'].flatMap((mos) => [`${side}_${mos}`, `${side}_${mos}_avg`, `${side}_${mos}_min`])

/** The columns of `listcalls` in their order (sniffer 2026.04.0). A sniffer with custom headers has more behind them. */
export const callColumns: readonly string[] = [
  ...['callreference', 'callid', 'calldate', 'calldate_num', 'lastpackettime', 'duration', 'connect_duration'],
  ...['caller', 'called', 'caller_country', 'called_country', 'caller_international', 'called_international'],
  ...['callername', 'callerdomain', 'calleddomain', 'calleragent', 'calledagent', 'callerip', 'calledip'],
  ...['callerip_country', 'calledip_country', 'callerip_encaps', 'calledip_encaps', 'callerip_encaps_prot'],
  ...['calledip_encaps_prot', 'sipproxies', 'lastSIPresponseNum', 'rtp_src', 'rtp_dst', 'rtp_src_country', 'rtp_dst_country'],
  ...['callercodec', 'calledcodec', ...mosColumns('src'), ...mosColumns('dst')],
  ...['src_jitter', 'src_jitter_avg', 'src_jitter_max', 'dst_jitter', 'dst_jitter_avg', 'dst_jitter_max'],
  ...['src_received', 'dst_received', 'src_loss_abs', 'dst_loss_abs', 'src_loss', 'dst_loss'],
  ...['src_loss_last10sec', 'dst_loss_last10sec', 'id_sensor', 'vlan']
]

/** The columns of `listregisters` in their order. */
export const registerColumns: readonly string[] = [
  ...['ID', 'id_sensor', 'fname', 'calldate', 'sipcallerip', 'sipcalledip', 'sipcallerip_encaps', 'sipcalledip_encaps'],
  ...['sipcallerip_encaps_prot', 'sipcalledip_encaps_prot', 'sipcallerport', 'sipcalledport', 'from_num', 'from_name'],
  ...['from_domain', 'to_num', 'to_domain', 'contact_num', 'contact_domain', 'digestusername', 'digestrealm', 'expires'],
  ...['expires_at', 'state', 'ua', 'rrd_avg', 'spool_index', 'is_sipalg_detected', 'vlan', 'sipcallerip_country_code'],
  ...['sipcalledip_country_code', 'from_num_country_code', 'to_num_country_code']
]

/** What a filter of `listcalls` may ask for (the sniffer's filter_call.cpp). A `*_type` of "0" means either side. */
export const callFilterKeys: readonly string[] = [
  ...[
    'calldate',
    'calldate_from',
    'calldate_to',
    'callid',
    'callername',
    'connected',
    'international',
    'sensor_id',
    'vlan',
    'OR'
  ],
  ...['caller', 'called', 'callerd_type', 'callerd_search_type', 'caller_group_id', 'called_group_id', 'callerd_group_id_type'],
  ...['caller_domain', 'called_domain', 'callerd_domain_type'],
  ...['caller_agent', 'called_agent', 'callerd_agent_type', 'caller_agent_group_id', 'called_agent_group_id'],
  ...['callerd_agent_group_id_type', 'sipcallerip', 'sipcalledip', 'sipcallerdip_type', 'sipcallerdip_with_proxy', 'proxyip'],
  ...['sipcallerip_group_id', 'sipcalledip_group_id', 'sipcallerdip_group_id_type'],
  ...['sipcallerip_encaps', 'sipcalledip_encaps', 'sipcallerdip_encaps_type'],
  ...['a_saddr', 'b_saddr', 'ab_saddr_type', 'a_saddr_group_id', 'b_saddr_group_id', 'ab_saddr_group_id_type'],
  ...['codec', 'exclude_codec', 'codec_compare', 'custom_headers_cdr_cond'],
  ...['country_code_caller', 'country_code_called', 'country_code_callerd_type'],
  ...['country_code_sipcallerip', 'country_code_sipcalledip', 'country_code_sipcallerdip_type']
]

/** What a filter of `listregisters` may ask for (the sniffer's filter_register.cpp). */
export const registerFilterKeys: readonly string[] = [
  ...['calldate_from', 'calldate_to', 'expires_at_from', 'expires_at_to', 'expires_ge', 'expires_lt', 'rrd_avg_ge', 'rrd_avg_lt'],
  ...['from_num', 'from_name', 'from_domain', 'to_num', 'to_domain', 'contact_num', 'contact_domain', 'numFTC_type'],
  ...['domainFTC_type', 'from_num_group_id', 'to_num_group_id', 'contact_num_group_id', 'numFTC_group_id_type'],
  ...['from_domain_group_id', 'to_domain_group_id', 'contact_domain_group_id', 'domainFTC_group_id_type'],
  ...['digestusername', 'digestrealm', 'ua', 'ua_group_id', 'sensor_id', 'is_sipalg_detected'],
  ...['sipcallerip', 'sipcalledip', 'sipcallerdip_type', 'sipcallerip_group_id', 'sipcalledip_group_id'],
  ...['sipcallerdip_group_id_type', 'sipcallerip_encaps', 'sipcalledip_encaps', 'sipcallerdip_encaps_type'],
  ...['sipcallerport', 'sipcalledport', 'sipcallerdport_type', 'country_compare_ips', 'country_compare_numbers'],
  ...['country_code_sipcallerip', 'country_code_sipcalledip', 'country_code_sipcallerdip_type'],
  ...['country_code_from_num', 'country_code_to_num', 'country_code_numFT_type']
]

/** A registration's state: the sniffer's `eRegisterState`, from 1 on. */
export const registerStates = ['OK', 'Failed', 'UnknownMessageOK', 'ManyRegMessages', 'Expired', 'Unregister'] as const
export type RegisterState = (typeof registerStates)[number]
