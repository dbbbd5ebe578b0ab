import { splitArguments } from '../../arguments.js'
import { setVariable } from '../../variables/substitute-variables.js'
import type { ApplicationCall, ApplicationTable, Outcome } from '../application.js'

/** What these leave behind when all goes well; `--result` says what else may come of them. */
const statusVariables: Readonly<Record<string, readonly [name: string, value: string]>> = {
  AGI: ['AGISTATUS', 'SUCCESS'],
  EAGI: ['AGISTATUS', 'SUCCESS'],
  DeadAGI: ['AGISTATUS', 'SUCCESS'],
  AsyncAGI: ['ASYNCAGISTATUS', 'SUCCESS'],
  System: ['SYSTEMSTATUS', 'SUCCESS'],
  TrySystem: ['SYSTEMSTATUS', 'SUCCESS'],
  VoiceMail: ['VMSTATUS', 'SUCCESS'],
  MinivmRecord: ['MVM_RECORD_STATUS', 'SUCCESS'],
  MinivmNotify: ['MVM_NOTIFY_STATUS', 'SUCCESS'],
  MinivmGreet: ['MVM_GREET_STATUS', 'SUCCESS'],
  MinivmAccMess: ['MVM_ACCMESS_STATUS', 'SUCCESS'],
  MinivmDelete: ['MVM_DELETE_STATUS', 'SUCCESS'],
  MessageSend: ['MESSAGE_SEND_STATUS', 'SUCCESS'],
  SendText: ['SENDTEXTSTATUS', 'SUCCESS'],
  Transfer: ['TRANSFERSTATUS', 'SUCCESS'],
  Record: ['RECORD_STATUS', 'HANGUP'],
  Page: ['PAGESTATUS', 'SUCCESS'],
  ChanIsAvail: ['AVAILSTATUS', '0'],
  ControlPlayback: ['CPLAYBACKSTATUS', 'SUCCESS'],
  Stasis: ['STASISSTATUS', 'SUCCESS'],
  Authenticate: ['AUTHENTICATESTATUS', 'SUCCESS']
}

/** Those that answer a call which is not answered. */
const answering = new Set([
  'VoiceMail',
  'VoiceMailMain',
  'MinivmRecord',
  'MinivmGreet',
  'MinivmAccMess',
  'Record',
  'ConfBridge',
  'Authenticate',
  'ControlPlayback',
  'Directory'
])

/** Those that do nothing to where the call goes. */
const silent = [
  'Verbose',
  'Log',
  'Wait',
  'Ringing',
  'Progress',
  'Proceeding',
  'UserEvent',
  'SayAlpha',
  'SayDigits',
  'SayNumber',
  'SayPhonetic',
  'SayUnixTime',
  'PlayTones',
  'StopPlayTones',
  'StartMusicOnHold',
  'StopMusicOnHold',
  'SetMusicOnHold',
  'ResetCDR',
  'ForkCDR',
  'NoCDR',
  'CELGenUserEvent',
  'DumpChan',
  'MixMonitor',
  'StopMixMonitor',
  'ChannelRedirect',
  'DBdel',
  'DBdeltree',
  'SIPAddHeader',
  'Wait',
  'WaitForSilence',
  'WaitForNoise',
  'Morsecode',
  'Originate',
  'PauseQueueMember',
  'UnpauseQueueMember',
  'AddQueueMember',
  'RemoveQueueMember',
  'QueueLog',
  'SendDTMF',
  'Milliwatt',
  'Bridge',
  'BridgeWait',
  'ChanSpy',
  'ExtenSpy',
  'DISA',
  'Directory',
  'ConfBridge',
  'VoiceMailMain',
  'VMAuthenticate',
  'MinivmMWI',
  'Park',
  'Pickup',
  'ParkedCall',
  'ExternalIVR',
  'SayCountedNoun'
]

function service(call: ApplicationCall): Outcome {
  const status = statusVariables[call.application]
  if (status) setVariable(status[0], status[1], call)
  if (answering.has(call.application)) call.channel.isUp = true
  return 'continue'
}

/** A queue of its own is not simulated: the first name is told as what rings. QUEUESTATUS is empty when a member answered, and the call is over. */
function queue(call: ApplicationCall): Outcome {
  const [name = '', options = ''] = splitArguments(call.data)
  const device = `Queue/${name}`
  const status = call.run.chosenStatus(device, name) ?? 'ANSWER'
  call.run.ring(device, name, status)
  if (status !== 'ANSWER') {
    const queueStatus = ['TIMEOUT', 'FULL', 'JOINEMPTY', 'LEAVEEMPTY', 'JOINUNAVAIL', 'LEAVEUNAVAIL', 'CONTINUE'].includes(status)
      ? status
      : 'TIMEOUT'
    setVariable('QUEUESTATUS', queueStatus, call)
    call.run.note(`QUEUESTATUS is ${queueStatus}`)
    return 'continue'
  }
  call.channel.isUp = true
  setVariable('QUEUESTATUS', options.includes('c') ? 'CONTINUE' : '', call)
  call.run.note('a member answers, and hangs up')
  if (options.includes('c')) return 'continue'
  call.channel.isHungUp = true
  return 'hangup'
}

/** Applications that talk to the world: here they succeed, with the variable that says so. */
export const serviceApplications: ApplicationTable = {
  ...Object.fromEntries([...Object.keys(statusVariables), ...silent].map((name) => [name, service])),
  Queue: queue
}
