import { guard } from './parts.js'

/** Calls of users who may dial out, and calls of trunks and of users who may not. */
export function callContexts(device: string): string {
  return `;---------------- calls
[dp_call_inout]
exten => _[+0-9].,1,${guard}
 same => n,Gosub(sub_text_wake,s,1)
 same => n,Gosub(sub_dial_term,s,1(${device}))
 same => n,Gosub(sub_voicemail,s,1(${device}))
 same => n,Gosub(sub_dial_trunk,\${EXTEN},1(${device}))
 same => n,Hangup()

; Nobody has this number: a trunk is told so (404), a user who may not dial out is declined (603).
[dp_call_in]
exten => _[+0-9].,1,${guard}
 same => n,Gosub(sub_text_wake,s,1)
 same => n,Gosub(sub_dial_term,s,1(${device}))
 same => n,Gosub(sub_voicemail,s,1(${device}))
 same => n,GotoIf(\${ISNULL(\${CALLER_IS_TRUNK})}?declined)
 same => n,Hangup(1)
 same => n(declined),Hangup()
`
}

// A contact is text of the phone that registered it. The backslash codes are - ; [ ] , none of which FILTER or the file takes as it is.
const contactCharacters = `A-Za-z0-9:=@._~%+*!$'/?\\x2d\\x3b\\x5b\\x5d`

/** Phones of an endpoint. */
export const callSubroutines = `;---------------- Gosub(sub_contacts,s,1(ENDPOINT)): returns its contacts for Dial, joined by &
; A contact is what a phone registered: one with a comma or an ampersand in it would be more than one argument or channel, and is left out.
[sub_contacts]
exten => s,1,Set(LOCAL(rest)=\${PJSIP_DIAL_CONTACTS(\${ARG1})})
 same => n,Set(LOCAL(start)=PJSIP/\${ARG1}/)
 same => n,Set(LOCAL(good)=)
 same => n(next),Set(LOCAL(one)=\${SHIFT(rest,&)})
 same => n,GotoIf(\${ISNULL(\${one})}?done)
 same => n,GotoIf($[\${LEN(\${FILTER(${contactCharacters},\${one})})} != \${LEN(\${one})}]?next)
 same => n,GotoIf($["\${one:0:\${LEN(\${start})}}" != "\${start}"]?next)
 same => n,Set(LOCAL(good)=\${good}&\${one})
 same => n,Goto(next)
 same => n(done),Return(\${good:1})

;---------------- Gosub(sub_dial_term,s,1(DEVICE)): all phones of an endpoint ring; returns when none has answered
[sub_dial_term]
exten => s,1,Set(LOCAL(endpoint)=\${ARG1:6})
 same => n,GotoIf(\${ISNULL(\${endpoint})}?return)
 same => n,Gosub(sub_contacts,s,1(\${endpoint}))
 same => n,Set(LOCAL(contacts)=\${GOSUB_RETVAL})
 same => n,GotoIf(\${ISNULL(\${contacts})}?return)
 same => n,Dial(\${contacts}\${GLOBAL(DIAL_TIMEOUT)})
 same => n(return),Return()
`
