import { type NewSection, writeConfig } from '../../asterisk-config/write.js'
import type { Site } from '../../site/site.js'

/** The global variables of the dialplan, and the entry contexts, empty: extensions.conf continues them. */
export function extensionsLocalConf(site: Site): string {
  const { app, arguments: words = [] } = site.sms
  const globals: NewSection = {
    name: 'globals',
    comment: `Global variables of the dialplan.
DIAL_TIMEOUT, VOICEMAIL_TEMPLATE and VOICEMAIL_RECGAINDB begin with a comma: they are further arguments.`,
    settings: [
      { name: 'COUNTRY_CODE', value: site.site.countryCode },
      { name: 'DIAL_TIMEOUT', value: `,${site.dial.timeoutS}` },
      { name: 'VOICEMAIL_TEMPLATE', value: ',en_US_email' },
      { name: 'VOICEMAIL_RECGAINDB', value: site.voicemail.gainDb === 0 ? '' : `,g(${site.voicemail.gainDb})` },
      { name: 'IVR_MENU_SOUND', value: 'basic-pbx-ivr-main' },
      ...(app === undefined ? [] : [{ name: 'APP_SMS', value: [app, ...words].join(',') }])
    ]
  }
  const entries = ['dp_entry_call_inout', 'dp_entry_call_in', 'dp_entry_text_inout', 'dp_entry_text_in', 'dp_entry_answer']
  return writeConfig([globals, ...entries.map((name) => ({ name, settings: [] }))]).toString()
}
