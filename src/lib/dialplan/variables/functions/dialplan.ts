import { decode, encode } from '../../../asterisk-config/text.js'
import { splitArguments } from '../../arguments.js'
import { hintPriority } from '../../dialplan.js'
import { type ExtensionQuery, findExtension } from '../../find-extension.js'
import { leadingInteger } from '../condition.js'
import type { FunctionCall, FunctionTable } from '../evaluation.js'
import { readConfigFile } from '../read-config.js'
import { deviceState } from './device-state.js'

/** What a dialplan asks of itself, of hints and devices, of AstDB and of files. */
export const dialplanFunctions: FunctionTable = {
  DIALPLAN_EXISTS: { read: dialplanExists },
  VALID_EXTEN: { read: validExtension },
  HINT: { read: readHint },
  EXTENSION_STATE: { read: extensionState },
  DEVICE_STATE: { read: (call) => deviceState(call, call.data) },
  EXCEPTION: { read: readException },
  AST_CONFIG: { read: readConfig },
  DB: { read: readDatabase, write: ({ scene, data }, value) => void scene.database.set(data, value) },
  DB_EXISTS: { read: (call) => (readDatabase(call) === undefined ? '0' : '1') },
  DB_DELETE: {
    read: (call) => {
      const value = readDatabase(call)
      call.scene.database.delete(call.data)
      return value ?? ''
    }
  }
}

/** @param where context, extension, and a priority or a label; strings have one character a byte */
function find(call: FunctionCall, context: string, extension: string, where: Partial<ExtensionQuery>) {
  const { scene, channel } = call
  return findExtension(scene.dialplan, {
    context: decode(context),
    extension: decode(extension),
    callerId: decode(channel.callerNumber ?? ''),
    now: scene.now,
    ...(scene.timeZone !== undefined && { timeZone: scene.timeZone }),
    ...where
  })
}

function dialplanExists(call: FunctionCall): string | undefined {
  const [context = '', extension = '', priority = ''] = splitArguments(call.data)
  if (priority !== '') {
    const number = leadingInteger(priority)
    const where = number !== undefined && number > 0 ? { priority: number } : { label: decode(priority) }
    return find(call, context, extension, where).found ? '1' : '0'
  }
  if (extension !== '') return find(call, context, extension, { priority: 1 }).found ? '1' : '0'
  return call.scene.dialplan.contexts.has(decode(context)) ? '1' : '0'
}

/** `VALID_EXTEN([context],extension[,priority])`. */
function validExtension(call: FunctionCall): string | undefined {
  const [context = '', extension = '', priority = ''] = splitArguments(call.data)
  if (extension === '') return undefined
  const number = priority === '' ? 1 : (leadingInteger(priority) ?? 1)
  return find(call, context || call.channel.context, extension, { priority: number }).found ? '1' : '0'
}

/** What the hint of an extension says, as it is written; undefined when there is none. */
export function hintOf(call: Pick<FunctionCall, 'scene'>, context: string, extension: string): string | undefined {
  const { scene } = call
  const result = findExtension(scene.dialplan, {
    context: decode(context),
    extension: decode(extension),
    priority: hintPriority,
    now: scene.now,
    ...(scene.timeZone !== undefined && { timeZone: scene.timeZone })
  })
  return result.found === 'extension' ? encode(result.priority.application) : undefined
}

function splitExtension(text: string, otherwise: string): [extension: string, context: string] {
  const at = text.indexOf('@')
  return at < 0 ? [text, otherwise] : [text.slice(0, at), text.slice(at + 1) || otherwise]
}

/** `HINT(extension[@context][,n])`. */
function readHint(call: FunctionCall): string | undefined {
  const [where = '', options = ''] = splitArguments(call.data)
  if (where === '') return undefined
  const [extension, context] = splitExtension(where, call.channel.context)
  // The name of a hint is its second field, which our reader keeps with the devices.
  const hint = hintOf(call, context, extension)
  if (hint === undefined) return ''
  const comma = hint.indexOf(',')
  if (options.includes('n')) return comma < 0 ? '' : hint.slice(comma + 1)
  return comma < 0 ? hint : hint.slice(0, comma)
}

/** Of the devices of its hint the one that is most: in use before ringing before busy before none. */
function extensionState(call: FunctionCall): string | undefined {
  const [extension, context] = splitExtension(call.data, 'default')
  if (extension === '') return undefined
  const hint = hintOf(call, context, extension)
  if (hint === undefined) return 'UNKNOWN'
  const states = hint
    .split(/[&,]/)
    .filter((one) => one !== '')
    .map((device) => deviceState(call, device))
  const first = (...wanted: string[]) => states.find((state) => wanted.includes(state))
  return (
    first('RINGINUSE', 'INUSE', 'BUSY', 'ONHOLD', 'RINGING') ??
    (states.every((one) => one === 'UNAVAILABLE') ? 'UNAVAILABLE' : (first('NOT_INUSE') ?? 'UNKNOWN'))
  )
}

function readException({ channel: { exception }, data }: FunctionCall): string | undefined {
  if (!exception) return undefined
  const name = data.toLowerCase()
  if (name === 'reason') return exception.reason
  if (name === 'context') return exception.context
  if (name.startsWith('exten')) return exception.extension
  return name === 'priority' ? String(exception.priority) : undefined
}

function readDatabase({ scene, data, notes }: FunctionCall): string | undefined {
  const value = scene.database.get(data)
  if (value === undefined) notes.unknown(`DB(${data})`)
  return value
}

/** `AST_CONFIG(file,section,name[,index])`; the index -1 is the last. */
function readConfig({ scene, data, notes }: FunctionCall): string | undefined {
  const [file = '', section = '', name = '', index = ''] = splitArguments(data).map(decode)
  if (file === '' || section === '' || name === '') return undefined
  const config = readConfigFile(file, scene.files)
  if (!config.isValid) {
    notes.warn(`${file} cannot be read`)
    return undefined
  }
  const found = config.sections
    .filter((one) => !one.isTemplate && one.name.toLowerCase() === section.toLowerCase())
    .slice(0, 1)
    .flatMap(({ settings }) => settings)
    .filter((setting) => setting.name.toLowerCase() === name.toLowerCase())
  const value = found.at(leadingInteger(index) ?? 0)?.value
  return value === undefined ? undefined : encode(value)
}
