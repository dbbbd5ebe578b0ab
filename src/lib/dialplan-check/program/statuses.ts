/**
 * What a status may hold where a dialplan goes on, so that each value needs its label. Fewer than Asterisk documents: what ends the call (CANCEL; ANSWER without `g`), what
 * only wrong data give (INVALIDARGS), and what an option asks for first (TORTURE, CONTINUE) need none.
 */
export const statusValues: Readonly<Record<string, readonly string[]>> = {
  DIALSTATUS: ['CHANUNAVAIL', 'CONGESTION', 'BUSY', 'NOANSWER'],
  QUEUESTATUS: ['TIMEOUT', 'FULL', 'JOINEMPTY', 'LEAVEEMPTY', 'JOINUNAVAIL', 'LEAVEUNAVAIL'],
  AGISTATUS: ['SUCCESS', 'FAILURE'],
  VMSTATUS: ['SUCCESS', 'FAILED'],
  MVM_RECORD_STATUS: ['SUCCESS', 'USEREXIT', 'FAILED'],
  MVM_NOTIFY_STATUS: ['SUCCESS', 'FAILED'],
  MVM_DELETE_STATUS: ['SUCCESS', 'FAILED'],
  MVM_ACCMESS_STATUS: ['SUCCESS', 'FAILED'],
  SYSTEMSTATUS: ['SUCCESS', 'FAILURE', 'APPERROR'],
  TRYSTATUS: ['SUCCESS', 'FAILED', 'NOAPP'],
  MESSAGE_SEND_STATUS: ['INVALID_PROTOCOL', 'INVALID_URI', 'SUCCESS', 'FAILURE']
}

/** What DEVICE_STATE gives (devicestate.c). */
export const deviceStates = ['UNKNOWN', 'NOT_INUSE', 'INUSE', 'BUSY', 'INVALID', 'UNAVAILABLE', 'RINGING', 'RINGINUSE', 'ONHOLD']
