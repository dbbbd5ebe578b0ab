import { writeConfig } from '../asterisk-config/write.js'
import type { SiteUser } from '../site/site.js'

/**
 * Whose each number is. The dialplan reads it by AST_CONFIG at each call: what is changed here counts at once, without a reload. A section for each of the last two digits, because
 * Asterisk searches a section from its beginning.
 */
export function numbersConf(users: readonly Pick<SiteUser, 'name' | 'number'>[]): string {
  const sections = new Map<string, { name: string; value: string }[]>()
  for (const { name, number } of users) {
    const section = `n${number.slice(-2)}`
    const settings = sections.get(section) ?? []
    settings.push({ name: number, value: name })
    sections.set(section, settings)
  }
  const sorted = [...sections].sort(([a], [b]) => (a < b ? -1 : 1))
  return writeConfig(
    sorted.map(([name, settings]) => ({ name, settings: settings.sort((a, b) => (a.name < b.name ? -1 : 1)) })),
    'Numbers and their endpoints, by the last two digits.'
  ).toString()
}
