import { type NewSection, writeConfig } from '../../asterisk-config/write.js'
import type { Site, SiteTrunk, SiteUser } from '../../site/site.js'
import {
  addressTranslation,
  contextsOf,
  encryptionOf,
  matchesOf,
  prefixed,
  qualityOfService,
  registrationSettings,
  termAor,
  termEndpoint,
  trunkAor,
  trunkEndpoint,
  trunkOwn,
  trunkOwnAor,
  userAor,
  userEndpoint
} from './endpoint-settings.js'

/** The templates of the wizard; in the wizard's form also the users, which are included. */
export function pjsipWizardConf(site: Site): string {
  const template = (name: string, settings: NewSection['settings'], inherits: string[] = []): NewSection => ({
    name,
    isTemplate: true,
    inherits,
    settings
  })
  const endpoint = (settings: NewSection['settings']) => prefixed('endpoint', settings)
  const wizard = [{ name: 'type', value: 'wizard' }]
  const term = ['_nat', '_qos', '_sdes', '_hint', '_term']
  const templates = [
    template('_qos', endpoint(qualityOfService)),
    template('_nat', endpoint(addressTranslation)),
    template('_sdes', endpoint(encryptionOf(site.media.encryption))),
    template('_dtls', endpoint(encryptionOf('dtls'))),
    template('_term', [
      { name: 'accepts_auth', value: 'yes' },
      { name: 'accepts_registrations', value: 'yes' },
      ...endpoint(termEndpoint(site)),
      ...prefixed('aor', termAor)
    ]),
    template('_trunk', [...endpoint(trunkEndpoint(site)), ...prefixed('aor', trunkAor)]),
    template('_hint', [
      { name: 'has_hint', value: 'yes' },
      { name: 'hint_context', value: 'dp_lookup' }
    ]),
    template('_in', endpoint(contextsOf('in'))),
    template('_inout', endpoint(contextsOf('inout'))),
    template('w_term_io', wizard, [...term, '_inout']),
    template('w_term_i', wizard, [...term, '_in']),
    template('w_trunk', wizard, ['_nat', '_qos', '_trunk', '_in'])
  ]
  const include = site.output.form === 'wizard' ? '#include pjsip_endpoint.conf\n' : ''
  return [
    '; Templates of the configuration wizard. What you add yourself goes into pjsip_wizard_custom.conf, which is never written here.\n',
    writeConfig(templates).toString(),
    ...(include === '' ? [] : [include]),
    '#tryinclude pjsip_wizard_custom.conf\n'
  ].join('\n')
}

/** Users and trunks for the wizard, as upstream has them: one section each, and a hint for each user. */
export function wizardEndpoints({ users, trunks }: Site): string {
  return writeConfig(
    [...trunks.map(trunkSection), ...users.map(userSection)],
    'Trunks and users. Secrets are in here.'
  ).toString()
}

function userSection(user: SiteUser): NewSection {
  return {
    name: user.name,
    inherits: [user.access === 'inout' ? 'w_term_io' : 'w_term_i'],
    settings: [
      { name: 'hint_exten', value: user.number },
      ...prefixed('endpoint', userEndpoint(user)),
      ...prefixed('aor', userAor(user)),
      { name: 'inbound_auth/username', value: user.name },
      { name: 'inbound_auth/password', value: user.secret }
    ]
  }
}

function trunkSection(trunk: SiteTrunk): NewSection {
  const { name, username, secret, register, hosts, transport } = trunk
  const hasAuth = username !== undefined && secret !== undefined
  const own = trunkOwn(trunk).filter((setting) => setting.name !== 'transport')
  const parameter = transport === 'udp' ? '' : `;transport=${transport}`
  return {
    name,
    inherits: ['w_trunk'],
    settings: [
      ...hosts.map((value) => ({ name: 'remote_hosts', value })),
      { name: 'transport', value: transport },
      ...(parameter === ''
        ? []
        : [
            { name: 'contact_pattern', value: `sip:\${REMOTE_HOST}${parameter}` },
            { name: 'server_uri_pattern', value: `sip:\${REMOTE_HOST}${parameter}` },
            { name: 'client_uri_pattern', value: `sip:\${USERNAME}@\${REMOTE_HOST}${parameter}` }
          ]),
      ...prefixed('endpoint', own),
      ...prefixed('aor', trunkOwnAor(trunk)),
      ...matchesOf(trunk).map((value) => ({ name: 'identify/match', value })),
      ...(hasAuth
        ? [
            { name: 'sends_auth', value: 'yes' },
            { name: 'outbound_auth/username', value: username },
            { name: 'outbound_auth/password', value: secret }
          ]
        : []),
      ...(register
        ? [
            { name: 'sends_registrations', value: 'yes' },
            { name: 'registration/contact_user', value: trunk.contactUser },
            ...prefixed('registration', registrationSettings)
          ]
        : [])
    ]
  }
}
