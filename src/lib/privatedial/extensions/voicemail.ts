import type { Site } from '../../site/site.js'
import { mailboxOf, mailPath } from './parts.js'

/** The ending under which Asterisk stores a format; those whose name differs from it. */
const endings: Readonly<Record<string, string>> = { wav49: 'WAV', wav16: 'wav16' }

export function endingOf(format: string): string {
  return endings[format] ?? format
}

/**
 * What follows when no phone has answered: a voice mail, or the reason. It returns only for numbers that are nobody's. The greeting is chosen here, because MinivmGreet of
 * Asterisk 22 finds `temp` only; a record of less than a second is thrown away here, because `minmessage` kills Asterisk.
 */
export function voicemailSubroutine(site: Site): string {
  return `;---------------- Gosub(sub_voicemail,s,1(DEVICE)): voice mail, or the reason why not; returns for numbers of others only
[sub_voicemail]
exten => s,1,Set(LOCAL(endpoint)=\${ARG1:6})
 same => n,GotoIf(\${ISNULL(\${endpoint})}?return)
 same => n,GotoIf($["\${DIALSTATUS}" = "ANSWER" | "\${DIALSTATUS}" = "CANCEL"]?hangup)
${site.voicemail.isEnabled ? record(endingOf(site.voicemail.format)) : ''} same => n(nobody),GotoIf($["\${DIALSTATUS}" = "BUSY"]?busy)
 same => n,Progress()
 same => n,Playback(please-try-call-later,noanswer)
 same => n,GotoIf($["\${DIALSTATUS}" = "NOANSWER"]?noanswer)
 same => n,Hangup(20)
 same => n(noanswer),Hangup(19)
 same => n(busy),Hangup(17)
 same => n(hangup),Hangup()
 same => n(return),Return()
${site.voicemail.isEnabled ? notify : ''}`
}

function record(ending: string): string {
  const exists = (greeting: string) => `$["\${STAT(e,\${mailpath}/${greeting}.${ending})}" = "1"]`
  return ` same => n,Set(LOCAL(mailbox)=${mailboxOf})
 same => n,GotoIf(\${ISNULL(\${mailbox})}?nobody)
 same => n,Set(LOCAL(mailpath)=${mailPath})
 same => n,System(mkdir -p -- '\${mailpath}')
 same => n,Set(LOCAL(greeting)=\${IF($["\${DIALSTATUS}" = "BUSY"]?busy:unavail)})
 same => n,Answer()
 same => n,Wait(0.5)
 same => n,GotoIf(${exists('temp')}?temp)
 same => n,GotoIf(${exists(`\${greeting}`)}?own)
 same => n,Playback(vm-nobodyavail&vm-intro)
 same => n,Goto(record)
 same => n(temp),Set(LOCAL(greeting)=temp)
 same => n(own),Playback(\${mailpath}/\${greeting})
 same => n(record),MinivmRecord(\${mailbox}\${GLOBAL(VOICEMAIL_RECGAINDB)})
 same => n,Hangup()
`
}

const notify = `; The caller has gone: here the mail is sent. One that cannot be sent keeps its recording.
exten => h,1,GotoIf($["\${MVM_RECORD_STATUS}" = "SUCCESS" | "\${MVM_RECORD_STATUS}" = "USEREXIT"]?:end)
 same => n,GotoIf($[0\${MVM_DURATION} < 1]?delete)
 same => n,MinivmNotify(\${mailbox}\${GLOBAL(VOICEMAIL_TEMPLATE)})
 same => n,GotoIf($["\${MVM_NOTIFY_STATUS}" = "SUCCESS"]?delete)
 same => n,Log(ERROR,No mail about the message for \${endpoint} could be sent: its recording is \${MVM_FILENAME})
 same => n,Goto(end)
 same => n(delete),MinivmDelete()
 same => n(end),NoOp()
`
