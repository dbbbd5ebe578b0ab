import { splitArguments } from '../../arguments.js'
import { contactsOf } from '../../variables/endpoint-directory.js'
import { splitAt } from '../../variables/split-raw.js'
import { setVariable } from '../../variables/substitute-variables.js'
import type { ApplicationCall, ApplicationTable, LegResult, Outcome } from '../application.js'
import { causes } from '../causes.js'
import { parseDialOptions, withCommas } from '../dial-options.js'

/** app_dial.c: who is rung, what comes of it, and where the two sides go then. */
export const dialApplications: ApplicationTable = {
  Dial: dial,
  RetryDial: (call) => dial({ ...call, data: call.data.split(',').slice(3).join(',') })
}

/** What came of one destination. */
interface Attempt {
  readonly device: string
  readonly status: string
}

/** The causes that the caller's channel gets. */
const causeOfStatus: Readonly<Record<string, number>> = {
  ANSWER: causes.NORMAL_CLEARING,
  BUSY: causes.USER_BUSY,
  CONGESTION: causes.NORMAL_CIRCUIT_CONGESTION,
  CHANUNAVAIL: causes.SUBSCRIBER_ABSENT,
  NOANSWER: causes.NO_ANSWER
}

const cleared = ['STATUS', 'EDPEERNUMBER', 'EDPEERNAME', 'EDTIME', 'EDTIME_MS'].map((name) => `DIAL${name}`)

function dial(call: ApplicationCall): Outcome {
  const { data, run, channel } = call
  for (const name of [
    ...cleared,
    'ANSWEREDTIME',
    'ANSWEREDTIME_MS',
    'RINGTIME',
    'RINGTIME_MS',
    'PROGRESSTIME',
    'PROGRESSTIME_MS'
  ]) {
    setVariable(name, '', call)
  }
  const [destinations = '', , optionText = ''] = splitArguments(data)
  const options = parseDialOptions(optionText)
  if (options.has('B')) runRoutine(call, `before Dial`, options.get('B')!)
  const attempts = destinations
    .split('&')
    .map((one) => one.trim())
    .filter((one) => one !== '')
    .map((device) => attempt(call, device, options))
  if (attempts.length === 0) {
    call.notes.warn('Dial has no destination')
    setVariable('DIALSTATUS', 'CHANUNAVAIL', call)
    return options.has('g') || destinations === '' ? 'continue' : 'continue'
  }
  const answered = attempts.find(({ status }) => status === 'ANSWER')
  const status = answered ? 'ANSWER' : combined(attempts)
  run.note(`DIALSTATUS is ${status}`)
  if (answered) return talk(call, answered.device, options)
  setVariable('DIALSTATUS', status, call)
  channel.hangupCause = causeOfStatus[status] ?? channel.hangupCause
  if (status !== 'CANCEL') return 'continue'
  run.note('the caller hangs up')
  channel.isHungUp = true
  return 'hangup'
}

/** Of several that did not answer: busy if one was, else congested, else out of reach; no answer when one rang. */
function combined(attempts: readonly Attempt[]): string {
  const has = (wanted: string) => attempts.find(({ status }) => status === wanted)?.status
  const other = attempts.find(({ status }) => !['BUSY', 'CONGESTION', 'CHANUNAVAIL'].includes(status))
  return has('CANCEL') ?? other?.status ?? has('BUSY') ?? has('CONGESTION') ?? 'CHANUNAVAIL'
}

function attempt(call: ApplicationCall, device: string, options: ReadonlyMap<string, string>): Attempt {
  const { run } = call
  const slash = device.indexOf('/')
  const technology = device.slice(0, slash)
  const rest = device.slice(slash + 1)
  if (slash < 0) {
    call.notes.warn(`${device} has no technology: Dial takes Technology/resource`)
    return { device, status: 'CHANUNAVAIL' }
  }
  if (technology.toLowerCase() === 'local') return attemptLocal(call, device, rest)
  const endpoint = endpointOf(technology, rest)
  const status = run.chosenStatus(device, endpoint) ?? defaultStatus(call, technology, rest, endpoint)
  run.ring(device, endpoint, status)
  if (options.has('b')) runRoutine(call, device, options.get('b')!)
  return { device, status }
}

/** `PJSIP/alice`, `PJSIP/+461234@trunk`, `PJSIP/alice/sip:…`: the endpoint. Of other technologies, what stands behind the at sign. */
export function endpointOf(technology: string, rest: string): string {
  const first = rest.split('/')[0]!
  const at = first.indexOf('@')
  if (at >= 0) return first.slice(at + 1)
  return technology.toUpperCase() === 'PJSIP' ? first : rest
}

function defaultStatus(call: ApplicationCall, technology: string, rest: string, name: string): string {
  const { endpoints, aors } = call.scene.endpoints
  if (technology.toUpperCase() !== 'PJSIP' || endpoints.size === 0) return 'ANSWER'
  const endpoint = endpoints.get(name)
  if (!endpoint) {
    call.notes.warn(`There is no endpoint ${name}`)
    return 'CHANUNAVAIL'
  }
  const hasContact =
    rest.includes('/') ||
    endpoint.aors.some((one) => contactsOf(aors.get(one) ?? { name: one, settings: new Map(), contacts: [] }).length > 0)
  return hasContact ? 'ANSWER' : 'CHANUNAVAIL'
}

/** A Local channel runs the dialplan as a caller does; what answers there answers here. */
function attemptLocal(call: ApplicationCall, device: string, rest: string): Attempt {
  const { run } = call
  const bare = rest.replace(/\/[a-z]*$/, '')
  const at = bare.lastIndexOf('@')
  const extension = at < 0 ? bare : bare.slice(0, at)
  const context = at < 0 ? 'default' : bare.slice(at + 1)
  const chosen = run.chosenStatus(device, bare)
  const leg = run.runLeg({ name: `Local/${bare}`, context, extension, priority: 1, isUp: false })
  return { device, status: chosen ?? statusOf(leg) }
}

function statusOf({ isFound, isAnswered, hangupCause }: LegResult): string {
  if (!isFound) return 'CHANUNAVAIL'
  if (isAnswered) return 'ANSWER'
  if (hangupCause === causes.USER_BUSY) return 'BUSY'
  if (hangupCause === causes.NORMAL_CIRCUIT_CONGESTION || hangupCause === causes.SWITCH_CONGESTION) return 'CONGESTION'
  return [0, causes.NORMAL_CLEARING, causes.NO_ANSWER].includes(hangupCause) ? 'NOANSWER' : 'CHANUNAVAIL'
}

/** `context^extension^priority(arguments)`, of which the last two may be left out. */
function runRoutine(call: ApplicationCall, name: string, location: string): LegResult | undefined {
  const [where = '', rest] = cutAt(location, '(')
  const fields = withCommas(where).split(',')
  const [context = '', extension = 's', priority = '1'] =
    fields.length === 3
      ? fields
      : fields.length === 2
        ? [call.channel.context, ...fields]
        : [call.channel.context, call.channel.extension, ...fields]
  const values = rest === undefined ? [] : splitAt(withCommas(rest.replace(/\)[^)]*$/, '')), ',', 100)
  return call.run.runLeg({
    name,
    context,
    extension,
    priority: Number.parseInt(priority, 10) || 1,
    isUp: true,
    routineArguments: values
  })
}

function cutAt(text: string, sign: string): [string, string | undefined] {
  const at = text.indexOf(sign)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

/** The call was answered: `G` sends both somewhere, `U` runs a routine in the callee's channel, which may say what becomes of the call. */
function talk(call: ApplicationCall, device: string, options: ReadonlyMap<string, string>): Outcome {
  const { channel, run } = call
  channel.isUp = true
  setVariable('DIALSTATUS', 'ANSWER', call)
  setVariable('DIALEDPEERNAME', `${device}-00000001`, call)
  const goTo = options.get('G')
  if (goTo) {
    const back = { context: channel.context, extension: channel.extension, priority: channel.priority }
    if (run.goTo(withCommas(goTo)))
      run.runLeg({
        name: device,
        context: channel.context,
        extension: channel.extension,
        priority: channel.priority + 2,
        isUp: true
      })
    else Object.assign(channel, back)
    return 'continue'
  }
  const routine = options.get('U')
  const after = routine ? afterRoutine(call, device, routine) : undefined
  if (after?.outcome) return after.outcome
  run.note('they talk, and the callee hangs up')
  const next = options.get('F')
  if (next !== undefined) calleeGoesOn(call, device, next)
  else if (options.has('e')) run.runLeg({ name: device, context: channel.context, extension: 'h', priority: 1, isUp: true })
  channel.hangupCause = causes.NORMAL_CLEARING
  if (options.has('g')) return 'continue'
  channel.isHungUp = true
  return 'hangup'
}

/** `U(routine^argument^…)`: its GOSUB_RESULT says whether they talk. */
function afterRoutine(call: ApplicationCall, device: string, routine: string): { outcome: Outcome | undefined } {
  const { run, channel } = call
  const [context = '', ...values] = withCommas(routine).split(',')
  const leg = run.runLeg({ name: device, context, extension: 's', priority: 1, isUp: true, routineArguments: values })
  const result = leg.variable('GOSUB_RESULT')
  if (result === undefined || result === '') return { outcome: undefined }
  const retval = leg.variable('GOSUB_RETVAL')
  if (retval !== undefined) setVariable('GOSUB_RETVAL', retval, call)
  const upper = result.toUpperCase()
  run.note(`GOSUB_RESULT is ${result}`)
  if (['BUSY', 'CONGESTION', 'CHANUNAVAIL'].includes(upper)) {
    setVariable('DIALSTATUS', result, call)
    return { outcome: 'continue' }
  }
  if (upper === 'CONTINUE') return { outcome: 'continue' }
  if (upper.startsWith('GOTO:')) return { outcome: run.goTo(withCommas(result.slice(5))) ? 'continue' : 'hangup' }
  if (upper !== 'ABORT') return { outcome: undefined }
  channel.hangupCause = causes.NORMAL_CLEARING
  return { outcome: 'hangup' }
}

/** `F(context^extension^priority)`, or `F` alone: the callee goes on behind the Dial when the caller hangs up. */
function calleeGoesOn(call: ApplicationCall, device: string, where: string): void {
  const { channel, run } = call
  const fields = where === '' ? [] : withCommas(where).split(',')
  const priority = fields.at(-1)
  run.runLeg({
    name: device,
    context: fields.length === 3 ? fields[0]! : channel.context,
    extension: fields.length >= 2 ? fields.at(-2)! : channel.extension,
    priority: priority === undefined ? channel.priority + 1 : Number.parseInt(priority, 10) || 1,
    isUp: true
  })
}
