import { CommandNotFoundError, NeedAesError, NoSnifferKeyError, UnreadableRequestError } from './errors.js'

/** The sniffer's error texts, each the whole of an answer. */
export const needAesText = 'need aes!\n'
export const failedAesText = 'failed aes decrypt!\n'
export const notFoundText = 'command not found\n'

/** How an answer came: in clear to a clear request, in clear to an encrypted one, or decrypted. */
export type ReplyForm = 'clear' | 'clear, though asked encrypted' | 'decrypted'

/**
 * The failure that an error text means, if it is one.
 * @param name the command's name: `need_aes` and `failed_aes_decrypt` answer with these texts and mean nothing by them
 */
export function errorOfText(text: string, name: string, form: ReplyForm): Error | undefined {
  if (text === notFoundText) {
    return form === 'clear, though asked encrypted'
      ? new NoSnifferKeyError('The sniffer took the encrypted request for a command', {
          hint: 'Is it older than its encryption?'
        })
      : new CommandNotFoundError(`The sniffer does not know the command "${name}"`, {
          hint: 'Its release may be older or newer.'
        })
  }
  if (text === needAesText && name !== 'need_aes' && form !== 'decrypted') {
    return new NeedAesError(`The sniffer answers "${name}" only when it is encrypted`, {
      hint: 'Give the key, or use the unix socket of the sniffer.'
    })
  }
  if (text !== failedAesText) return undefined
  if (form === 'clear, though asked encrypted') {
    return new NoSnifferKeyError('The sniffer has no key: it could not decrypt the request, and said so in clear', {
      hint: 'Set manager_aes_key and manager_aes_iv in its voipmonitor.conf, or look into the table "system" of its database.'
    })
  }
  if (form === 'decrypted' && name !== 'failed_aes_decrypt') {
    return new UnreadableRequestError('The sniffer could not decrypt the request, though it has the same key', {
      hint: 'Was the request changed or cut on its way? A network that holds a part of it back for half a second does that.'
    })
  }
  return undefined
}

/** May what has come so far still become an error text? */
export function mayBeErrorText(bytes: Buffer): boolean {
  const text = bytes.toString('latin1')
  return [needAesText, failedAesText, notFoundText].some((one) => one.startsWith(text))
}
