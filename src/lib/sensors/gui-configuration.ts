import { ConfigError } from '../errors.js'
import { parseManagerKey } from '../voipmonitor/encryption.js'
import { readConfigurationText } from './configuration-text.js'
import { keyWithSource, warnOfReaders } from './key-file.js'
import { readPhpConstants } from './php-constants.js'
import type { SensorKey } from './sensor.js'

/**
 * The key in configuration.php of the GUI (VPMANAGER_AES_KEY and VPMANAGER_AES_IV), read without PHP; undefined when it has none.
 * @throws ConfigError, ManagerKeyError
 */
export function readGuiConfigurationKey(file: string, warn: (message: string) => void): SensorKey | undefined {
  const { text, stat } = readConfigurationText(file)
  const constants = readPhpConstants(text, ['VPMANAGER_AES_KEY', 'VPMANAGER_AES_IV'], file)
  const { VPMANAGER_AES_KEY: key = '', VPMANAGER_AES_IV: iv = '' } = constants
  if (key === '' && iv === '') return undefined
  if (key === '' || iv === '') {
    throw new ConfigError(`${file} has no ${key === '' ? 'VPMANAGER_AES_KEY' : 'VPMANAGER_AES_IV'}`, {
      hint: 'A key needs its IV.'
    })
  }
  warnOfReaders(file, stat, warn)
  return keyWithSource(file, () => parseManagerKey({ key, iv }))
}
