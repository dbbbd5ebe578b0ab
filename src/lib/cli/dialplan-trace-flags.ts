import type { ApplicationResult } from '../dialplan/trace/simulation.js'
import { UsageError } from '../errors.js'
import { Flags } from './oclif.js'

/** The folder in which Debian and all others have Asterisk's files. */
export const defaultFolder = '/etc/asterisk'

/** Where a call begins. */
export const callFlags = {
  dir: Flags.string({
    description: "the folder of Asterisk's files",
    helpValue: 'DIR',
    default: defaultFolder,
    helpGroup: 'CALL'
  }),
  context: Flags.string({ char: 'c', description: 'the context that the call comes into', helpValue: 'NAME', helpGroup: 'CALL' }),
  from: Flags.string({
    description: 'the endpoint that calls: its context, caller id and variables',
    helpValue: 'ENDPOINT',
    helpGroup: 'CALL'
  }),
  'caller-id': Flags.string({ description: 'the caller, "Name" <number>', helpValue: 'TEXT', helpGroup: 'CALL' }),
  message: Flags.string({
    description: 'a SIP MESSAGE with this body, into the message context',
    helpValue: 'BODY',
    helpGroup: 'CALL'
  })
}

/** What is to come of it. */
export const choiceFlags = {
  dial: Flags.string({
    description: 'what comes of Dial and Queue: BUSY, or PJSIP/alice=NOANSWER; several count one after the other',
    helpValue: 'STATUS',
    multiple: true,
    helpGroup: 'WHAT HAPPENS'
  }),
  digits: Flags.string({
    description: 'what the caller presses; w lets the time run out once',
    helpValue: 'DIGITS',
    helpGroup: 'WHAT HAPPENS'
  }),
  set: Flags.string({
    description: 'a variable, or the value of a function: DEVICE_STATE(PJSIP/alice)=BUSY',
    helpValue: 'NAME=VALUE',
    multiple: true,
    helpGroup: 'WHAT HAPPENS'
  }),
  result: Flags.string({
    description: 'what an application leaves behind: AGI=AGISTATUS:FAILURE, or VoiceMail=hangup',
    helpValue: 'APP=VAR:VALUE',
    multiple: true,
    helpGroup: 'WHAT HAPPENS'
  }),
  now: Flags.string({
    description: 'the time of the call, as in 2026-12-24T18:00:00Z',
    helpValue: 'TIME',
    helpGroup: 'WHAT HAPPENS'
  }),
  timezone: Flags.string({
    description: 'the time zone of the Asterisk; default: that of this machine',
    helpValue: 'ZONE',
    helpGroup: 'WHAT HAPPENS'
  })
}

/** Splits `--set` into variables and functions; the name of a function goes to the first `)=`. @throws UsageError */
export function parseSet(values: readonly string[]): { given: Map<string, string>; variables: Map<string, string> } {
  const given = new Map<string, string>()
  const variables = new Map<string, string>()
  for (const text of values) {
    const [, call, result] = /^(\w+\(.*?\))=(.*)$/s.exec(text) ?? []
    const equals = text.indexOf('=')
    if (call !== undefined) given.set(call, result!)
    else if (equals > 0) variables.set(text.slice(0, equals), text.slice(equals + 1))
    else throw new UsageError(`--set: ${JSON.stringify(text)} is not NAME=VALUE`)
  }
  return { given, variables }
}

/** @throws UsageError */
export function parseResults(values: readonly string[]): Map<string, ApplicationResult> {
  const results = new Map<string, ApplicationResult>()
  for (const text of values) {
    const [, name, rest] = /^(\w+)=(.+)$/s.exec(text) ?? []
    const colon = rest?.indexOf(':') ?? -1
    if (name === undefined || rest === undefined || (rest !== 'hangup' && colon < 1)) {
      throw new UsageError(`--result: ${JSON.stringify(text)} is neither APP=VARIABLE:VALUE nor APP=hangup`)
    }
    const earlier = results.get(name.toLowerCase()) ?? { variables: [], endsCall: false }
    const isEnd = rest === 'hangup'
    results.set(name.toLowerCase(), {
      variables: isEnd ? earlier.variables : [...earlier.variables, [rest.slice(0, colon), rest.slice(colon + 1)]],
      endsCall: earlier.endsCall || isEnd
    })
  }
  return results
}

/** @throws UsageError for what is no time or no zone */
export function parseClock(now: string | undefined, timeZone: string | undefined): { now?: Date; timeZone?: string } {
  const time = now === undefined ? undefined : new Date(now)
  if (time && Number.isNaN(time.getTime()))
    throw new UsageError(`--now: ${JSON.stringify(now)} is no time`, { hint: 'such as 2026-12-24T18:00:00Z' })
  try {
    if (timeZone !== undefined) new Intl.DateTimeFormat('en', { timeZone })
  } catch (cause) {
    throw new UsageError(`--timezone: ${JSON.stringify(timeZone)} is no time zone`, { cause })
  }
  return { ...(time && { now: time }), ...(timeZone !== undefined && { timeZone }) }
}
