/** A header or parameter as it stands on the wire. */
export interface NamedValue {
  name: string
  value: string
}

/** What stands in the place of a secret. */
export const mask = '***'

/**
 * Names of headers, variables, parameters and settings whose value logs somebody in: Asterisk's own (Secret, Key of an MD5 login, remotesecret,
 * md5_cred, Password of AuthDetail), the proxy's (ProxyKey), those of HTTP (Authorization, Cookie), and what dialplans call theirs (PIN, DB_PASS,
 * API_TOKEN). A name too many is masked rather than one too few.
 */
const secretName =
  /secret|passw|passcode|passphrase|pass$|pwd|token|credential|md5_?cred|authorization|cookie|key$|^pin(?!g|n)|[_.-]pin(?![a-z])/i
/** `UserPin` and `CONFPIN`, but neither `shipping` nor `PING`. */
const pinWithin = /Pin(?![a-z])|PIN(?![GN])/

/** Is what stands under this name not to be shown? */
export function isSecretName(name: string): boolean {
  const bare = name.trim()
  return secretName.test(bare) || pinWithin.test(bare)
}

/** A name in a value, and what divides it from its own value: `a=`, `a => `, `"a": `, `\"a\":`. Each name is looked at once: a hostile value costs no more. */
const nameInside = /(?<![\w.-])([\w.-]+)(?:["'\\]|&quot;|%22)*\s*(?:[=:]|%3D|%3A)>?\s*/gi
/** `scheme://user:secret@host` and `sip:user:secret@host`; the bounds keep the search short. */
const userInfo = /((?:\/\/|sips?:)[^/:@\s]{0,256}:)[^@/\s]{1,256}@/gi

/**
 * A value without the secrets in it: `Variable: a=1,PIN=2`, a line of sip.conf, a URL, JSON in a variable. From a secret on, all is masked up to the
 * end: a secret may hold anything, also what looks like its end.
 */
export function maskInside(value: string): string {
  if (!/[=:]|%3[AD]/i.test(value)) return value
  for (const { 0: found, 1: name, index } of value.matchAll(nameInside)) {
    const start = index + found.length
    if (start < value.length && isSecretName(name!)) return `${value.slice(0, start).replace(userInfo, `$1${mask}@`)}${mask}`
  }
  return value.replace(userInfo, `$1${mask}@`)
}

/**
 * The values of one block as they may be shown, in order. Beside secret names it knows the headers that name another: `Variable` and `Value` (Setvar,
 * Getvar, VarSet), `Var-000001` and its `Value-` and `Match-` (UpdateConfig), `Family`, `Key` and `Val` (DBPut, DBGetResponse), where `Key` is no secret.
 */
export function maskedValues(fields: readonly NamedValue[]): string[] {
  const named = fields.map(({ name, value }) => ({ name: name.trim().toLowerCase(), value }))
  const isDatabase = named.some(({ name, value }) => (name === 'action' || name === 'event') && /^\s*db/i.test(value))
  const namesSecret = (...names: string[]) =>
    named.some(({ name, value }) => names.includes(name) && isSecretName(bareName(value)))
  const isSecretVariable = namesSecret('variable')
  const secretLines = new Set(
    named.filter(({ name, value }) => name.startsWith('var-') && isSecretName(bareName(value))).map(({ name }) => name.slice(4))
  )
  const isSecretRecord = isDatabase && namesSecret('family', 'key')
  return named.map(({ name, value }, index) => {
    if (value === '') return value
    if (isDatabase && name === 'key') return value
    if (isSecretName(fields[index]!.name)) return mask
    if (isSecretVariable && name === 'value') return mask
    if (isSecretRecord && (name === 'val' || name === 'value')) return mask
    if (/^(?:value|match)-/.test(name) && secretLines.has(name.slice(name.indexOf('-') + 1))) return mask
    return maskInside(value)
  })
}

/** `__PIN`, `"PIN"`, `HASH(x,PIN)`: what a variable is called without what stands around it. */
function bareName(value: string): string {
  return value.replace(/[^\w.-]+$/, '').replace(/^[^\w.-]+/, '')
}
