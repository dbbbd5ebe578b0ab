import { ConfigError } from '../errors.js'
import { usableCipher } from '../voipmonitor/cipher.js'
import { parseManagerKey } from '../voipmonitor/encryption.js'
import { readConfigurationText } from './configuration-text.js'
import { keyWithSource, warnOfReaders } from './key-file.js'
import { readPhpConstants } from './php-constants.js'
import type { SensorKey } from './sensor.js'

/**
 * The key in configuration.php of the GUI (VPMANAGER_AES_KEY and VPMANAGER_AES_IV), read without PHP; undefined when it has none. With it the cipher that
 * the GUI asks in, where it says so (VPMANAGER_AES_CIPHER of newer ones).
 * @throws ConfigError, ManagerKeyError
 */
export function readGuiConfigurationKey(file: string, warn: (message: string) => void): SensorKey | undefined {
  const { text, stat } = readConfigurationText(file)
  const constants = readPhpConstants(text, ['VPMANAGER_AES_KEY', 'VPMANAGER_AES_IV', 'VPMANAGER_AES_CIPHER'], file)
  const { VPMANAGER_AES_KEY: key = '', VPMANAGER_AES_IV: iv = '' } = constants
  if (key === '' && iv === '') return undefined
  if (key === '' || iv === '') {
    throw new ConfigError(`${file} has no ${key === '' ? 'VPMANAGER_AES_KEY' : 'VPMANAGER_AES_IV'}`, {
      hint: 'A key needs its IV.'
    })
  }
  warnOfReaders(file, stat, warn)
  const { VPMANAGER_AES_CIPHER: cipher = '' } = constants
  const found = keyWithSource(file, () => {
    if (cipher !== '') usableCipher(cipher)
    return parseManagerKey({ key, iv })
  })
  return { ...found, ...(cipher !== '' && { cipher }) }
}
