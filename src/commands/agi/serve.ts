import fs from 'node:fs'
import type { AgiServeEvent } from '../../lib/agi-serve/agi-server.js'
import { Flags } from '../../lib/cli/oclif.js'
import { type RunningService, ServiceCommand } from '../../lib/cli/service-command.js'
import { escapeControls } from '../../lib/cli/terminal-text.js'
import { openTranscripts } from '../../lib/cli/transcript-target.js'
import { ConfigError } from '../../lib/errors.js'
import { formatAddress, parseAddress } from '../../lib/net/address.js'

export default class AgiServe extends ServiceCommand<typeof AgiServe> {
  static override summary = 'Run a FastAGI application that shows everything it gets.'

  static override description =
    `Takes the place of netcat and of a first script. Shows the headers of each call, each command with its reply and its time, and the hang-up; does what the
flags say, in the order answer, script, play, hangup, and then ends the call. Warns of what a real Asterisk does not send: replies that nobody asked for, lines
without LF. With --transcript each call can be played again by \`agi call --replay\`.`

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --answer --play hello-world',
    '<%= config.bin %> <%= command.id %> --listen :4573 --script commands.txt --json',
    '<%= config.bin %> <%= command.id %> --answer --play hello-world --hangup --transcript calls.ndjson'
  ]

  static override flags = {
    listen: Flags.string({
      description: 'where Asterisk connects; repeatable, port 0 picks one',
      helpValue: 'HOST:PORT',
      multiple: true,
      default: ['127.0.0.1:4573']
    }),
    answer: Flags.boolean({ description: 'answer the call' }),
    script: Flags.string({ description: 'file with one command a line', helpValue: 'FILE' }),
    play: Flags.string({ description: 'play this sound file; repeatable', helpValue: 'NAME', multiple: true }),
    hangup: Flags.boolean({ description: 'hang up at the end' }),
    transcript: Flags.string({
      description: 'write what is said in each call: into this file, or a file each into this folder',
      helpValue: 'FILE|DIR/'
    })
  }

  protected override async prepare(): Promise<(signal: AbortSignal) => Promise<RunningService>> {
    const { startAgiServer } = await import('../../lib/agi-serve/agi-server.js')
    const { splitWords } = await import('../../lib/agi/words.js')
    const { encodeCommand } = await import('../../lib/agi/command.js')
    const { answer, script, play = [], hangup, transcript, check } = this.flags
    const lines = script === undefined ? [] : readLines(script)
    const commands = [
      ...(answer ? [['ANSWER']] : []),
      ...lines.map((line) => splitWords(line)),
      ...play.map((name) => ['STREAM FILE', name, '']),
      ...(hangup ? [['HANGUP']] : [])
    ]
    // Also with --check.
    for (const words of commands) encodeCommand(words)
    const listen = this.flags.listen.map(parseAddress)
    const transcripts = await openTranscripts(transcript, this.logFiles, {
      note: (message) => this.logger.warn(message),
      isCheck: check
    })
    return async (signal) => {
      const options = {
        ...{ listen, transcripts },
        commands,
        graceMs: this.flags['drain-timeout'],
        onEvent: (event: AgiServeEvent) => this.#show(event)
      }
      const { addresses, closed } = await startAgiServer(options, signal)
      return { addresses: addresses.map((address) => `agi=${formatAddress(address)}`), closed }
    }
  }

  #show(event: AgiServeEvent): void {
    const text = this.flags.json ? undefined : eventText(event)
    // A failure to write ends the command by itself.
    const written = text === undefined ? this.out.ndjson({ time: new Date().toISOString(), ...event }) : this.out.write(text)
    written.catch(() => {})
  }
}

function eventText(event: AgiServeEvent): string {
  switch (event.event) {
    case 'call': {
      const headers = event.headers.map(({ name, value }) => `    ${escapeControls(`${name}: ${value}`)}\n`)
      return `call ${event.call} from ${event.from}\n${headers.join('')}`
    }
    case 'command':
      return `call ${event.call}  > ${escapeControls(event.command)}\n        < ${escapeControls(event.reply)}  (${event.ms} ms)\n`
    case 'hangup':
      return `call ${event.call}  HANGUP\n`
    case 'warning':
      return `call ${event.call}  warning: ${escapeControls(event.warning)}\n`
    case 'end':
      return `call ${event.call} ended after ${event.ms} ms${event.reason ? `: ${escapeControls(event.reason)}` : ''}\n`
  }
}

/** @throws ConfigError */
function readLines(file: string): string[] {
  try {
    return fs
      .readFileSync(file, 'utf8')
      .split(/\r?\n/)
      .filter((line) => line.trim() !== '' && !line.startsWith('#'))
  } catch (cause) {
    throw new ConfigError(`Cannot read the script ${file}: ${(cause as Error).message}`, { cause })
  }
}
