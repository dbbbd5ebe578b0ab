import type { CheckHost } from '../host.js'
import { type Call, type Step, spotOf } from '../program/step.js'
import type { Report } from '../report.js'

/** Which argument names sounds. */
const players: Readonly<Record<string, number>> = { playback: 0, background: 0, controlplayback: 0, read: 1 }

/** Sound files by their names, in any format and language. */
export class Sounds {
  readonly #host: CheckHost
  readonly #folder: string
  readonly #languages: readonly string[]
  readonly #names = new Map<string, ReadonlySet<string>>()

  /** @param language such as `sv` or `en_GB`; Asterisk falls back on what stands before the `_`, then on the folder itself */
  constructor(host: CheckHost, folder: string, language: string) {
    this.#host = host
    this.#folder = folder
    this.#languages = [language, language.split('_')[0]!, 'en', '']
  }

  has(name: string): boolean {
    const slash = name.lastIndexOf('/')
    const [folder, base] = [slash < 0 ? '' : name.slice(0, slash), name.slice(slash + 1)]
    if (name.startsWith('/')) return this.#in(folder).has(base)
    return this.#languages.some((language) => this.#in([this.#folder, language, folder].filter(Boolean).join('/')).has(base))
  }

  #in(folder: string): ReadonlySet<string> {
    const known = this.#names.get(folder)
    if (known) return known
    const names = new Set((this.#host.list(folder) ?? []).flatMap((file) => [file, file.replace(/\.[^.]*$/, '')]))
    this.#names.set(folder, names)
    return names
  }
}

/** Sounds that are played and are not there. */
export function checkSounds(step: Step, sounds: Sounds, report: Report): void {
  for (const call of step.calls) {
    const index = Object.hasOwn(players, call.key) ? players[call.key] : undefined
    const part = index === undefined ? undefined : call.arguments[index]
    if (!part || isSaid(call)) continue
    for (const { 0: name, index: at } of part.text.matchAll(/[^&]+/g)) {
      // What is put in, and what comes from the web, is not known here.
      if (/[${}]|:\/\//.test(name) || name.trim() === '' || sounds.has(name.trim())) continue
      report.add('sound-missing', spotOf(step, part.start + at), `There is no sound ${name.trim()}`)
    }
  }
}

/** `Playback(digits:12,say)` and `Playback(a,mix)` take more than files. */
function isSaid({ key, arguments: [, options] }: Call): boolean {
  return key === 'playback' && /say|mix/.test(options?.text ?? '')
}
