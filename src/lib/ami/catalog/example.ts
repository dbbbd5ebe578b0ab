import type { Field } from '../encode.js'
import type { Documentation } from './documentation.js'

/** Values that show the form of a field. Names that are not here are shown as themselves in capitals. */
const samples: Readonly<Record<string, string>> = {
  agent: '1001',
  aor: 'alice',
  application: 'Wait',
  channel: 'PJSIP/alice-00000001',
  channel1: 'PJSIP/alice-00000001',
  channel2: 'PJSIP/bob-00000002',
  command: 'core show version',
  conference: '1000',
  context: 'default',
  device: 'PJSIP/alice',
  digit: '5',
  endpoint: 'alice',
  event: 'on',
  eventmask: 'call,system',
  exten: '100',
  extension: '100',
  family: 'cidname',
  file: '/tmp/call',
  filename: 'queues.conf',
  interface: 'PJSIP/alice',
  key: '100',
  mailbox: '100@default',
  member: 'PJSIP/alice',
  number: '1',
  operation: 'Add',
  filter: 'Event: Hangup',
  priority: '1',
  provider: 'CustomPresence',
  queue: 'support',
  registration: 'trunk',
  seconds: '60',
  timeout: '60',
  uniqueid: '1700000000.1',
  val: 'Alice',
  value: '1',
  variable: 'NAME'
}

/** Where the required fields alone do not say enough: what a first try would look like. */
const examples: Readonly<Record<string, readonly Field[]>> = {
  originate: [
    ['Channel', 'PJSIP/alice'],
    ['Context', 'default'],
    ['Exten', '100'],
    ['Priority', '1'],
    ['Async', 'true']
  ],
  redirect: [
    ['Channel', 'PJSIP/alice-00000001'],
    ['Context', 'default'],
    ['Exten', '100'],
    ['Priority', '1']
  ],
  getvar: [
    ['Channel', 'PJSIP/alice-00000001'],
    ['Variable', 'CALLERID(num)']
  ],
  setvar: [
    ['Channel', 'PJSIP/alice-00000001'],
    ['Variable', 'NAME'],
    ['Value', '1']
  ],
  pjsipnotify: [
    ['Endpoint', 'alice'],
    ['Variable', 'Event=check-sync']
  ],
  userevent: [
    ['UserEvent', 'Note'],
    ['Text', 'hello']
  ],
  updateconfig: [
    ['SrcFilename', 'queues.conf'],
    ['DstFilename', 'queues.conf'],
    ['Action-000000', 'NewCat'],
    ['Cat-000000', 'support']
  ]
}

/** Fields to try an action with: those that it needs, with values that show their form. */
export function exampleFields(documentation: Documentation): Field[] {
  const prepared = Object.hasOwn(examples, documentation.name.toLowerCase())
    ? examples[documentation.name.toLowerCase()]!
    : documentation.fields
        .filter(({ required }) => required)
        .map(({ name, values }): Field => [name, values?.[0] ?? sampleOf(name)])
  return [...prepared]
}

function sampleOf(name: string): string {
  const key = name.toLowerCase()
  return Object.hasOwn(samples, key) ? samples[key]! : name.toUpperCase()
}
