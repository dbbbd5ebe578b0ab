import { InterruptedError } from '../errors.js'

/** Asks for one value on the terminal. The question goes to stderr, so that stdout stays the product. @throws InterruptedError on Ctrl-C */
export async function askText(message: string, defaultValue?: string): Promise<string> {
  const { default: inquirer } = await import('inquirer')
  const prompt = inquirer.createPromptModule({ output: process.stderr })
  return uninterrupted(
    prompt<{ value: string }>([
      { type: 'input', name: 'value', message, ...(defaultValue !== undefined && { default: defaultValue }) }
    ])
  )
}

/** Asks for a secret, typed masked. @throws InterruptedError on Ctrl-C */
export async function askSecret(message: string): Promise<string> {
  const { default: inquirer } = await import('inquirer')
  const prompt = inquirer.createPromptModule({ output: process.stderr })
  return uninterrupted(prompt<{ value: string }>([{ type: 'password', name: 'value', message, mask: '*' }]))
}

async function uninterrupted(answer: Promise<{ value: string }>): Promise<string> {
  try {
    return (await answer).value
  } catch (cause) {
    if ((cause as Error).name === 'ExitPromptError') throw new InterruptedError('Interrupted at the prompt', { cause })
    throw cause
  }
}
