import fs from 'node:fs'
import { ConfigDocument } from '../asterisk-config/document.js'
import { ConfigError } from '../errors.js'
import { isMinivmSend, type MinivmSend, readMinivmSend } from './minivm-send.js'
import { Fault } from './rule.js'

/**
 * Reads how an existing installation sends its mail: `mailcmd = minivm-send …` of section general in its minivm.conf.
 * @throws ConfigError; the message never has the line, which may hold a password
 */
export function importMinivmConf(file: string): MinivmSend {
  let bytes: Buffer
  try {
    bytes = fs.readFileSync(file)
  } catch (cause) {
    throw new ConfigError(`Cannot read ${file}: ${(cause as Error).message}`, { cause })
  }
  const document = ConfigDocument.parse(bytes, file)
  const setting = document.sections
    .filter(({ name }) => name.toLowerCase() === 'general')
    .flatMap(({ settings }) => settings)
    .findLast(({ name }) => name.toLowerCase() === 'mailcmd')
  if (!setting || !isMinivmSend(setting.value))
    throw new ConfigError(`${file}${setting ? `:${setting.line}` : ''}: there is no mailcmd of minivm-send in section general`, {
      hint: 'Give another command as mail_command in section voicemail.'
    })
  const read = readMinivmSend(setting.value)
  if (read instanceof Fault)
    throw new ConfigError(`${file}:${setting.line}: mailcmd ${read.why}`, read.hint === undefined ? {} : { hint: read.hint })
  return read
}
