/** What may stand behind a command of the shell itself, for completion and for help. */
export interface ShellWord {
  name: string
  /** `action`: a whole action with its fields; `actionName`, `eventName`: one name; else one of these words. */
  takes: 'nothing' | 'action' | 'actionName' | 'eventName' | 'text' | readonly string[]
  /** How it is written, for help. */
  usage: string
  /** What it does, as half a sentence. */
  help: string
}

/** How answers can be shown; `auto` is a table for a list, else blocks. */
export const answerViews = ['auto', 'table', 'blocks', 'json', 'raw'] as const
export type AnswerView = (typeof answerViews)[number]

/** The commands of the shell itself. They begin with a backslash, as no action does. */
export const shellWords: readonly ShellWord[] = [
  { name: 'help', takes: 'actionName', usage: '[ACTION]', help: 'this list, or what an action takes' },
  { name: 'actions', takes: 'text', usage: '[TEXT]', help: 'the actions, those with this text in their name' },
  {
    name: 'events',
    takes: ['on', 'off', 'filter', 'all'],
    usage: 'on|off|filter Name=glob,…|all',
    help: 'show live events, mute them, show only some, or all again'
  },
  { name: 'event', takes: 'eventName', usage: '[NAME]', help: 'the last event, or the last of this name, with all its headers' },
  { name: 'watch', takes: 'action', usage: 'SECONDS ACTION …', help: 'send it again and again; Ctrl-C ends it' },
  { name: 'json', takes: 'action', usage: '[ACTION …]', help: 'the last answer, or that of this action, as JSON' },
  { name: 'raw', takes: 'action', usage: '[ACTION …]', help: '… as it came' },
  { name: 'blocks', takes: 'action', usage: '[ACTION …]', help: '… as blocks' },
  { name: 'table', takes: 'action', usage: '[ACTION …]', help: '… as a table' },
  { name: 'format', takes: answerViews, usage: answerViews.join('|'), help: 'how answers are shown from now on' },
  { name: 'columns', takes: 'text', usage: '[A,B]', help: 'the columns of tables from now on; without a name, what fits' },
  { name: 'history', takes: 'text', usage: '[TEXT]', help: 'what was typed, the lines with this text' },
  { name: 'quit', takes: 'nothing', usage: '', help: 'leave (also Ctrl-D)' }
]

/**
 * Where the action begins in a line: behind `\json `, `\watch 2 ` and the like, else at its first word.
 * @returns undefined where no action can stand
 */
export function actionStart(line: string): number | undefined {
  const match = /^\s*\\(\w+)(\s+|$)/.exec(line)
  if (!match) return /^\s*\\/.test(line) ? undefined : /^\s*/.exec(line)![0].length
  if (shellWords.find(({ name }) => name === match[1])?.takes !== 'action') return undefined
  if (match[1] !== 'watch') return match[0].length
  const time = /^\S+(\s+)/.exec(line.slice(match[0].length))
  return time ? match[0].length + time[0].length : undefined
}
