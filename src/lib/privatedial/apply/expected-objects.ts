import type { ConfigFiles } from '../../asterisk-config/files.js'
import { type LoadedConfig, loadConfig } from '../../asterisk-config/load.js'
import type { LoadedSection } from '../../asterisk-config/section.js'
import { type Dialplan, hintPriority } from '../../dialplan/dialplan.js'
import { readDialplan } from '../../dialplan/read-dialplan.js'

/** Kinds of objects that are compared, by the names that Asterisk's log has for them. */
export const objectKinds = ['endpoint', 'aor', 'auth', 'identify', 'registration', 'transport', 'hint', 'priority'] as const
export type ObjectKind = (typeof objectKinds)[number]

/** What Asterisk has, or should have: by kind and name, with the values that are compared. */
export type ObjectSet = ReadonlyMap<ObjectKind, ReadonlyMap<string, Readonly<Record<string, string>>>>

type Draft = Map<ObjectKind, Map<string, Record<string, string>>>

/** The values that are compared, by the setting and the name of the field in AMI. */
const compared: Readonly<Partial<Record<ObjectKind, Readonly<Record<string, string>>>>> = {
  endpoint: { aors: 'Aor', auth: 'Auths', outbound_auth: 'OutboundAuths', transport: 'Transport' },
  aor: { max_contacts: 'MaxContacts', qualify_frequency: 'QualifyFrequency' },
  auth: { username: 'Username', password: 'Password' },
  registration: { server_uri: 'ServerUri', client_uri: 'ClientUri', contact_user: 'ContactUser' },
  transport: {
    ...{ bind: 'bind', protocol: 'protocol', method: 'method', cert_file: 'cert_file', priv_key_file: 'priv_key_file' },
    ...{ external_media_address: 'external_media_address', domain: 'domain' }
  }
}

/** What Asterisk should have, once it has loaded the files of a folder: ours, and what was added by hand. */
export function expectedObjects(files: ConfigFiles): ObjectSet {
  const objects: Draft = new Map(objectKinds.map((kind) => [kind, new Map()]))
  addPjsip(objects, loadConfig('pjsip.conf', files))
  addWizard(objects, loadConfig('pjsip_wizard.conf', files))
  addDialplan(objects, readDialplan(loadConfig('extensions.conf', files)))
  return objects
}

function addPjsip(objects: Draft, { sections }: LoadedConfig): void {
  for (const section of sections.filter(({ isTemplate }) => !isTemplate)) {
    const kind = lastOf(section, 'type') as ObjectKind | undefined
    const fields = kind && compared[kind]
    if (!kind || !(fields || kind === 'identify') || !objects.has(kind)) continue
    const values = Object.entries(fields ?? {}).flatMap(([setting, field]) => {
      const value = lastOf(section, setting)
      return value === undefined ? [] : [[field, value] as const]
    })
    objects.get(kind)!.set(section.name, Object.fromEntries(values))
  }
}

/** The names that res_pjsip_config_wizard gives to what it makes of a section. */
function addWizard(objects: Draft, { sections }: LoadedConfig): void {
  for (const section of sections.filter((one) => !one.isTemplate && lastOf(one, 'type') === 'wizard')) {
    const { name } = section
    const add = (kind: ObjectKind, object: string, values: Record<string, string> = {}) => objects.get(kind)!.set(object, values)
    const value = (setting: string) => lastOf(section, setting)
    const isOn = (setting: string) => /^(yes|true|y|t|1|on)$/i.test(value(setting) ?? '')
    const login = (which: string) => ({ Username: value(`${which}/username`) ?? '', Password: value(`${which}/password`) ?? '' })
    const hosts = section.settings
      .filter((setting) => setting.name === 'remote_hosts')
      .flatMap((setting) => setting.value.split(','))
    add('endpoint', name, { Aor: name })
    add('aor', name, { QualifyFrequency: value('aor/qualify_frequency') ?? '0' })
    if (isOn('accepts_auth')) add('auth', `${name}-iauth`, login('inbound_auth'))
    if (isOn('sends_auth')) add('auth', `${name}-oauth`, login('outbound_auth'))
    if (hosts.length > 0) add('identify', `${name}-identify`)
    if (isOn('sends_registrations')) for (const index of hosts.keys()) add('registration', `${name}-reg-${index}`)
    const number = value('hint_exten')
    if (isOn('has_hint') && number !== undefined) add('hint', `${number}@${value('hint_context')}`, { Device: `PJSIP/${name}` })
  }
}

function addDialplan(objects: Draft, { contexts }: Dialplan): void {
  for (const { name, extensions } of contexts.values()) {
    for (const { callerId, priorities } of extensions) {
      for (const { number, extension, application, data } of priorities) {
        const exten = callerId === undefined ? extension : `${extension}/${callerId}`
        if (number === hintPriority) objects.get('hint')!.set(`${exten}@${name}`, { Device: application })
        else objects.get('priority')!.set(`${name},${exten},${number}`, { Application: application, AppData: data })
      }
    }
  }
}

function lastOf({ settings }: LoadedSection, name: string): string | undefined {
  return settings.findLast((setting) => setting.name.toLowerCase() === name)?.value
}
