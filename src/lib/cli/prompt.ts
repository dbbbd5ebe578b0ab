import { InterruptedError } from '../errors.js'

/** Asks for one value on the terminal. The question goes to stderr, so that stdout stays the product. @throws InterruptedError */
export function askText(message: string, signal: AbortSignal, defaultValue?: string): Promise<string> {
  return ask({ type: 'input', message, ...(defaultValue !== undefined && { default: defaultValue }) }, signal)
}

/** Asks for a secret, typed masked. @throws InterruptedError */
export function askSecret(message: string, signal: AbortSignal): Promise<string> {
  return ask({ type: 'password', message, mask: '*' }, signal)
}

/** Lets one of several words be chosen. @throws InterruptedError */
export function askChoice(message: string, choices: readonly string[], signal: AbortSignal): Promise<string> {
  return ask({ type: 'select', message, choices: [...choices] }, signal)
}

type Question =
  | { type: 'input'; message: string; default?: string }
  | { type: 'password'; message: string; mask: string }
  | { type: 'select'; message: string; choices: string[] }

async function ask(question: Question, signal: AbortSignal): Promise<string> {
  const { default: inquirer } = await import('inquirer')
  const prompt = inquirer.createPromptModule({ output: process.stderr, signal })
  try {
    return (await prompt<{ value: string }>([{ ...question, name: 'value' }])).value
  } catch (cause) {
    if (signal.aborted) throw signal.reason
    if ((cause as Error).name === 'ExitPromptError') throw new InterruptedError('Interrupted at the prompt', { cause })
    throw cause
  }
}
