import { splitArguments } from '../../arguments.js'
import { leadingInteger } from '../../variables/condition.js'
import { setVariable } from '../../variables/substitute-variables.js'
import type { ApplicationCall, ApplicationTable, Outcome } from '../application.js'
import { causeOf, causes } from '../causes.js'

/** What is between Asterisk and its caller: answers, hang-ups, prompts and digits (pbx_builtins.c, app_read.c, app_playback.c). */
export const callerApplications: ApplicationTable = {
  Answer: (call) => answered(call),
  Hangup: hangup,
  Busy: (call) => refuse(call, causes.USER_BUSY),
  Congestion: (call) => refuse(call, causes.NORMAL_CIRCUIT_CONGESTION),
  Incomplete: (call) => {
    if (!call.data.includes('n')) call.channel.isUp = true
    return 'incomplete'
  },
  BackGround: background,
  Playback: playback,
  WaitExten: waitExten,
  WaitDigit: waitDigit,
  Read: read,
  Echo: (call) => answeredApplication(call),
  MusicOnHold: musicOnHold
}

function answered({ channel }: ApplicationCall): Outcome {
  channel.isUp = true
  return 'continue'
}

function answeredApplication({ channel }: ApplicationCall): Outcome {
  channel.isUp = true
  return 'continue'
}

/** The cause: a number or a name; else the one that is there, or 16. */
function hangup({ channel, data, notes }: ApplicationCall): Outcome {
  const named = causeOf(data)
  const cause = named ?? leadingInteger(data) ?? 0
  if (data !== '' && cause <= 0) notes.warn(`${data} is no cause`)
  channel.hangupCause = cause > 0 ? cause : channel.hangupCause || causes.NORMAL_CLEARING
  channel.isHungUp = true
  return 'hangup'
}

function refuse({ channel }: ApplicationCall, cause: number): Outcome {
  if (!channel.isUp) channel.hangupCause = cause
  return 'hangup'
}

/** The first digit ends it. One that is an extension, and could not begin a longer one, is gone to at once. */
function background(call: ApplicationCall): Outcome {
  const { channel, data, run, notes } = call
  if (data === '') {
    notes.warn('Background has no file')
    return 'hangup'
  }
  const [, options = '', , context = ''] = splitArguments(data)
  const isSkipped = !channel.isUp && (options === 'skip' || (options !== 'noanswer' && options.includes('s')))
  if (!isSkipped && options !== 'noanswer' && !options.includes('n')) channel.isUp = true
  setVariable('BACKGROUNDSTATUS', 'SUCCESS', call)
  const digit = isSkipped || options.includes('p') ? undefined : run.nextDigit()
  if (digit === undefined) return 'continue'
  run.note(`the caller presses ${digit}`)
  const where = context === '' ? channel.context : context
  if (!run.exists(where, digit, 1, 'canmatch') || run.exists(where, digit, 1, 'matchmore')) return { digit }
  Object.assign(channel, { context: where, extension: digit, priority: 0 })
  return 'continue'
}

function playback(call: ApplicationCall): Outcome {
  const [, options = ''] = splitArguments(call.data)
  if (!/noanswer/.test(options) && !(options === 'skip' && !call.channel.isUp)) call.channel.isUp = true
  setVariable('PLAYBACKSTATUS', 'SUCCESS', call)
  return 'continue'
}

/** Without a digit it goes on, or to `t`, or to `e`. */
function waitExten(call: ApplicationCall): Outcome {
  const { channel, run, notes } = call
  const digit = run.nextDigit()
  if (digit !== undefined) {
    run.note(`the caller presses ${digit}`)
    return { digit }
  }
  run.note('no digit comes')
  const { context, extension, priority } = channel
  if (run.exists(context, extension, priority + 1)) return 'continue'
  if (run.exists(context, 't', 1)) Object.assign(channel, { extension: 't', priority: 0 })
  else if (run.exists(context, 'e', 1)) run.raise('RESPONSETIMEOUT', 0)
  else {
    notes.warn(`No digit came, and ${context} has neither t nor e`)
    return 'hangup'
  }
  return 'continue'
}

function waitDigit(call: ApplicationCall): Outcome {
  const [, accepted = ''] = splitArguments(call.data)
  let digit = call.run.nextDigit()
  while (digit !== undefined && accepted !== '' && !accepted.includes(digit)) digit = call.run.nextDigit()
  if (digit !== undefined) setVariable('WAITDIGITRESULT', digit, call)
  setVariable('WAITDIGITSTATUS', digit === undefined ? 'TIMEOUT' : 'DTMF', call)
  return 'continue'
}

/** `Read(variable,prompts,maxdigits,options,…)`: up to `#`, to so many digits, or until none comes. */
function read(call: ApplicationCall): Outcome {
  const [variable = '', , max = '', options = ''] = splitArguments(call.data)
  if (variable === '') {
    call.notes.warn('Read has no variable')
    return 'continue'
  }
  if (!call.channel.isUp && options.includes('s')) {
    setVariable('READSTATUS', 'SKIPPED', call)
    return 'continue'
  }
  if (!options.includes('n')) call.channel.isUp = true
  // Asterisk reads 255 where no number is given.
  const limit = leadingInteger(max) || 255
  let digits = ''
  let last: string | undefined
  while (digits.length < limit) {
    last = call.run.nextDigit()
    if (last === undefined || last === '#') break
    digits += last
  }
  call.run.note(digits === '' ? 'no digit comes' : `the caller presses ${digits}`)
  setVariable(variable, digits, call)
  setVariable('READSTATUS', digits === '' && last === undefined ? 'TIMEOUT' : 'OK', call)
  return 'continue'
}

/** Without a time it plays until the caller hangs up. */
function musicOnHold(call: ApplicationCall): Outcome {
  const [, seconds = ''] = splitArguments(call.data)
  if (seconds !== '') return 'continue'
  call.run.note('plays until the caller hangs up')
  call.channel.isHungUp = true
  return 'hangup'
}
