import type { IvrAction, Site } from '../../site/site.js'
import { mailboxOf, mailPath } from './parts.js'
import { endingOf } from './voicemail.js'

/** The menu in which users record what callers hear. A digit that means nothing, or silence, says the menu again, so often; then it says good-bye. */
export function ivrContexts(site: Site): string {
  if (!site.ivr.isEnabled) return ''
  const { keys, maxRounds, allowDial } = site.ivr
  const actions = [...keys].filter(([, action]) => action !== 'none').sort(([a], [b]) => (a < b ? -1 : 1))
  return `;---------------- greetings: one digit dialled by a user leads into the menu
[dp_ivr_recgreet]
exten => _[0-9*#],1,Set(endpoint=\${CHANNEL(endpoint)})
 same => n,GotoIf(\${ISNULL(\${endpoint})}?refuse)
 same => n,Set(mailbox=${mailboxOf})
 same => n,Answer()
 same => n,Wait(0.5)
 same => n,Set(ivr_rounds=0)
 same => n,Set(mailpath=)
 same => n,GotoIf(\${ISNULL(\${mailbox})}?menu)
 same => n,Set(mailpath=${mailPath})
 same => n,System(mkdir -p -- '\${mailpath}')
 same => n(menu),Goto(dp_ivr_menu,\${EXTEN},1)
 same => n(refuse),Hangup(21)

[dp_ivr_menu]
exten => s,1,Set(ivr_rounds=$[\${ivr_rounds} + 1])
 same => n,GotoIf($[\${ivr_rounds} > ${maxRounds}]?bye)
 same => n,Background(\${GLOBAL(IVR_MENU_SOUND)})
 same => n,WaitExten(10)
 same => n(bye),Playback(vm-goodbye)
 same => n,Hangup()

${actions.map(([key, action]) => `exten => ${key},1,${stepsOf(action, site).join('\n same => n,')}\n same => n,Goto(s,1)\n`).join('\n')}
exten => _[0-9*#],1,Playback(pbx-invalid)
 same => n,Goto(s,1)

exten => i,1,Playback(pbx-invalid)
 same => n,Goto(s,1)

exten => t,1,Goto(s,1)
${allowDial ? '\ninclude => dp_lookup\ninclude => dp_call_inout\n' : ''}
; Gosub(sub_ivr_record,s,1(WHICH)): b busy, n name, t temporary, u unavailable
[sub_ivr_record]
exten => s,1,GotoIf(\${ISNULL(\${mailbox})}?none)
 same => n,MinivmAccMess(\${mailbox},\${ARG1})
 same => n,Return()
 same => n(none),Playback(vm-nobox)
 same => n,Return()

; Gosub(sub_ivr_play,s,1(NAME)): the greeting of this name, if there is one
[sub_ivr_play]
exten => s,1,GotoIf($["\${STAT(e,\${mailpath}/\${ARG1}.${endingOf(site.voicemail.format)})}" = "1"]?:return)
 same => n,Playback(\${mailpath}/\${ARG1})
 same => n(return),Return()
`
}

const greetings = ['temp', 'unavail', 'busy', 'greet']

function stepsOf(action: IvrAction, site: Site): string[] {
  switch (action) {
    case 'record-temp':
      return ['Gosub(sub_ivr_record,s,1(t))']
    case 'record-unavail':
      return ['Gosub(sub_ivr_record,s,1(u))']
    case 'record-busy':
      return ['Gosub(sub_ivr_record,s,1(b))']
    case 'record-name':
      return ['Gosub(sub_ivr_record,s,1(n))']
    case 'play':
      return greetings.map((name) => `Gosub(sub_ivr_play,s,1(${name}))`)
    case 'erase':
      return [
        `ExecIf(\${ISNULL(\${mailpath})}?Goto(s,1))`,
        ...greetings.map((name) => `System(rm -f -- '\${mailpath}/${name}.${endingOf(site.voicemail.format)}')`),
        'Playback(vm-deleted)'
      ]
    case 'moh':
      return ['MusicOnHold(default,300)']
    case 'echo':
      return ['Playback(demo-echotest)', 'Echo()', 'Playback(demo-echodone)']
    case 'none':
      return []
  }
}
