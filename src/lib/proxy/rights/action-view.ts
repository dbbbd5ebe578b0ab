import type { Block } from '../../ami/block.js'

export interface ActionHeader {
  /** In lower case, without blanks around it. */
  readonly name: string
  /** Does Asterisk take it for this name? It does not with blanks around the name. */
  readonly isRead: boolean
  /** Without the blanks and control characters that Asterisk skips (everything below 33), and with those at its end. */
  readonly value: string
}

/**
 * An action with the eyes of Asterisk (`astman_get_header` in manager.c): names in any case, directly before the colon; the start of a value is
 * skipped up to the first character above the blank. Every line counts here, although Asterisk reads only the first of most names.
 */
export class ActionView {
  /** In lower case. */
  readonly action: string
  readonly headers: readonly ActionHeader[]
  /** Asterisk would read less than stands there: a NUL ends its strings. */
  readonly hasNul: boolean

  /** @param effectiveAction what the proxy takes the action for */
  constructor(block: Block, effectiveAction: string) {
    this.action = effectiveAction.trim().toLowerCase()
    this.hasNul = block.bytes.includes(0)
    this.headers = block.bytes
      .toString('utf8')
      .split('\n')
      .flatMap((line) => {
        const colon = line.indexOf(':')
        if (colon < 1) return []
        const written = line.slice(0, colon)
        const name = written.trim()
        return [
          { name: name.toLowerCase(), isRead: name === written, value: skipBlanks(line.slice(colon + 1).replace(/\r$/, '')) }
        ]
      })
  }

  /** All values under names, in lower case. Those too that Asterisk does not read. */
  values(...names: readonly string[]): string[] {
    return this.headers.filter(({ name }) => names.includes(name)).map(({ value }) => value)
  }

  /** The name of another action than the one that this is taken for, if the block has one: Asterisk might run that. */
  get otherAction(): string | undefined {
    return this.values('action').find((value) => value !== '' && value.trim().toLowerCase() !== this.action)
  }
}

function skipBlanks(text: string): string {
  let start = 0
  while (start < text.length && text.charCodeAt(start) < 33) start++
  return text.slice(start)
}
