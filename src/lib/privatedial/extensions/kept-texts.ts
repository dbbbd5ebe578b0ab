/** For one endpoint: an account that is not used any more does not fill the database. */
const maxKept = 50

/** Percent-encoded: a value is read back through a buffer of 4096 bytes (pbx.h, VAR_BUF_SIZE), which holds the sender as well. */
const maxKeptLength = 3500

/**
 * Messages for who has no phone registered. Upstream answers 202 and drops them. Asterisk runs no dialplan when a phone registers, so that a channel of its own waits for it, for
 * a day; after that, and after a restart of Asterisk, the next message to him, or a call or message of his own, starts it again. They are in Asterisk's database,
 * which outlives it: `database show pd_text`.
 */
export const keptTextContexts = `;---------------- Gosub(sub_text_keep,s,1(ENDPOINT)): keeps a message until a phone of the endpoint registers
[sub_text_keep]
exten => s,1,Set(LOCAL(keys)=\${DB_KEYS(pd_text/\${ARG1})})
 same => n,GotoIf($[\${FIELDQTY(keys,\\,)} >= ${maxKept}]?full)
 same => n,Set(LOCAL(body)=\${URIENCODE(\${MESSAGE(body)})})
 same => n,GotoIf($[\${LEN(\${body})} > ${maxKeptLength}]?full)
 same => n,Set(DB(pd_text/\${ARG1}/\${STRFTIME(,,%s%6q)})=\${URIENCODE(\${MESSAGE(from)})}|\${body})
 same => n,Gosub(sub_text_waiter,s,1(\${ARG1}))
 same => n,Return()
 same => n(full),Gosub(sub_text_report,s,1(\${PJSIP_ENDPOINT(\${ARG1},@hint_exten)}))
 same => n,Return()

;---------------- Gosub(sub_text_wake,s,1): somebody who calls has a phone that works
[sub_text_wake]
exten => s,1,GotoIf($["\${CHANNEL(channeltype)}" = "PJSIP"]?:return)
 same => n,Gosub(sub_text_waiter,s,1(\${CHANNEL(endpoint)}))
 same => n(return),Return()

;---------------- Gosub(sub_text_waiter,s,1(ENDPOINT)): somebody waits for it as long as messages are kept for it
[sub_text_waiter]
exten => s,1,GotoIf(\${ISNULL(\${DB_KEYS(pd_text/\${ARG1})})}?return)
 same => n,GotoIf($[\${GROUP_COUNT(\${ARG1}@pd_text)} > 0]?return)
 same => n,Originate(Local/s@dp_text_idle/n,exten,dp_text_waiter,\${ARG1},1,,a)
 same => n(return),Return()

[dp_text_idle]
exten => s,1,Answer()
 same => n,Wait(86500)

; Every 10 seconds, for a day.
[dp_text_waiter]
exten => _[A-Za-z0-9]!,1,Set(GROUP(pd_text)=\${EXTEN})
 same => n,Set(rounds=0)
 same => n(wait),Wait(\${IF($[\${rounds} = 0]?1:10)})
 same => n,Gosub(sub_text_deliver,s,1(\${EXTEN}))
 same => n,GotoIf(\${ISNULL(\${DB_KEYS(pd_text/\${EXTEN})})}?done)
 same => n,Set(rounds=$[\${rounds} + 1])
 same => n,GotoIf($[\${rounds} < 8640]?wait)
 same => n(done),Hangup()

; A message is taken out of the database before it is sent: two who wait do not send it twice.
[sub_text_deliver]
exten => s,1,Set(LOCAL(keys)=\${DB_KEYS(pd_text/\${ARG1})})
 same => n(message),GotoIf(\${ISNULL(\${keys})}?return)
 same => n,Gosub(sub_contacts,s,1(\${ARG1}))
 same => n,Set(LOCAL(contacts)=\${GOSUB_RETVAL})
 same => n,GotoIf(\${ISNULL(\${contacts})}?return)
 same => n,Set(LOCAL(kept)=\${DB_DELETE(pd_text/\${ARG1}/\${SHIFT(keys)})})
 same => n,GotoIf(\${ISNULL(\${kept})}?message)
 same => n,Set(MESSAGE(from)=\${URIDECODE(\${CUT(kept,|,1)})})
 same => n,Set(MESSAGE(body)=\${URIDECODE(\${CUT(kept,|,2)})})
 same => n(next),Set(LOCAL(contact)=\${SHIFT(contacts,&)})
 same => n,GotoIf(\${ISNULL(\${contact})}?message)
 same => n,MessageSend(pjsip:\${contact:6},\${MESSAGE(from)})
 same => n,Goto(next)
 same => n(return),Return()
`
