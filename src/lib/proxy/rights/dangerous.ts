import type { ActionView } from './action-view.js'
import { commandDanger } from './cli-commands.js'
import { applicationDanger, textDanger, variableDanger } from './dialplan-danger.js'

/** Why an action is not for everybody. */
export interface Danger {
  reason: string
  /** The field that is dangerous, in lower case; undefined when the action itself is. */
  field: string | undefined
  /** Classes of `write` that include it: an operator who has given one of them has given this too. */
  classes: readonly string[]
}

const system = ['system']
const config = ['system', 'config']

/** Actions that change the PBX whatever their fields say. */
const dangerousActions: ReadonlyMap<string, { reason: string; classes: readonly string[] }> = new Map([
  ['updateconfig', { reason: 'changes configuration', classes: config }],
  ['createconfig', { reason: 'changes configuration', classes: config }],
  ['reload', { reason: 'changes what is loaded', classes: config }],
  ['moduleload', { reason: 'loads and unloads code', classes: system }],
  ['dialplanextensionadd', { reason: 'changes the dialplan', classes: system }],
  ['dialplanextensionremove', { reason: 'changes the dialplan', classes: system }],
  ['dbdeltree', { reason: 'deletes whole parts of the database', classes: system }],
  ['dahdirestart', { reason: 'ends all calls', classes: system }],
  ['pridebugfileset', { reason: 'writes a file of any name', classes: system }]
])

/** Fields that are text for people. UserEvent has nothing else. */
const textFields = new Set(['message', 'body', 'base64body', 'content-type'])
const textActions = new Set(['sendtext', 'messagesend', 'queuelog', 'jabbersend'])

/** `Channel:` of Originate is cut there (`char tmp[256]` in action_originate), so that its context may be another one than it says. */
const maxOriginateChannelBytes = 255

/**
 * What in an action can run programs on the PBX, or change or give away its configuration. Every line of a name counts, blanks and control
 * characters before values do not.
 *
 * | action | dangerous is | class of `write` that includes it |
 * |---|---|---|
 * | UpdateConfig, CreateConfig, Reload | always | config, system |
 * | ModuleLoad, DialplanExtensionAdd, DialplanExtensionRemove, DBDelTree, DAHDIRestart, PRIDebugFileSet | always | system |
 * | Originate | `Application`: AGI in every form, System, Exec and its kin, ExternalIVR, Monitor, MixMonitor, Originate, Reload, DBdel, Minivm, ICES, MP3Player, NBScat, Festival, DAHDIRAS, MYSQL; Queue with an AGI script | system |
 * | Originate | a `Channel` over 255 bytes, which Asterisk cuts | none |
 * | Originate, Setvar, AGI | a variable that is run as a program: MONITOR_EXEC, MONITOR_OPTIONS, MEETME_AGI_BACKGROUND | system |
 * | AGI | `Command`: EXEC of such an application, DATABASE (but GET) | system |
 * | MixMonitor | `Command`; a comma in `File` or `Options`, which begins a command | system |
 * | ConfbridgeStartRecord | a comma in `RecordFile`, which begins a command | system |
 * | MixMonitor, Monitor, ConfbridgeStartRecord | `..` in the name of the file | none |
 * | Command | everything but reading (`… show`, `… list`) and handling calls | system |
 * | GetConfig, GetConfigJSON, ListCategories, UpdateConfig, CreateConfig | a file outside the configuration: `/…`, `..` | none |
 * | every | a field other than text for people that calls SHELL, EVAL, FILE…, STAT, ENV, CURL…, DB…, REALTIME…, ODBC…, CONFBRIDGE, LOCK…, PERIODIC_HOOK, AST_CONFIG, AST_SORCERY, or a function whose name is put together (`${X}(`) | system |
 */
export function dangersOf(view: ActionView): Danger[] {
  const dangers: Danger[] = []
  const always = dangerousActions.get(view.action)
  if (always) dangers.push({ reason: `${view.action} ${always.reason}`, field: undefined, classes: always.classes })
  const check = (names: readonly string[], classes: readonly string[], danger: (value: string) => string | undefined) => {
    for (const field of names) {
      for (const value of view.values(field)) {
        const reason = danger(value)
        if (reason !== undefined) dangers.push({ reason, field, classes })
      }
    }
  }
  const inside = fieldChecks.get(view.action) ?? []
  for (const { fields, classes, danger } of inside) check(fields, classes, (value) => danger(value, view))
  for (const { name, value } of view.headers) {
    if (name === 'actionid' || view.action === 'userevent') continue
    if (textActions.has(view.action) && textFields.has(name)) continue
    const reason = textDanger(value)
    if (reason !== undefined) dangers.push({ reason, field: name, classes: system })
  }
  return dangers
}

interface FieldCheck {
  fields: readonly string[]
  classes: readonly string[]
  danger: (value: string, view: ActionView) => string | undefined
}

const insideConfiguration: FieldCheck = {
  fields: ['filename', 'srcfilename', 'dstfilename'],
  classes: [],
  danger: (value) => (value.startsWith('/') || hasParent(value) ? 'the file is outside the configuration' : undefined)
}
const noParent = (...fields: string[]): FieldCheck => ({
  fields,
  classes: [],
  danger: (value) => (hasParent(value) ? 'the name of the file has ".." in it' : undefined)
})
const noComma = (...fields: string[]): FieldCheck => ({
  fields,
  classes: system,
  danger: (value) => (value.includes(',') ? 'what follows a comma can be run as a program' : undefined)
})

/** By action, in lower case. */
const fieldChecks: ReadonlyMap<string, readonly FieldCheck[]> = new Map<string, readonly FieldCheck[]>([
  [
    'originate',
    [
      { fields: ['application'], classes: system, danger: originateApplication },
      { fields: ['variable', 'data'], classes: system, danger: variableDanger },
      {
        fields: ['channel'],
        classes: [],
        danger: (value) =>
          Buffer.byteLength(value) > maxOriginateChannelBytes ? 'the channel is longer than Asterisk reads' : undefined
      }
    ]
  ],
  ['setvar', [{ fields: ['variable'], classes: system, danger: variableDanger }]],
  [
    'agi',
    [
      { fields: ['command'], classes: system, danger: agiDanger },
      { fields: ['command'], classes: system, danger: variableDanger }
    ]
  ],
  ['command', [{ fields: ['command'], classes: system, danger: commandDanger }]],
  [
    'mixmonitor',
    [
      { fields: ['command'], classes: system, danger: (value) => (value === '' ? undefined : 'the command is run as a program') },
      noComma('file', 'options'),
      noParent('file', 'options')
    ]
  ],
  ['monitor', [noParent('file')]],
  ['confbridgestartrecord', [noComma('recordfile'), noParent('recordfile')]],
  ...['getconfig', 'getconfigjson', 'listcategories', 'updateconfig', 'createconfig'].map(
    (action) => [action, [insideConfiguration]] as const
  )
])

/** The application with every data: Asterisk takes the first of each, and nobody who means well sends two applications. */
function originateApplication(application: string, view: ActionView): string | undefined {
  if (view.values('application').length > 1) return 'more than one application'
  return ['', ...view.values('data')].map((data) => applicationDanger(application, data)).find((reason) => reason !== undefined)
}

/** A command of AGI, as `res_agi` parts it. Words in quotes or with backslashes at the places that count are taken for the worst. */
function agiDanger(command: string): string | undefined {
  const [verb = '', second = ''] = command.trim().split(/[ \t]+/)
  if (!/^[A-Za-z]*$/.test(verb)) return 'a command of AGI whose name is hidden'
  const name = verb.toLowerCase()
  if (name === 'database' && second.toLowerCase() !== 'get') return 'the AGI command DATABASE may change the database'
  if (name !== 'exec') return undefined
  if (!/^\w+$/.test(second)) return 'the AGI command EXEC with an application whose name is hidden'
  return applicationDanger(
    second,
    command.slice(command.toLowerCase().indexOf(second.toLowerCase(), verb.length) + second.length)
  )
}

function hasParent(file: string): boolean {
  return file.split(/[/(]/).some((part) => part.trim().startsWith('..'))
}
