import { loadCatalog } from '../../ami/catalog/catalog.js'
import { AmiClient, type ClientOptions } from '../../ami-client/client.js'
import { FieldValues } from '../../ami-shell/field-values.js'
import { HistoryFile, historyPath } from '../../ami-shell/history-file.js'
import { historyLine } from '../../ami-shell/history-mask.js'
import { type Ask, ServerCatalog } from '../../ami-shell/server-catalog.js'
import { blockColors } from '../block-text.js'
import { wrap } from '../documentation-text.js'
import { compileSelection } from '../selection.js'
import { escapeControls, escapeControlsInLines } from '../terminal-text.js'
import { serverCompleter } from './completer.js'
import { LiveEvents } from './live-events.js'
import { Screen } from './screen.js'
import { AmiShell } from './shell.js'

export interface StartOptions {
  /** How to connect; the shell adds what it does with events and losses. */
  client: Omit<ClientOptions, 'onEvent' | 'onDown' | 'onUp' | 'reconnect' | 'keepAliveMs'>
  /** Shown in the prompt. */
  name: string
  timeoutMs: number
  validate: boolean
  showEvents: boolean
  filter: readonly string[]
  /** Is what was typed kept from one shell to the next? */
  keepHistory: boolean
  /** Where a remark goes before there is a prompt. */
  note: (message: string) => void
  signal: AbortSignal
}

/** A prompt stays readable in a narrow terminal. */
const maxPromptName = 30

/** Connects, and runs a shell on the terminal until its user leaves. @throws what AmiClient.open throws; later losses are said, and mended */
export async function runShell(options: StartOptions): Promise<void> {
  const selection = { matches: compileSelection(options.filter), text: options.filter.join(' ') }
  const colors = await blockColors(true)
  const early: string[] = []
  let screen: Screen | undefined
  const print = (text: string) => (screen ? screen.print(text) : void early.push(text))
  const events = new LiveEvents(print, { width: () => process.stdout.columns || 80, colors }, options.showEvents)
  if (options.filter.length > 0) events.select(selection)
  const name = escapeControls(options.name)
  const prompt = (state: string) => `${name.length > maxPromptName ? `${name.slice(0, maxPromptName - 1)}…` : name}${state}> `
  const client = await AmiClient.open({
    ...options.client,
    onEvent: (event) => events.push(event),
    keepAliveMs: 30_000,
    reconnect: { initialMs: 500, maxMs: 30_000 },
    onDown: ({ message }, retryInMs) => {
      print(`${colors.error(escapeControlsInLines(message))}; next try in ${((retryInMs ?? 0) / 1000).toFixed(1)} s\n`)
      screen?.setPrompt(prompt(' (lost)'))
    },
    onUp: () => {
      print('connected again\n')
      screen?.setPrompt(prompt(''))
    }
  })
  const stop = () => {
    client.close(options.signal.reason)
    screen?.close()
  }
  options.signal.addEventListener('abort', stop)
  try {
    const ask: Ask = (fields) => client.send(fields, { timeoutMs: options.timeoutMs })
    const catalog = await ServerCatalog.of(await loadCatalog(), ask)
    const file = options.keepHistory ? new HistoryFile(historyPath(), options.note) : undefined
    screen = new Screen({
      input: process.stdin,
      output: process.stdout,
      completer: serverCompleter({ catalog, values: new FieldValues(ask), ask }),
      history: file?.load() ?? [],
      remember: (line) => {
        const kept = historyLine(line)
        if (kept?.forFile) file?.append(kept.text)
        return kept?.text
      },
      onInterrupt: () => shell.interrupt()
    })
    const timeoutMs = options.timeoutMs
    const shell = new AmiShell({ client, catalog, screen, events, colors, timeoutMs, validate: options.validate })
    screen.setPrompt(prompt(''))
    const known = catalog.listed ? `${catalog.listed.size} actions` : 'it does not name its actions'
    const welcome = `${escapeControls(client.banner)}, ${known}. Tab completes, \\help helps, \\quit leaves.`
    print(`${wrap(welcome, screen.width).join('\n')}\n${early.splice(0).join('')}`)
    await shell.run()
  } finally {
    options.signal.removeEventListener('abort', stop)
    events.stop()
    client.close()
    screen?.close()
  }
}
