// What the server's own documentation does not say, by hand: list ends, repeatable and secret fields, what older releases had.

/**
 * The event that closes an action's list. Measured on Asterisk 22.10; the documentation names only some of them (a test compares those), and
 * correlating answers must not load it.
 */
export const listEnds: Record<string, string> = {
  Agents: 'AgentsComplete',
  BridgeInfo: 'BridgeInfoComplete',
  BridgeList: 'BridgeListComplete',
  BridgeTechnologyList: 'BridgeTechnologyListComplete',
  ConfbridgeList: 'ConfbridgeListComplete',
  ConfbridgeListRooms: 'ConfbridgeListRoomsComplete',
  CoreShowChannelMap: 'CoreShowChannelMapComplete',
  CoreShowChannels: 'CoreShowChannelsComplete',
  DAHDIShowChannels: 'DAHDIShowChannelsComplete',
  DBGet: 'DBGetComplete',
  DBGetTree: 'DBGetTreeComplete',
  DeviceStateList: 'DeviceStateListComplete',
  ExtensionStateList: 'ExtensionStateListComplete',
  FAXSessions: 'FAXSessionsComplete',
  IAXpeerlist: 'PeerlistComplete',
  IAXpeers: 'PeerlistComplete',
  IAXregistry: 'RegistrationsComplete',
  MeetmeList: 'MeetmeListComplete',
  MeetmeListRooms: 'MeetmeListRoomsComplete',
  ParkedCalls: 'ParkedCallsComplete',
  Parkinglots: 'ParkinglotsComplete',
  PJSIPShowAors: 'AorListComplete',
  PJSIPShowAuths: 'AuthListComplete',
  PJSIPShowContacts: 'ContactListComplete',
  PJSIPShowEndpoint: 'EndpointDetailComplete',
  PJSIPShowEndpoints: 'EndpointListComplete',
  PJSIPShowMaintenance: 'PJSIPMaintenanceStatusComplete',
  PJSIPShowRegistrationInboundContactStatuses: 'ContactStatusDetailComplete',
  PJSIPShowRegistrationsInbound: 'InboundRegistrationDetailComplete',
  PJSIPShowRegistrationsOutbound: 'OutboundRegistrationDetailComplete',
  PJSIPShowResourceLists: 'ResourceListDetailComplete',
  PJSIPShowSubscriptionsInbound: 'InboundSubscriptionDetailComplete',
  PJSIPShowSubscriptionsOutbound: 'OutboundSubscriptionDetailComplete',
  PresenceStateList: 'PresenceStateListComplete',
  PRIShowSpans: 'PRIShowSpansComplete',
  QueueStatus: 'QueueStatusComplete',
  QueueSummary: 'QueueSummaryComplete',
  ShowDialPlan: 'ShowDialPlanComplete',
  SIPpeers: 'PeerlistComplete',
  SIPshowregistry: 'RegistrationsComplete',
  Status: 'StatusComplete',
  VoicemailUsersList: 'VoicemailUserEntryComplete'
}

/** Actions whose response announces one event without any `EventList` header. */
export const followedByOneEvent: Record<string, string> = { FAXStats: 'FAXStats' }

/**
 * Actions whose answer has no recognisable form: raw lines without `Response:` and ActionID, or (IAXnetstats without a call) nothing but an empty
 * line. Only the answer to a later action of the same session shows that it is over.
 */
export const shapelessAnswers: ReadonlySet<string> = new Set(['iaxnetstats'])

/** `Response: Error` texts by which a list says that it is empty. */
export const emptyListMessages: Record<string, RegExp> = {
  ConfbridgeListRooms: /^No active conferences/i,
  MeetmeList: /^No active conferences/i,
  MeetmeListRooms: /^No active conferences/i,
  PJSIPShowAors: /^No AORs found/i,
  PJSIPShowAuths: /^No Auths found/i,
  PJSIPShowContacts: /^No Contacts found/i,
  PJSIPShowEndpoints: /^No endpoints found/i,
  PJSIPShowResourceLists: /^No resource lists found/i
}

/** Headers that are arrays in JSON even when there is one of them. */
export const repeatableHeaders: ReadonlySet<string> = new Set(['Output', 'ChanVariable', 'DestChanVariable'])

/** Fields that must not be shown or logged, whichever action has them. */
export const secretFields: ReadonlySet<string> = new Set(['secret', 'key', 'proxykey', 'password'])

/** Actions that take any header beside the documented ones. */
export const freeFormActions: ReadonlySet<string> = new Set(['UserEvent', 'UpdateConfig', 'PJSIPNotify', 'SIPnotify', 'Login'])

/** Fields that every action takes: from Asterisk, and from proxies. */
export const universalFields: readonly string[] = ['Action', 'ActionID', 'Server', 'ProxyKey', 'ChanVariable']

/** Actions of older releases or of modules that the documentation of Asterisk 22 has no more. */
export const olderActions: readonly string[] = [
  'AgentCallbackLogin',
  'ChangeMonitor',
  'DAHDIShowSpans',
  'Monitor',
  'MuteAudio',
  'PauseMonitor',
  'SCCPShowDevices',
  'SIPnotify',
  'SIPpeers',
  'SIPpeerstatus',
  'SIPqualifypeer',
  'SIPshowpeer',
  'SIPshowregistry',
  'SKINNYdevices',
  'SKINNYlines',
  'SKINNYshowdevice',
  'SKINNYshowline',
  'StopMonitor',
  'UnpauseMonitor'
]
