import fs from 'node:fs'
import { ConfigError } from '../errors.js'

/** The sniffer's documented configuration file has 90 KB with all of its comments. */
const maxFileBytes = 1024 * 1024

/** Reads somebody else's configuration file. @throws ConfigError */
export function readConfigurationText(file: string): { text: string; stat: fs.Stats } {
  try {
    const stat = fs.statSync(file)
    if (!stat.isFile()) throw new Error('it is no file')
    if (stat.size > maxFileBytes) throw new Error(`it has ${stat.size} bytes, more than a configuration has`)
    return { text: fs.readFileSync(file, 'utf8'), stat }
  } catch (cause) {
    throw new ConfigError(`Cannot read ${file}: ${(cause as Error).message}`, { cause })
  }
}
