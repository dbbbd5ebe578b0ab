import path from 'node:path'
import type { Leg, Trace, TraceStep } from '../dialplan/trace/result.js'
import { escapeControls } from './terminal-text.js'

/** A trace as people read it: a line for each step, and under it why that one, what it did, and what is not known. */
export function dialplanTraceText(trace: Trace): string {
  const several = trace.legs.length > 1
  const rows = trace.steps.map((step, index) => ({
    step,
    place: placeOf(step, several),
    call: `${step.application}(${step.appData})`,
    remarks: [...matchOf(step, trace.steps[index - 1]), ...remarks(step)]
  }))
  const width = Math.min(48, Math.max(0, ...rows.map(({ place }) => place.length)))
  const lines = rows.flatMap(({ step, place, call, remarks }) => [
    `${place.padEnd(width)}  ${call}  ${path.basename(step.file)}:${step.line}`,
    ...remarks.map((remark) => `${' '.repeat(width)}    ${remark}`)
  ])
  const rung = trace.devices.map(({ device, status }) => `rings    ${device} (${status})`)
  return [...lines, '', ...rung, ...trace.legs.map((leg) => endOf(leg, several))]
    .map((line) => `${escapeControls(line)}\n`)
    .join('')
}

function placeOf({ leg, extension, context, priority, label }: TraceStep, several: boolean): string {
  const labelled = label === undefined ? '' : `(${label})`
  return `${several ? `${leg}: ` : ''}${extension}@${context}:${priority}${labelled}`
}

/** Said where the name in the file is another one, and where others could have been it; not again for the next priority. */
function matchOf({ matched, matchedContext, context, extension, rivals }: TraceStep, before: TraceStep | undefined): string[] {
  const isSame = before?.matched === matched && before.matchedContext === matchedContext && before.extension === extension
  if (rivals.length === 0 && (isSame || (matched === extension && matchedContext === context))) return []
  return [`matched by ${matched}${matchedContext === context ? '' : ` of ${matchedContext}`}`]
}

function remarks({ rivals, notes, warnings, unknown }: TraceStep): string[] {
  return [
    ...rivals.map((one) => `not ${one.extension} of ${one.context} (${path.basename(one.file)}:${one.line}): ${one.reason}`),
    ...notes,
    ...warnings.map((one) => `warning: ${one}`),
    ...unknown.map((one) => `unknown: ${one}, taken to be empty (--set '${one}=…')`)
  ]
}

function endOf({ leg, channel, reason }: Leg, several: boolean): string {
  return `ends     ${several ? `${leg}: ${channel}: ` : ''}${reason}`
}
