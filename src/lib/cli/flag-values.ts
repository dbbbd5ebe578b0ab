import { ConfigError, UsageError } from '../errors.js'
import type { Command, Interfaces } from './oclif.js'
import type { SettingValue } from './settings.js'

export type FlagDefinition = Interfaces.Flag<unknown>

/** PBXKIT_ and the flag's name: --secret-file is PBXKIT_SECRET_FILE. */
export function environmentName(flag: string): string {
  return `PBXKIT_${flag.toUpperCase().replaceAll('-', '_')}`
}

/** Reads a flag's value from text that was not typed as a flag. @throws UsageError or, for a file, ConfigError that names the source */
export async function readFlag(
  definition: FlagDefinition,
  name: string,
  value: SettingValue,
  source: string,
  command: Command
): Promise<unknown> {
  const Kind = source.startsWith('PBXKIT_') ? UsageError : ConfigError
  if (definition.type === 'boolean') {
    const read = readYesNo(String(value))
    if (read === undefined) throw new Kind(`${source}: ${name} must be yes or no, not "${value}"`)
    return read
  }
  const { delimiter } = definition as { delimiter?: string }
  const texts = [value].flat().flatMap((text) => (delimiter ? text.split(delimiter).map((part) => part.trim()) : [text]))
  const values = await Promise.all(
    texts.map(async (text) => {
      if (definition.options && !definition.options.includes(text)) {
        throw new Kind(`${source}: ${name} must be one of ${definition.options.join(', ')}, not "${text}"`)
      }
      const context = Object.assign(command, { token: { type: 'flag' as const, flag: name, input: text } })
      try {
        return await definition.parse(text, context, definition as never)
      } catch (cause) {
        throw new Kind(`${source}: ${name}: ${(cause as Error).message}`, { cause })
      }
    })
  )
  return definition.multiple ? values : values.at(-1)
}

/** Undefined when it is neither. */
function readYesNo(text: string): boolean | undefined {
  if (/^(1|true|yes|on)$/i.test(text)) return true
  return /^(0|false|no|off)$/i.test(text) ? false : undefined
}

/** Was --json asked for? Needed where the flags could not be read. */
export function jsonWanted(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return (end < 0 ? argv : argv.slice(0, end)).includes('--json') || readYesNo(process.env.PBXKIT_JSON ?? '') === true
}
