import readline from 'node:readline'
import { Writable } from 'node:stream'

/** A completer as node:readline wants it. */
export type Completer = (line: string, done: (error: Error | null, result: [string[], string]) => void) => void

export interface ScreenOptions {
  input: NodeJS.ReadStream
  output: NodeJS.WriteStream
  completer: Completer
  /** What was typed before, the newest last. */
  history: readonly string[]
  /** What the history keeps of a typed line; undefined: nothing. */
  remember: (line: string) => string | undefined
  /** Ctrl-C where no line is being typed: while something runs. */
  onInterrupt: () => void
}

/** Lines that one can go back to. */
const historySize = 1_000

/**
 * The terminal of a shell: a prompt with history and completion at the bottom, and what is printed above it, also while a line is being typed.
 * While nobody prompts, what is typed is kept for the next prompt and not shown.
 */
export class Screen {
  readonly #output: NodeJS.WriteStream
  readonly #echo: Writable & { columns?: number }
  readonly #readline: readline.Interface
  readonly #lines: string[] = []
  readonly #onInterrupt: () => void
  #prompting = false
  #ended = false
  #prompt = '> '
  #wake: () => void = () => {}

  constructor({ input, output, completer, history, remember, onInterrupt }: ScreenOptions) {
    this.#output = output
    this.#onInterrupt = onInterrupt
    // What readline writes reaches the terminal while it prompts.
    this.#echo = this.streamTo((text) => this.#prompting && output.write(text))
    this.#readline = readline.createInterface({
      input,
      output: this.#echo,
      terminal: true,
      completer,
      history: [...history].reverse(),
      historySize,
      removeHistoryDuplicates: true,
      tabSize: 4
    })
    this.#readline.on('history', (lines: string[]) => {
      const kept = lines[0] === undefined ? undefined : remember(lines[0])
      if (kept === undefined) lines.shift()
      else lines[0] = kept
    })
    this.#readline.on('line', (line) => {
      // From here on until the next prompt nothing is echoed.
      this.#prompting = false
      this.#lines.push(line)
      this.#wake()
    })
    this.#readline.on('SIGINT', () => this.#interrupt())
    this.#readline.on('close', () => this.#end())
    output.on('resize', () => this.#echo.emit('resize'))
  }

  /** Shown from the next prompt on, and at once while a line is being typed. */
  setPrompt(prompt: string): void {
    this.#prompt = prompt
    this.#readline.setPrompt(prompt)
    if (this.#prompting) this.#readline.prompt(true)
  }

  /** The next line; undefined at the end (Ctrl-D). */
  async nextLine(): Promise<string | undefined> {
    const waiting = this.#lines.shift()
    if (waiting !== undefined) {
      // It was pasted, or typed while something ran, and nobody has seen it.
      this.#output.write(`${this.#prompt}${waiting}\n`)
      return waiting
    }
    if (this.#ended) return undefined
    this.#prompting = true
    this.#readline.prompt(true)
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    return this.#lines.shift()
  }

  /** Prints whole lines: above the prompt, when there is one. */
  print(text: string): void {
    if (!this.#prompting) {
      this.#output.write(text)
      return
    }
    // readline goes up by the rows that its cursor was down when it last drew the line (not after every character): they are given back as empty lines.
    const { rows } = this.#readline.getCursorPos()
    const { prevRows = rows } = this.#readline as { prevRows?: number }
    const up = rows > 0 ? `\x1b[${rows}A` : ''
    this.#output.write(`${up}\r\x1b[J${text}${'\n'.repeat(prevRows)}`)
    this.#readline.prompt(true)
  }

  get width(): number {
    return this.#output.columns || 80
  }

  get height(): number {
    return this.#output.rows || 24
  }

  /** Everything that was typed, the newest first. */
  get history(): readonly string[] {
    return (this.#readline as unknown as { history?: string[] }).history ?? []
  }

  /** A stream for what prints as on this terminal: as wide as it, and with colours. */
  streamTo(take: (text: string) => unknown): Writable & { isTTY: boolean; columns: number } {
    const stream = new Writable({
      decodeStrings: false,
      write(chunk: string | Buffer, _encoding, done) {
        take(chunk.toString())
        done()
      }
    })
    const properties = { isTTY: { value: true }, columns: { get: () => this.width } }
    return Object.defineProperties(stream, properties) as Writable & { isTTY: boolean; columns: number }
  }

  close(): void {
    this.#readline.close()
  }

  #end(): void {
    if (this.#ended) return
    this.#ended = true
    if (this.#prompting) this.#output.write('\n')
    this.#prompting = false
    this.#wake()
  }

  #interrupt(): void {
    if (!this.#prompting) {
      this.#onInterrupt()
      return
    }
    const hadText = this.#readline.line !== ''
    this.#readline.write(null, { ctrl: true, name: 'e' })
    this.#readline.write(null, { ctrl: true, name: 'u' })
    if (!hadText) this.print('Ctrl-D or \\quit leaves.\n')
  }
}
