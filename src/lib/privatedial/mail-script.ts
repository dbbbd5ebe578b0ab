import { DataError } from '../errors.js'
import type { SmtpSettings, VoicemailSettings } from '../site/site.js'
import type { RenderOptions } from './options.js'

/**
 * The shell script that Asterisk hands a mail to. app_minivm runs the command in the background and knows nothing of its outcome: the recording is deleted and the mail's file removed
 * whatever msmtp says. So the mail is kept first, and removed when it has gone. What could not be sent goes with the next one, or with `retry` (for cron).
 * @returns undefined when msmtp does not send the mail
 * @throws DataError for a folder that a shell would take for more than one word: Asterisk, too, hands the command to one
 */
export function mailScript(
  voicemail: VoicemailSettings,
  { host }: SmtpSettings,
  { configFolder }: RenderOptions
): string | undefined {
  if (!voicemail.isEnabled || voicemail.mailCommand !== undefined || host === undefined) return undefined
  if (!/^\/[A-Za-z0-9/._+@~=:-]*$/.test(configFolder))
    throw new DataError(`The folder ${configFolder} cannot stand in the command that sends voice mail`, {
      hint: 'Use one of letters, digits and / . _ + @ ~ = : -, or name it as Asterisk sees it with --etc DIR.'
    })
  const send = `/usr/bin/msmtp -C '${configFolder}/msmtprc' -t`
  // 65, 67 and 68 (sysexits.h) are about this mail alone; anything else would come of the next one as well.
  return `# Takes a mail on its standard input, and hands it to msmtp. What cannot be sent stays in the folder, and is sent with the next one, or with: sh minivm-mail retry
umask 077
folder='${voicemail.unsentFolder}'
if [ "$1" != retry ]; then
  mkdir -p -- "$folder" || exec ${send}
  new=$(mktemp -- "$folder/XXXXXXXXXX") || exec ${send}
  cat >"$new" && mv -- "$new" "$new.mail" || { rm -f -- "$new"; exit 74; }
fi
# Those of a run that was killed: its number stands behind them.
for mail in "$folder"/*.mail.*; do
  [ -d "/proc/$$" ] && [ ! -d "/proc/\${mail##*.}" ] && mv -- "$mail" "\${mail%.*}" 2>/dev/null
done
for mail in "$folder"/*.mail; do
  # Only one of two who run at the same time has it.
  mv -- "$mail" "$mail.$$" 2>/dev/null || continue
  ${send} <"$mail.$$"
  status=$?
  if [ $status = 0 ]; then
    rm -f -- "$mail.$$"
  else
    mv -- "$mail.$$" "$mail"
    case $status in 65 | 67 | 68) ;; *) exit $status ;; esac
  fi
done
`
}
