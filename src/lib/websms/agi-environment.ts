import type { Readable } from 'node:stream'

/** The environment has some 1,000 bytes; a long message makes it longer. */
const maxBytes = 64 * 1024
/** Asterisk writes it before it starts the program. */
const timeoutMs = 2_000

/**
 * Reads what Asterisk writes to an AGI program before its first command: `agi_NAME: value` up to an empty line. A message with line breaks stands in it as it is (`agi_arg_3`), so that what
 * follows the first argument is not to be trusted: it is left out, and the arguments of the process count.
 */
export async function readAgiEnvironment(input: Readable): Promise<ReadonlyMap<string, string>> {
  let text = ''
  const timer = setTimeout(() => input.destroy(), timeoutMs)
  try {
    for await (const chunk of input.iterator({ destroyOnReturn: false })) {
      text += (chunk as Buffer).toString('latin1')
      if (/\n\n|^agi_arg_/m.test(text) || text.length > maxBytes) break
    }
  } catch {
    // An input that breaks off has said all that it will.
  } finally {
    clearTimeout(timer)
  }
  const [head = ''] = text.split(/^agi_arg_\d+:|^$/m, 1)
  const lines = [...head.matchAll(/^(agi_[a-z0-9_]+): ?(.*)$/gm)]
  return new Map(lines.map(([, name, value]) => [name!, value!]))
}

/** A command of AGI that writes to Asterisk's log, with nothing in it that a quote or a line break could end. */
export function agiVerbose(text: string, level = 1): string {
  return `VERBOSE "${text.replace(/[^A-Za-z0-9 .,:+/@()_-]/g, '?').slice(0, 400)}" ${level}\n`
}
