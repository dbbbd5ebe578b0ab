import { type NewSection, sectionLines, writeConfig } from '../../asterisk-config/write.js'
import type { Site } from '../../site/site.js'
import {
  addressTranslation,
  contextsOf,
  encryptionOf,
  qualityOfService,
  registrationSettings,
  termAor,
  termEndpoint,
  trunkAor,
  trunkEndpoint
} from './endpoint-settings.js'

/** The global settings, and in the plain form the templates of endpoints. */
export function pjsipConf(site: Site): string {
  const global: NewSection = {
    name: 'global',
    settings: [
      { name: 'type', value: 'global' },
      { name: 'user_agent', value: site.site.userAgent }
    ]
  }
  const isPlain = site.output.form === 'plain'
  const parts = [
    '; What you add yourself goes into pjsip_custom.conf, which is never written here.\n',
    `${sectionLines(global).join('\n')}\n`,
    '#include pjsip_transport.conf\n',
    ...(isPlain ? [writeConfig(plainTemplates(site)).toString(), '#include pjsip_endpoint.conf\n'] : []),
    '#tryinclude pjsip_custom.conf\n'
  ]
  return parts.join('\n')
}

/** Templates must stand before what is made of them. */
function plainTemplates(site: Site): NewSection[] {
  const template = (name: string, settings: NewSection['settings'], inherits: string[] = []): NewSection => ({
    name,
    isTemplate: true,
    inherits,
    settings
  })
  const type = (value: string) => ({ name: 'type', value })
  return [
    template('_qos', qualityOfService),
    template('_nat', addressTranslation),
    template('_term', [type('endpoint'), ...encryptionOf(site.media.encryption), ...termEndpoint(site)], ['_nat', '_qos']),
    template('w_term_io', contextsOf('inout'), ['_term']),
    template('w_term_i', contextsOf('in'), ['_term']),
    template('w_trunk', [type('endpoint'), ...contextsOf('in'), ...trunkEndpoint(site)], ['_nat', '_qos']),
    template('w_auth', [type('auth'), { name: 'auth_type', value: 'userpass' }]),
    template('w_aor', [type('aor'), ...termAor]),
    template('w_trunk_aor', [type('aor'), ...trunkAor]),
    template('w_identify', [type('identify')]),
    template('w_registration', [type('registration'), ...registrationSettings])
  ]
}
