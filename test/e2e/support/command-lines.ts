import fs from 'node:fs'
import path from 'node:path'
import { root } from './pbxkit.js'

interface ManifestFlag {
  name: string
  char?: string
  type: 'boolean' | 'option'
  options?: string[]
  delimiter?: string
  allowNo?: boolean
}

export interface ManifestCommand {
  id: string
  summary?: string
  description?: string
  flags: Record<string, ManifestFlag>
  args: Record<string, { multiple?: boolean }>
  examples: (string | { command: string })[]
}

export const commands = Object.values(
  (JSON.parse(fs.readFileSync(path.join(root, 'oclif.manifest.json'), 'utf8')) as { commands: Record<string, ManifestCommand> })
    .commands
)

/** The words of a shell command up to its end, a pipe, a redirection or a comment. */
export function shellWords(text: string): string[] {
  const words: string[] = []
  let word: string | undefined
  for (const [token] of text.matchAll(/'[^']*'|"(?:\\.|[^"\\])*"|\\.|\s+|[|;&<>]|[^'"\\\s|;&<>]+/gs)) {
    if (/^[|;&<>]$/.test(token) || (word === undefined && token.startsWith('#'))) break
    if (/^\s/.test(token)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else {
      word = (word ?? '') + token.replace(/^'([\s\S]*)'$|^"([\s\S]*)"$/, '$1$2').replace(/^\\/, '')
    }
  }
  return word === undefined ? words : [...words, word]
}

/** What is wrong with a command line of ours, its program's name left out; undefined when it parses. */
export function findFault(words: readonly string[]): string | undefined {
  const command = commands
    .filter(({ id }) => id.split(':').every((part, index) => words[index] === part))
    .sort((a, b) => b.id.length - a.id.length)[0]
  if (!command) return `no command begins ${words.slice(0, 3).join(' ')}`
  let args = 0
  for (let at = command.id.split(':').length; at < words.length; at++) {
    const word = words[at]!
    if (!word.startsWith('-') || word === '-') {
      args++
      continue
    }
    const [name, inline] = word.split(/=(.*)/s) as [string, string?]
    if (name === '--help' || name === '-h') continue
    const flag = Object.values(command.flags).find(
      (one) =>
        name === `--${one.name}` ||
        (one.char && word.slice(0, 2) === `-${one.char}`) ||
        (one.allowNo && name === `--no-${one.name}`)
    )
    if (!flag) return `${command.id} has no flag ${name}`
    if (flag.type === 'boolean') continue
    const value = word.startsWith('--') ? (inline ?? words[++at]) : word.length > 2 ? word.slice(2) : words[++at]
    if (value === undefined) return `${name} has no value`
    const parts = flag.delimiter ? value.split(flag.delimiter) : [value]
    if (flag.options && !parts.every((part) => flag.options!.includes(part))) return `${name} cannot be ${value}`
  }
  const takesAny = Object.values(command.args).some(({ multiple }) => multiple)
  return !takesAny && args > Object.keys(command.args).length ? `${command.id} takes no ${args} words` : undefined
}
