import type { AgiCommand } from '../agi/command.js'
import { splitWords } from '../agi/words.js'
import { UsageError } from '../errors.js'

/**
 * Replies of one's own, for faults: `ANSWER=511 Command Not Permitted on a dead channel or intercept routine` answers every command that begins with these words.
 * @throws UsageError
 */
export function fixedReplies(texts: readonly string[]): (command: AgiCommand) => Buffer | undefined {
  const replies = texts.map((text) => {
    const [, begin, reply] = /^([^=]+)=(.+)$/.exec(text) ?? []
    if (begin === undefined || reply === undefined || /[\r\n\0]/.test(reply)) {
      throw new UsageError(`"${text}" is no COMMAND=REPLY`, { hint: "For example 'GET DATA=200 result=5'." })
    }
    return { words: splitWords(begin).map((word) => word.toLowerCase()), bytes: Buffer.from(`${reply}\n`) }
  })
  return ({ words }) => replies.find((reply) => reply.words.every((word, at) => words[at]?.toLowerCase() === word))?.bytes
}
