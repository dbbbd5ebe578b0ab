import { isRefusal } from '../../ami/answer.js'
import { type Block, commandOutput } from '../../ami/block.js'
import type { Field } from '../../ami/encode.js'
import type { AmiClient } from '../../ami-client/client.js'
import { LoginError } from '../../errors.js'
import type { ObjectKind, ObjectSet } from './expected-objects.js'

type Objects = Map<string, Record<string, string>>

/**
 * What Asterisk has. AMI lists have whole names and values; identifies and transports have none, and are read from the console.
 * @param expected only the values that are compared are kept, and only what extensions.conf made
 * @throws LoginError when the user may not see it; what AmiClient.send throws
 */
export async function runningObjects(client: AmiClient, expected: ObjectSet, timeoutMs: number): Promise<ObjectSet> {
  const ask = async (...fields: Field[]) => {
    const answer = await client.send(fields, { timeoutMs })
    const message = answer.response.get('Message') ?? ''
    if (isRefusal(answer) && /permission/i.test(message))
      throw new LoginError(`Asterisk does not let this user see what it has (${fields[0]![1]}): ${message}`, {
        hint: 'The user needs read and write = system,config,command,reporting in manager.conf.'
      })
    return answer
  }
  const list = async (action: string, event: string) => {
    const { items } = await ask(['Action', action])
    return named(items.filter((item) => item.get('Event') === event))
  }
  const console = async (command: string) => {
    const { response } = await ask(['Action', 'Command'], ['Command', command])
    return commandOutput(response)?.toString('utf8') ?? ''
  }
  const transports: Objects = new Map()
  for (const name of transportNames(await console('pjsip show transports')))
    transports.set(name, parameters(await console(`pjsip show transport ${name}`)))
  const { items } = await ask(['Action', 'ShowDialPlan'])
  const dialplan = dialplanOf(items)
  const wizardHints = expected.get('hint')!
  return new Map<ObjectKind, Objects>([
    ['endpoint', await list('PJSIPShowEndpoints', 'EndpointList')],
    ['aor', await list('PJSIPShowAors', 'AorList')],
    ['auth', await list('PJSIPShowAuths', 'AuthList')],
    ['identify', identifiesOf(await console('pjsip show identifies'))],
    ['registration', await list('PJSIPShowRegistrationsOutbound', 'OutboundRegistrationDetail')],
    ['transport', transports],
    // A number that is watched has a hint of its own besides the pattern's.
    ['hint', new Map([...dialplan.hints].filter(([name]) => wizardHints.has(name) || !/^\+\d+@dp_lookup$/.test(name)))],
    ['priority', dialplan.priorities]
  ])
}

function named(items: readonly Block[]): Objects {
  return new Map(
    items.map((item) => [item.get('ObjectName') ?? '', Object.fromEntries(item.headers.map(({ name, value }) => [name, value]))])
  )
}

function dialplanOf(items: readonly Block[]): { priorities: Objects; hints: Objects } {
  const priorities: Objects = new Map()
  const hints: Objects = new Map()
  for (const item of items) {
    const [context, extension, priority] = ['Context', 'Extension', 'Priority'].map((name) => item.get(name))
    const registrar = item.get('Registrar')
    if (
      context === undefined ||
      extension === undefined ||
      (registrar !== 'pbx_config' && registrar !== 'res_pjsip_config_wizard')
    )
      continue
    const application = item.get('Application') ?? ''
    if (priority === 'hint') hints.set(`${extension}@${context}`, { Device: application })
    else priorities.set(`${context},${extension},${priority}`, { Application: application, AppData: item.get('AppData') ?? '' })
  }
  return { priorities, hints }
}

function transportNames(text: string): string[] {
  return [...text.matchAll(/^Transport: {2}(\S+) +(?:udp|tcp|tls|ws|wss) /gm)].map(([, name]) => name!)
}

function parameters(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/^ (\w+) +: ?(.*)$/gm)].map(([, name, value]) => [name!, value!.trim()]))
}

function identifiesOf(text: string): Objects {
  // The first line of the list is the head of the table.
  const names = [...text.matchAll(/^ *Identify: {2}([^<\s]\S*)$/gm)].map(([, both]) => both!.slice(0, both!.lastIndexOf('/')))
  return new Map(names.map((name) => [name, {}]))
}
