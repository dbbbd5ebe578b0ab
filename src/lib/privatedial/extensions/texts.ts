import { guard, isCleanNumber } from './parts.js'

/** Messages of users, and messages of trunks, of call files and of users who may not send out. */
export function textContexts(device: string): string {
  return `;---------------- messages
[dp_text_inout]
exten => _[+0-9].,1,${guard}
 same => n,Gosub(sub_rewrite_from,s,1)
 same => n,Gosub(sub_text_term,s,1(${device}))
 same => n,Gosub(sub_text_trunk,\${EXTEN},1(${device}))
 same => n,Hangup()

[dp_text_in]
exten => _[+0-9].,1,${guard}
 same => n,Gosub(sub_decode_body,s,1)
 same => n,Gosub(sub_text_term,s,1(${device}))
 same => n,Hangup()
`
}

/** An endpoint's own contacts, one by one, until there are none; `contacts` is used up. */
const sendToAll = ` same => n(next),Set(LOCAL(contact)=\${SHIFT(contacts,&)})
 same => n,GotoIf(\${ISNULL(\${contact})}?return)
 same => n,MessageSend(pjsip:\${contact:6},\${MESSAGE(from)})
 same => n,Goto(next)
`

export const textSubroutines = `;---------------- Gosub(sub_rewrite_from,s,1): the sender is shown by his number; sets text_sender to his endpoint
; The display name is the phone's own text and may look like an address: what stands in the last angle brackets counts.
[sub_rewrite_from]
exten => s,1,Set(text_sender=)
 same => n,Set(LOCAL(uri)=\${MESSAGE(from)})
 same => n,Set(LOCAL(uri)=\${CUT(uri,<,\${FIELDQTY(uri,<)})})
 same => n,Set(LOCAL(uri)=\${CUT(uri,@,1)})
 same => n,Set(LOCAL(sender)=\${FILTER(A-Za-z0-9._\\x2d,\${CUT(uri,:,2)})})
 same => n,GotoIf(\${ISNULL(\${sender})}?return)
 same => n,Set(LOCAL(number)=\${PJSIP_ENDPOINT(\${sender},@hint_exten)})
 same => n,GotoIf(\${ISNULL(\${number})}?return)
 same => n,Set(text_sender=\${sender})
 same => n,Set(MESSAGE(from)=\${number})
 same => n,Set(WEBSMS_INDEX=\${PJSIP_ENDPOINT(\${sender},@websms_index)})
 same => n,Gosub(sub_text_waiter,s,1(\${sender}))
 same => n(return),Return()

;---------------- Gosub(sub_decode_body,s,1): a call file with MESSAGE_ENCODE=rfc3986 has its text percent-encoded
; A line of a call file has up to 1022 characters: what does not fit is in MESSAGE_BODY_2 and 3.
[sub_decode_body]
exten => s,1,GotoIf($["\${MESSAGE_ENCODE}" = "rfc3986"]?:return)
 same => n,Set(MESSAGE(body)=\${URIDECODE(\${MESSAGE(body)}\${MESSAGE_BODY_2}\${MESSAGE_BODY_3})})
 same => n(return),Return()

;---------------- Gosub(sub_text_term,s,1(DEVICE)): to all phones of an endpoint; kept when there are none
[sub_text_term]
exten => s,1,Set(LOCAL(endpoint)=\${ARG1:6})
 same => n,GotoIf(\${ISNULL(\${endpoint})}?return)
 same => n,Gosub(sub_contacts,s,1(\${endpoint}))
 same => n,Set(LOCAL(contacts)=\${GOSUB_RETVAL})
 same => n,GotoIf(\${ISNULL(\${contacts})}?keep)
${sendToAll} same => n(keep),Gosub(sub_text_keep,s,1(\${endpoint}))
 same => n(return),Return()

;---------------- Gosub(sub_text_trunk,NUMBER,1(DEVICE)): to numbers of others, by the program APP_SMS
; Its arguments: number, sender, text, WEBSMS_INDEX. A message that it does not take is reported to the sender.
[sub_text_trunk]
exten => _[+0-9].,1,GotoIf(${isCleanNumber}?:return)
 same => n,GotoIf($[\${LEN(\${ARG1})} > 6]?return)
 same => n,GotoIf(\${ISNULL(\${text_sender})}?return)
 same => n,GotoIf(\${ISNULL(\${GLOBAL(APP_SMS)})}?report)
 same => n,GotoIf($["\${PJSIP_ENDPOINT(\${text_sender},@websms)}" = "yes"]?:report)
 same => n,AGI(\${GLOBAL(APP_SMS)},\${EXTEN},\${QUOTE(\${MESSAGE(from)})},\${QUOTE(\${MESSAGE(body)})},\${WEBSMS_INDEX})
 same => n,GotoIf($["\${AGISTATUS}" = "SUCCESS"]?return)
 same => n(report),Gosub(sub_text_report,s,1(\${EXTEN}))
 same => n(return),Return()

;---------------- Gosub(sub_text_report,s,1(NUMBER)): tells text_sender that his message did not go to this number
[sub_text_report]
exten => s,1,GotoIf(\${ISNULL(\${text_sender})}?return)
 same => n,Gosub(sub_contacts,s,1(\${text_sender}))
 same => n,Set(LOCAL(contacts)=\${GOSUB_RETVAL})
 same => n,Set(MESSAGE(from)=\${ARG1})
 same => n,Set(MESSAGE(body)=Not delivered to \${ARG1}: \${MESSAGE(body):0:160})
${sendToAll} same => n(return),Return()
`
