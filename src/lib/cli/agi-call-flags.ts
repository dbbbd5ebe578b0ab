import type { PlaceCallOptions } from '../agi-call/place-calls.js'
import { UsageError } from '../errors.js'
import { durationFlag } from './base-command.js'
import { Flags, type Interfaces } from './oclif.js'

const fault = { helpGroup: 'FAULTS' } as const

/** The call that an application gets, and what goes wrong in it. */
export const agiCallFlags = {
  var: Flags.string({ description: 'a variable of the channel; repeatable', helpValue: 'NAME=VALUE', multiple: true }),
  header: Flags.string({ description: 'a header with another value; repeatable', helpValue: 'agi_NAME=VALUE', multiple: true }),
  arg: Flags.string({ description: 'an argument of AGI(); repeatable', helpValue: 'TEXT', multiple: true }),
  digits: Flags.string({ description: 'what the caller presses at the next GET DATA; repeatable', multiple: true }),
  replay: Flags.string({
    description: 'headers, answers and hang-up of a recorded call (- is stdin), whose commands are to come again',
    helpValue: 'FILE'
  }),
  'replay-call': Flags.string({ description: 'that call of the file (else its first)', helpValue: 'ID', dependsOn: ['replay'] }),
  'hangup-after': durationFlag({ description: 'the caller hangs up after this time', ...fault }),
  'hangup-after-commands': Flags.integer({ description: 'the caller hangs up after so many', helpValue: 'N', min: 0, ...fault }),
  calls: Flags.integer({ description: 'so many calls', default: 1, min: 1 }),
  parallel: Flags.integer({ char: 'c', description: 'so many at a time', default: 1, min: 1, max: 1_000 }),
  'call-timeout': durationFlag({ description: 'a call that takes longer is given up: 75' }),
  split: Flags.integer({ description: 'write in pieces of so many bytes', helpValue: 'N', min: 1, ...fault }),
  'die-after': Flags.integer({ description: 'Asterisk is gone after so many commands', helpValue: 'N', min: 0, ...fault }),
  'missing-file': Flags.string({
    description: 'there is no such sound; repeatable',
    helpValue: 'NAME',
    multiple: true,
    ...fault
  }),
  'missing-app': Flags.string({ description: 'EXEC does not find it; repeatable', helpValue: 'NAME', multiple: true, ...fault }),
  reply: Flags.string({
    description: 'what every such command gets; repeatable',
    helpValue: 'COMMAND=REPLY',
    multiple: true,
    ...fault
  })
}

type FlagValues = Interfaces.InferredFlags<typeof agiCallFlags> & { timeout: number }

/** What `placeCalls` takes of the flags. @throws UsageError, DataError for a transcript that is none */
export async function agiCallOptions(url: string, flags: FlagValues): Promise<PlaceCallOptions> {
  const { fixedReplies } = await import('../agi-call/fixed-replies.js')
  return {
    url,
    args: flags.arg,
    values: pairs(flags.header, '--header'),
    variables: pairs(flags.var, '--var'),
    digits: flags.digits,
    hangUpAfterMs: flags['hangup-after'],
    ...(flags['hangup-after-commands'] !== undefined && { hangsUpAfterCommands: flags['hangup-after-commands'] }),
    splitBytes: flags.split,
    diesAfterCommands: flags['die-after'],
    missingFiles: flags['missing-file'],
    missingApplications: flags['missing-app'],
    ...(flags.reply && { answer: fixedReplies(flags.reply) }),
    callTimeoutMs: flags['call-timeout'],
    timeoutMs: flags.timeout,
    ...(flags.replay !== undefined && { replay: await readReplay(flags.replay, flags['replay-call']) })
  }
}

async function readReplay(file: string, call: string | undefined) {
  const { readRecording } = await import('../agi-call/read-recording.js')
  return readRecording(file, call)
}

/** @throws UsageError */
function pairs(texts: readonly string[] = [], flag: string): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, name, value] = /^(\w+)=(.*)$/s.exec(text) ?? []
      if (name === undefined) throw new UsageError(`${flag} ${text} is not NAME=VALUE`)
      return [name, value!]
    })
  )
}
