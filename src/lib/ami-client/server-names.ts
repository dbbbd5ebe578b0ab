import type { Answer } from '../ami/answer.js'
import { AmiClient, type ClientOptions } from './client.js'

/** What a running Asterisk has. */
export interface ServerNames {
  readonly applications: readonly string[]
  /** The console cuts names at 20 characters. */
  readonly functions: readonly string[]
}

/** Asks an Asterisk for its applications and functions, by `core show`. @throws what AmiClient.open and send throw */
export async function askServerNames(options: ClientOptions): Promise<ServerNames> {
  const { timeoutMs } = options
  const client = await AmiClient.open(options)
  try {
    const ask = async (command: string) =>
      outputOf(
        await client.send(
          [
            ['Action', 'Command'],
            ['Command', command]
          ],
          { timeoutMs }
        )
      )
    const applications = (await ask('core show applications')).flatMap((line) => /^\s+(\w+): /.exec(line)?.[1] ?? [])
    const functions = (await ask('core show functions')).flatMap((line) => /^([A-Z][A-Z0-9_]*)\s/.exec(line)?.[1] ?? [])
    return { applications, functions }
  } finally {
    client.close()
  }
}

function outputOf({ response }: Answer): string[] {
  return response.getAll('Output')
}
