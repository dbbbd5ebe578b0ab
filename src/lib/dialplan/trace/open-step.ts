import { decode } from '../../asterisk-config/text.js'
import type { Channel } from '../variables/channel.js'
import type { Notes } from '../variables/evaluation.js'
import { findApplication } from './application-table.js'
import type { Match } from './lookup.js'
import type { TraceStep } from './result.js'

/** A step of a channel, before its data are put in and it is run. */
export function openStep({ priority, extension, context, rivals }: Match, channel: Channel, leg: number): TraceStep {
  const name = extension.callerId === undefined ? extension.name : `${extension.name}/${extension.callerId}`
  return {
    leg,
    context: decode(channel.context),
    extension: decode(channel.extension),
    priority: priority.number,
    label: priority.label,
    application: findApplication(priority.application)?.name ?? priority.application,
    data: priority.data,
    appData: '',
    matched: name,
    matchedContext: context.name,
    file: priority.file,
    line: priority.line,
    rivals,
    notes: [],
    warnings: [],
    unknown: []
  }
}

/** What an application or a function says of a step. */
export function notesOf({ warnings, unknown }: Pick<TraceStep, 'warnings' | 'unknown'>): Notes {
  return {
    warn: (message) => void warnings.push(decode(message)),
    unknown: (what) => void (unknown.includes(decode(what)) || unknown.push(decode(what)))
  }
}
