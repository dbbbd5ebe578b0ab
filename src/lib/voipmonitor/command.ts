import { type CommandDefinition, commandCatalogue, findCommand } from './catalogue.js'
import { CommandParametersError, CommandTextError } from './errors.js'
import { checkListParameters, isListCommand } from './list-parameters.js'
import { checkSocketPath } from './socket-path.js'

/** A command as it is sent, without its line end. */
export interface Command {
  readonly text: string
  readonly name: string
  /** What follows the name and the blanks behind it. */
  readonly argument: string
  /** Absent for a command that is not in the catalogue and was forced. */
  readonly definition?: CommandDefinition | undefined
}

export interface CommandOptions {
  /** Send names and parameters that we do not know. What breaks the framing or is no JSON is refused all the same. */
  force?: boolean
}

/** The longest that was tried on a sniffer had 9 KB; 64 KB are some thousand telephone numbers in one filter. */
export const maxCommandBytes = 64 * 1024

/**
 * Checks a command and makes it safe to send.
 *
 * - One line only: the sniffer cuts at the first CR and at the first LF.
 * - The first word must be a command's exact name: for what it does not know, the sniffer runs the first command whose name occurs in the text.
 * - The parameters of lists must be the JSON that the sniffer knows: what it does not understand it ignores, and answers with everything.
 * - `help NAME` gets a blank at its end, or the sniffer says nothing; `listregisters` gets `{}`, or it reads a byte past the text.
 *
 * @throws CommandTextError, UnknownCommandError, CommandParametersError
 */
export function parseCommand(text: string, { force = false }: CommandOptions = {}): Command {
  checkText(text)
  const { name, argument } = split(text)
  const definition = force ? commandCatalogue.get(name) : findCommand(name)
  if (isListCommand(name) && argument !== '') checkListParameters(name, argument.trim(), { force })
  if (name === 'active_call_info') checkCallReference(argument.trim())
  if (name === 'manager_file') checkManagerFile(argument)
  return { text: withQuirks(name, argument, text), name, argument, definition }
}

function split(text: string): { name: string; argument: string } {
  const [, name = '', argument = ''] = /^([^ \t]*)[ \t]*(.*)$/s.exec(text) ?? []
  return { name, argument }
}

function checkText(text: string): void {
  if (text.trim() === '') throw new CommandTextError('There is no command')
  if (/[\r\n\0]/.test(text)) {
    throw new CommandTextError('A command is one line: there is a CR, an LF or a NUL in it', {
      hint: 'The sniffer would run what stands before it, and drop the rest.'
    })
  }
  if (/^[ \t]/.test(text)) throw new CommandTextError('A command does not begin with a blank')
  if (/^aes/i.test(text))
    throw new CommandTextError('The sniffer takes every command that begins with "aes" for an encrypted one')
  const bytes = Buffer.byteLength(text)
  if (bytes > maxCommandBytes) throw new CommandTextError(`The command has ${bytes} bytes; at most ${maxCommandBytes} are sent`)
}

function checkCallReference(argument: string): void {
  if (/^0x[0-9a-f]{1,16}$/i.test(argument)) return
  try {
    const { callreference } = JSON.parse(argument) as { callreference?: unknown }
    if (/^0x[0-9a-f]{1,16}$/i.test(String(callreference))) return
  } catch {
    // Said below.
  }
  throw new CommandParametersError(`"${argument}" is not the reference of a call`, {
    hint: 'Write active_call_info 0x… or {"callreference":"0x…"}, with the callreference of listcalls.'
  })
}

function checkManagerFile(argument: string): void {
  if (/^(stop)?$/.test(argument)) return
  const [, path] = /^start(?: (.*))?$/s.exec(argument) ?? []
  if (argument === 'start') return
  if (path === undefined) throw new CommandParametersError('manager_file takes "start", "start PATH" or "stop"')
  checkSocketPath(path)
}

function withQuirks(name: string, argument: string, text: string): string {
  if (name === 'help' && argument !== '' && !argument.endsWith(' ')) return `${text} `
  if (name === 'listregisters' && argument === '') return 'listregisters {}'
  return text
}
