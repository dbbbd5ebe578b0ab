import { DataError } from '../errors.js'

/** As much as a key of every engine holds, and far more than any name has. */
const maxUsernameLength = 100

/**
 * A name that both protocols, a variable of Asterisk and a URL can carry.
 * @throws DataError
 */
export function checkUsername(username: string): string {
  if (!isUsername(username)) {
    throw new DataError(`${JSON.stringify(username.slice(0, maxUsernameLength))} is no name of a user`, {
      hint: `It has 1 to ${maxUsernameLength} characters, and no blank, colon, quote, backslash or parenthesis.`
    })
  }
  return username
}

export function isUsername(text: string): boolean {
  return text !== '' && text.length <= maxUsernameLength && !/[\p{Cc}\s:"\\()]/u.test(text)
}
