/**
 * Commands that reach beyond the call: Asterisk's database, files that are written, other engines, and the dialplan of others (GOSUB at once, SET CONTEXT and
 * its like when the application has ended).
 */
export const deniedCommands = [
  'DATABASE *',
  'RECORD FILE',
  'SPEECH *',
  'GOSUB',
  'SET CONTEXT',
  'SET EXTENSION',
  'SET PRIORITY',
  'ASYNCAGI BREAK'
]

/**
 * Applications that run programs or other applications, go on in other dialplan, make calls, write files, or touch calls and data of others. It is a list of
 * what is known of Asterisk 22 and older: only an allow-list is safe against what it does not know.
 */
export const deniedApplications = [
  // Programs.
  ...[
    'System',
    'TrySystem',
    'AGI',
    'EAGI',
    'DeadAGI',
    'FastAGI',
    'ExternalIVR',
    'MP3Player',
    'NBScat',
    'ICES',
    'Festival',
    'DAHDIRAS',
    'Minivm*'
  ],
  ...['Stasis*', 'AudioSocket', 'MYSQL', 'Reload', 'TestClient', 'TestServer', 'Monitor', 'MixMonitor', 'SendMail'],
  // Applications and dialplan of the caller's choice.
  ...[
    'Exec',
    'ExecIf',
    'ExecIfTime',
    'TryExec',
    'Macro*',
    'Gosub',
    'GosubIf',
    'Goto',
    'GotoIf',
    'GotoIfTime',
    'WaitExten',
    'DISA',
    'Directory'
  ],
  // Calls.
  ...[
    'Dial',
    'RetryDial',
    'Originate',
    'Page',
    'FollowMe',
    'Queue',
    'BlindTransfer',
    'AttendedTransfer',
    'Transfer',
    'SLA*',
    'MessageSend',
    'SendFAX'
  ],
  // Files.
  ...['Record', 'Recordings', 'Dictate', 'ReceiveFAX', 'VoiceMail*', 'VMAuthenticate', 'DumpChan'],
  // Channels and data of others.
  ...[
    'ChanSpy',
    'ExtenSpy',
    'ChannelRedirect',
    'SoftHangup',
    'Bridge',
    'BridgeAdd',
    'Pickup*',
    'Park*',
    'Broadcast',
    'DBdel*',
    'DBput',
    'DBget'
  ],
  ...[
    'AddQueueMember',
    'RemoveQueueMember',
    'PauseQueueMember',
    'UnpauseQueueMember',
    'QueueLog',
    'QueueUpdate',
    'PJSIPNotify',
    'PJSIPHangup'
  ],
  ...[
    'ConfBridge',
    'ConfKick',
    'MeetMe*',
    'AgentRequest',
    'AgentLogin',
    'Authenticate',
    'StasisBroadcast',
    'PrivacyManager',
    'Signal',
    'ADSIProg'
  ],
  // Sets many variables at once; each would need its own look.
  'MSet'
]

/** Functions that only compute, or tell about this call. Those that evaluate what they are given (CUT, EVAL, FIELDQTY, SORT) are none of them. */
export const readableFunctions = [
  ...[
    'CALLERID',
    'CHANNEL',
    'CONNECTEDLINE',
    'REDIRECTING',
    'CDR',
    'HANGUPCAUSE',
    'HANGUPCAUSE_KEYS',
    'TIMEOUT',
    'PJSIP_HEADER',
    'PJSIP_HEADERS',
    'SIP_HEADER'
  ],
  ...[
    'LEN',
    'TOUPPER',
    'TOLOWER',
    'TRIM',
    'LTRIM',
    'RTRIM',
    'STRFTIME',
    'STRPTIME',
    'IF',
    'ISNULL',
    'EXISTS',
    'MATH',
    'ABS',
    'MIN',
    'MAX',
    'RAND',
    'UUID'
  ],
  ...[
    'MD5',
    'SHA1',
    'BASE64_ENCODE',
    'BASE64_DECODE',
    'URIENCODE',
    'URIDECODE',
    'QUOTE',
    'CSV_QUOTE',
    'FILTER',
    'REGEX',
    'SPRINTF',
    'VERSION',
    'KEYPADHASH'
  ]
]

/** Functions that change no more than what this call says of itself. CHANNEL can do far more: hang-up handlers run any dialplan. */
export const writableFunctions = [
  'CALLERID',
  'CONNECTEDLINE',
  'TIMEOUT',
  'CHANNEL(language)',
  'CHANNEL(musicclass)',
  'CDR(userfield)',
  'CDR(accountcode)'
]

/** Variables that make EXEC evaluate its options, that are run as programs, and the one that says whose tunnel a call goes to. */
export const deniedVariables = [
  'AGIEXECFULL',
  'MONITOR_EXEC',
  'MONITOR_OPTIONS',
  'MIXMONITOR_EXEC',
  'MEETME_AGI_BACKGROUND',
  'SANDBOX_USERNAME'
]
