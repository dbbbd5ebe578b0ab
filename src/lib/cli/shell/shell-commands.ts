import type { Documentation } from '../../ami/catalog/documentation.js'
import { exampleFields } from '../../ami/catalog/example.js'
import { quoteField, splitWords } from '../../ami-shell/line-words.js'
import { type AnswerView, answerViews, shellWords } from '../../ami-shell/shell-words.js'
import { UsageError } from '../../errors.js'
import { suggestion } from '../../nearest.js'
import { syntaxOf } from '../action-list.js'
import { blockText } from '../block-text.js'
import { documentationText, wrap } from '../documentation-text.js'
import { parseDurationMs } from '../duration.js'
import { compileSelection } from '../selection.js'
import type { AmiShell } from './shell.js'

/** Runs a command of the shell itself, without its backslash. @throws UsageError, and what its action throws */
export async function runShellWord(shell: AmiShell, name: string, rest: string): Promise<void> {
  const run = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (run) return run(shell, rest.trim())
  const names = shellWords.map((word) => word.name)
  throw new UsageError(`There is no command \\${name}`, { hint: suggestion(name, names) ?? '\\help lists them.' })
}

type Run = (shell: AmiShell, rest: string) => Promise<void> | void

const show =
  (view: AnswerView): Run =>
  (shell, rest) =>
    shell.showAs(view, rest)

const commands: Readonly<Record<string, Run>> = {
  help,
  actions: (shell, rest) => {
    const { catalog } = shell.options
    const names = catalog.actionNames.filter((name) => name.toLowerCase().includes(rest.toLowerCase()))
    shell.note(
      names.length > 0 ? wrap(names.join(' '), shell.options.screen.width).join('\n') : `No action has "${rest}" in its name.`
    )
  },
  events,
  event: (shell, rest) => {
    const event = shell.options.events.last(rest === '' ? undefined : rest)
    if (!event) throw new UsageError(rest === '' ? 'There was no event yet' : `There was no event ${rest} yet`)
    return shell.out.write(blockText(event.headers, shell.options.colors))
  },
  watch: (shell, rest) => {
    const [, time, action] = /^(\S+)\s+(.+)$/s.exec(rest) ?? []
    if (time === undefined || action === undefined) throw new UsageError('Write \\watch SECONDS ACTION …')
    // Every look is an answer of Asterisk's: more than ten a second nobody reads.
    return shell.watch(Math.max(100, parseDurationMs(time)), action)
  },
  json: show('json'),
  raw: show('raw'),
  blocks: show('blocks'),
  table: show('table'),
  format: (shell, rest) => {
    const view = answerViews.find((one) => one === rest)
    if (rest !== '' && !view)
      throw new UsageError(`There is no format "${rest}"`, { hint: `There are ${answerViews.join(', ')}.` })
    if (view) shell.view = view
    shell.note(`Answers are shown as: ${shell.view}`)
  },
  columns: (shell, rest) => {
    const names = rest.split(/[\s,]+/).filter(Boolean)
    shell.columns = names.length > 0 ? names : undefined
  },
  history: (shell, rest) => {
    const lines = [...shell.options.screen.history].reverse().filter((line) => line.includes(rest))
    if (lines.length > 0) shell.note(lines.join('\n'))
  },
  quit: (shell) => shell.leave()
}

const general = [
  { head: "Action Name=Value 'Name=a value'", text: 'sends an action; Tab completes' },
  { head: 'Command core show channels', text: 'sends a CLI command' }
]

async function help(shell: AmiShell, rest: string): Promise<void> {
  if (rest !== '') return explain(shell, rest)
  const entries = [...general, ...shellWords.map(({ name, usage, help: text }) => ({ head: `\\${name} ${usage}`, text }))]
  const widest = Math.max(...entries.map(({ head }) => head.length))
  const { width } = shell.options.screen
  // In a narrow terminal the text stands below.
  const isWide = width >= widest + 40
  const lines = entries.flatMap(({ head, text }) =>
    isWide ? [`${head.padEnd(widest)}  ${text}`] : [head, ...wrap(text, width - 4).map((line) => `    ${line}`)]
  )
  shell.note(lines.join('\n'))
}

async function explain(shell: AmiShell, name: string): Promise<void> {
  const { catalog, colors, screen } = shell.options
  const found = (await catalog.describe('action', name)) ?? (await catalog.describe('event', name))
  if (!found) {
    const names = [...catalog.actionNames, ...(await catalog.eventNames())]
    throw new UsageError(`There is no action or event "${name}"`, { hint: suggestion(name, names) ?? '\\actions lists them.' })
  }
  const isAction = found.kind === 'action'
  const lines = isAction && { syntax: syntaxOf(found), example: exampleLine(found) }
  await shell.out.write(documentationText(found, { width: screen.width, colors, ...lines }))
}

function exampleLine(documentation: Documentation): string {
  return [documentation.name, ...exampleFields(documentation).map(([field, value]) => quoteField(field, value))].join(' ')
}

function events(shell: AmiShell, rest: string): void {
  const { events: live } = shell.options
  const [, word = '', expression = ''] = /^(\S*)\s*(.*)$/s.exec(rest)!
  if (word === 'on' || word === 'off') live.isOn = word === 'on'
  else if (word === 'all') live.select(undefined)
  else if (word === 'filter' && expression !== '') {
    live.select({ matches: compileSelection(splitWords(expression).words.map(({ text }) => text)), text: expression })
    live.isOn = true
  } else if (word !== '') {
    throw new UsageError(`\\events ${rest} is not understood`, { hint: 'Write on, off, all, or filter Name=glob,Name!=glob.' })
  }
  shell.note(`Events: ${live.state}`)
}
