import type { OutputForm } from '../../site/site.js'

/**
 * True for an extension of nothing but digits, `+`, `*` and `#`. Asterisk's `.` matches any character, and a request URI is unescaped before it is matched: what is dialled
 * may have `&` (further channels of a Dial), `,` (further arguments) and quotes in it. Lengths are compared, not texts: a quote would end a text inside an expression.
 */
export const isCleanNumber = `$[\${LEN(\${FILTER(0-9+*#,\${EXTEN})})} = \${LEN(\${EXTEN})}]`

/** The first priority of every pattern that ends with a dot: what is no number gets 484. */
export const guard = `GotoIf(${isCleanNumber}?:dp_refuse,s,1)`

/**
 * The device of a number, `PJSIP/` and an endpoint, or without an endpoint when it is nobody's. With the pattern hint HINT is the text of the hint until somebody has watched it,
 * so that the number is looked up with the expression itself. It is read after the guard only.
 */
export function deviceOf(form: OutputForm): string {
  return form === 'wizard' ? `\${HINT}` : numberLookup
}

/** Numbers are in 100 sections by their last two digits: Asterisk searches a section from its beginning. */
export const numberLookup = `PJSIP/\${AST_CONFIG(numbers.conf,n\${EXTEN:-2},\${EXTEN})}`

/** COUNTRY_CODE; files of older installations call it CONTRY_CODE. */
export const countryCode = `\${IF(\${ISNULL(\${GLOBAL(COUNTRY_CODE)})}?\${GLOBAL(CONTRY_CODE)}:\${GLOBAL(COUNTRY_CODE)})}`

/** Where voice mail for an endpoint goes: `@mailbox`, or `mailboxes` of endpoints that are written by hand. Asterisk notifies phones of the state of the latter, for which MiniVM has none. */
export const mailboxOf = `\${IF(\${ISNULL(\${PJSIP_ENDPOINT(\${endpoint},@mailbox)})}?\${PJSIP_ENDPOINT(\${endpoint},mailboxes)}:\${PJSIP_ENDPOINT(\${endpoint},@mailbox)})}`

/** The folder of a mailbox, with nothing in it that a shell would take for more than a name. */
export const mailPath = `\${FILTER(A-Za-z0-9/._@+=~%\\x2d,\${MINIVMACCOUNT(\${mailbox}:path)})}`
