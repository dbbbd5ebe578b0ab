import { unsafeText } from './characters.js'
import { Fault, matching, type Rule } from './rule.js'

/** What app_minivm sets before it makes a mail (app_minivm.c, prep_email_sub_vars). */
const mailVariables = /\$\{MVM_(NAME|DUR|DOMAIN|USERNAME|CALLERID|CIDNAME|CIDNUM|DATE|COUNTER)\}/g

/**
 * Text of a mail, in which Asterisk puts the variables of the message. Nothing else is evaluated: a function such as `${SHELL(…)}` is refused.
 * @param maxBytes the buffer of app_minivm, without its end
 */
export function mailText(maxBytes: number): Rule<string> {
  return (text) => {
    const why = unsafeText(text.replace(mailVariables, 'x'))
    if (why)
      return new Fault(
        why,
        `The variables of a mail are \${MVM_CALLERID}, \${MVM_DUR}, \${MVM_DATE}, \${MVM_CIDNAME}, \${MVM_CIDNUM}.`
      )
    return Buffer.byteLength(text) > maxBytes ? new Fault(`has more than ${maxBytes} bytes, all that Asterisk keeps`) : text
  }
}

/** app_minivm.c, `charset[32]`. */
export const charset = matching(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,30}$/, 'name of a character set', 'Write utf-8.')

/** app_minivm.c, `locale[20]`. */
export const locale = matching(
  /^[A-Za-z][A-Za-z0-9_.@-]{0,18}$/,
  'name of a locale',
  'Write C or en_US.utf8; `locale -a` lists them.'
)

/**
 * A command that gets a mail on its standard input. Asterisk hands `( COMMAND < FILE ; rm -f FILE ) &` to a shell (app_minivm.c, sendmail), and keeps 159
 * bytes of it: what is more than words belongs into a script.
 */
export const mailCommand = matching(
  /^[A-Za-z0-9_./][A-Za-z0-9 _./:@=,+%-]{0,158}$/,
  'command of up to 159 letters, digits, blanks and _ . / : @ = , + % -',
  'Put the rest into a script, and passwords into a file that it reads.'
)
