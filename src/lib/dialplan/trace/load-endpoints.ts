import type { ConfigFiles } from '../../asterisk-config/files.js'
import { loadConfig } from '../../asterisk-config/load.js'
import type { LoadedSection, LoadedSetting } from '../../asterisk-config/section.js'
import { encode } from '../../asterisk-config/text.js'
import type { Aor, Endpoint, EndpointDirectory } from '../variables/endpoint-directory.js'

/** Endpoints, and the sections of extensions.conf that their hints would be: `exten => 100,hint,PJSIP/alice`. */
export interface LoadedEndpoints {
  readonly directory: EndpointDirectory
  readonly hintSections: readonly LoadedSection[]
}

type Settings = Map<string, string[]>

/** Reads pjsip.conf and pjsip_wizard.conf of a folder as far as a dialplan can see them. A file that is missing or broken has no endpoints. */
export function loadEndpoints(files: ConfigFiles): LoadedEndpoints {
  const endpoints = new Map<string, Endpoint>()
  const aors = new Map<string, Aor>()
  for (const section of sectionsOf('pjsip.conf', files)) {
    const settings = settingsOf(section.settings)
    const type = settings.get('type')?.at(-1)
    const name = encode(section.name)
    const { file, line } = section
    if (type === 'endpoint') endpoints.set(name, { name, settings, aors: list(settings.get('aors')), file, line })
    if (type === 'aor') aors.set(name, { name, settings, contacts: list(settings.get('contact')) })
  }
  const hintSections = sectionsOf('pjsip_wizard.conf', files)
    .filter(({ settings }) => settings.findLast(({ name }) => name === 'type')?.value === 'wizard')
    .flatMap((section) => addWizard(section, endpoints, aors))
  return { directory: { endpoints, aors }, hintSections }
}

function sectionsOf(name: string, files: ConfigFiles): LoadedSection[] {
  return loadConfig(name, files).sections.filter(({ isTemplate }) => !isTemplate)
}

function settingsOf(settings: readonly Pick<LoadedSetting, 'name' | 'value'>[]): Settings {
  const found: Settings = new Map()
  for (const { name, value } of settings) {
    const values = found.get(encode(name))
    if (values) values.push(encode(value))
    else found.set(encode(name), [encode(value)])
  }
  return found
}

/** `a,b` and several lines of the same are one list. */
function list(values: readonly string[] | undefined): string[] {
  return (values ?? [])
    .flatMap((one) => one.split(','))
    .map((one) => one.trim())
    .filter((one) => one !== '')
}

/** What res_pjsip_config_wizard makes of a section: an endpoint and an aor of its name, and a hint. */
function addWizard(section: LoadedSection, endpoints: Map<string, Endpoint>, aors: Map<string, Aor>): LoadedSection[] {
  const name = encode(section.name)
  const of = (prefix: string) =>
    section.settings.flatMap((one) =>
      one.name.startsWith(prefix) ? [{ name: one.name.slice(prefix.length), value: one.value }] : []
    )
  const own = (option: string) => section.settings.findLast((one) => one.name === option)?.value
  const settings = settingsOf(of('endpoint/'))
  const hosts = list(own('remote_hosts') === undefined ? undefined : [encode(own('remote_hosts')!)])
  const aor = settingsOf(of('aor/'))
  const isRegistered = /^(yes|true|y|t|1|on)$/i.test(own('accepts_registrations') ?? '')
  if (isRegistered && !aor.has('max_contacts')) aor.set('max_contacts', ['1'])
  const contacts = [...hosts.map((host) => `sip:${host}`), ...list(aor.get('contact'))]
  const exten = own('hint_exten') ?? ''
  const context = own('hint_context') || settings.get('context')?.at(-1) || 'default'
  if (exten !== '') {
    settings.set('@hint_exten', [encode(exten)])
    settings.set('@hint_context', [encode(context)])
  }
  const { file, line } = section
  endpoints.set(name, { name, settings, aors: list(settings.get('aors')).concat(settings.has('aors') ? [] : [name]), file, line })
  aors.set(name, { name, settings: aor, contacts })
  const hasHint = /^(yes|true|y|t|1|on)$/i.test(own('has_hint') ?? '')
  return hasHint && exten !== '' ? [hintSection(section, context, exten, own('hint_application'))] : []
}

function hintSection(
  { name, file, line }: LoadedSection,
  context: string,
  exten: string,
  application: string | undefined
): LoadedSection {
  const setting = (value: string): LoadedSetting => ({ name: 'exten', value, isArrow: true, isInherited: false, file, line })
  const settings = [setting(`${exten},hint,PJSIP/${name}`), ...(application ? [setting(`${exten},1,${application}`)] : [])]
  return { name: context, isTemplate: false, templates: [], settings, file, line }
}
