import { headersOf, type Message } from './message.js'

export type EventFilter = (message: Message) => boolean

/**
 * What is typed into the filter of the event stream. Words are joined by blanks, and all of them must hold: `Name=glob` (the header's value; `*` any text, `?` one
 * character), `Name!=glob` (no value of it), and `word` (somewhere in a value, whatever its case). A blank is written inside quotes: `"Alice B"`.
 * Case counts in values, not in names. An empty text selects everything.
 */
export function compileFilter(text: string): EventFilter {
  const terms = words(text).map(compileTerm)
  return (message) => {
    const headers = terms.length === 0 ? [] : headersOf(message)
    return terms.every((term) => term(headers))
  }
}

type Term = (headers: readonly [string, string][]) => boolean

function words(text: string): string[] {
  return [...text.matchAll(/(?:[^\s"]|"[^"]*"?)+/g)].map(([word]) => word.replaceAll('"', ''))
}

function compileTerm(word: string): Term {
  const match = /^([^=!]+)(!?=)(.*)$/s.exec(word)
  if (!match) {
    const wanted = word.toLowerCase()
    return (headers) => headers.some(([, value]) => value.toLowerCase().includes(wanted))
  }
  const [, name, operator, glob] = match
  const wanted = name!.toLowerCase()
  const matches: Term = (headers) => headers.some(([other, value]) => other.toLowerCase() === wanted && globMatches(glob!, value))
  return operator === '=' ? matches : (headers) => !matches(headers)
}

/** Takes at most the product of both lengths: after a star the first place that fits is tried, and later ones only from the last star. */
export function globMatches(glob: string, text: string): boolean {
  let at = 0
  let in_ = 0
  let star = -1
  let from = 0
  while (in_ < text.length) {
    const token = glob[at]
    if (token === '*') {
      star = at++
      from = in_
    } else if (token !== undefined && (token === '?' || token === text[in_])) {
      at++
      in_++
    } else if (star >= 0) {
      at = star + 1
      in_ = ++from
    } else return false
  }
  while (glob[at] === '*') at++
  return at === glob.length
}
