import type { Site } from '../../site/site.js'
import { guard, isCleanNumber } from './parts.js'

/**
 * Where calls and messages come in. The entry contexts hold includes only: a pattern in one of them would win over the hints. They begin in extensions_local.conf, where further
 * includes may be put.
 */
export function entryContexts(site: Site): string {
  const ivr = site.ivr.isEnabled ? 'include => dp_ivr_recgreet\n' : ''
  return `;---------------- entries: what users, trunks and call files may reach
[dp_entry_call_inout](+)
include => dp_emergency
include => dp_lookup
${ivr}include => dp_call_inout

[dp_entry_call_in](+)
include => dp_emergency
include => dp_lookup
include => dp_call_in

[dp_entry_text_inout](+)
include => dp_lookup
include => dp_text_inout

[dp_entry_text_in](+)
include => dp_lookup
include => dp_text_in

[dp_entry_answer](+)
include => dp_lookup
include => dp_answer
`
}

/** Emergency numbers, never rewritten, and what is refused. */
export function emergencyContext({ site }: Site): string {
  const numbers = site.emergency.map(
    (number) => `exten => ${number},1,Gosub(sub_dial_trunk,\${EXTEN},1)
 same => n,Hangup()
`
  )
  return `;---------------- emergency numbers: for all whose endpoint has a trunk
[dp_emergency]
${numbers.join('')}
;---------------- what is no number: 484
[dp_refuse]
exten => s,1,Verbose(2,Refused a number with characters that no number has from \${CHANNEL(name)})
 same => n,Hangup(28)

[dp_hangup]
exten => _[+0-9].,1,Hangup()
`
}

/** For call files: the other half of a message that comes in waits until its number is known to be somebody's. */
export function answerContext(device: string): string {
  const states = ['NOT_INUSE', 'INUSE', 'BUSY', 'RINGING', 'RINGINUSE', 'ONHOLD', 'UNAVAILABLE']
  return `;---------------- answers for who has an endpoint, whatever its phones do: a message can be kept for him
[dp_answer]
exten => _[+0-9].,1,${guard}
 same => n,Set(endpoint=${device})
 same => n,GotoIf(\${ISNULL(\${endpoint:6})}?dev-INVALID)
 same => n,Goto(dev-\${DEVICE_STATE(\${endpoint})})
${states.map((state) => ` same => n(dev-${state}),NoOp()\n`).join('')} same => n(dev-),Answer()
 same => n,Wait(5)
 same => n,Hangup()
 same => n(dev-UNKNOWN),NoOp()
 same => n(dev-INVALID),Hangup(1)
`
}

export const trunkSubroutine = `;---------------- Gosub(sub_dial_trunk,NUMBER,1(DEVICE)): dials the number at the caller's trunk, TRUNK_ENDPOINT
[sub_dial_trunk]
exten => _[+0-9].,1,GotoIf(${isCleanNumber}?:return)
 same => n,GotoIf(\${ISNULL(\${TRUNK_ENDPOINT})}?none)
 same => n,Verbose(2,\${CHANNEL(name)} dials out through \${TRUNK_ENDPOINT})
 same => n,Dial(PJSIP/\${EXTEN}@\${TRUNK_ENDPOINT})
 same => n(return),Return()
 same => n(none),Hangup(1)
`
