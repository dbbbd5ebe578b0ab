import { createHash, createHmac } from 'node:crypto'
import { sortFields } from './fields.js'

/**
 * The login of Zadarma's API: `Authorization: KEY:SIGNATURE`. What is signed is the path, the fields in the order of their names as a form, and the MD5 of that form; the signature
 * is the HMAC-SHA1 in hexadecimal, which is then written in base64.
 */
export function zadarmaAuthorization(
  { user, secret }: { readonly user: string; readonly secret: string },
  path: string,
  form: string
): string {
  const md5 = createHash('md5').update(form).digest('hex')
  const signature = createHmac('sha1', secret).update(`${path}${form}${md5}`).digest('hex')
  return `${user}:${Buffer.from(signature).toString('base64')}`
}

/** As PHP's http_build_query writes it, with which the other side computes the signature again: sorted, and with the asterisk encoded. */
export function zadarmaForm(fields: readonly (readonly [string, string])[]): string {
  return new URLSearchParams(sortFields(fields)).toString().replaceAll('*', '%2A')
}
