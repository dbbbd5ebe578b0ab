import { spawn, spawnSync } from 'node:child_process'
import path from 'node:path'
import { program, temporaryFolder } from './pbxkit.js'

const script = path.join(import.meta.dirname, 'terminal.py')

/** A pseudo-terminal needs Python here. */
export const hasTerminal = spawnSync('python3', ['-c', 'import pty, os; os.waitstatus_to_exitcode']).status === 0

/**
 * Runs the program on a pseudo-terminal.
 * @param steps what is typed once a text has been shown
 * @param columns the width of the terminal; without it, one that was never given a size
 */
export async function onTerminal(
  args: readonly string[],
  steps: readonly (readonly [text: string, reply: string])[],
  env: Record<string, string> = {},
  { columns }: { columns?: number } = {}
): Promise<{ status: number | null; shown: string }> {
  // On a CI machine chalk has no colours, terminal or not.
  const { NO_COLOR: _no, FORCE_COLOR: _force, CI: _ci, ...inherited } = process.env
  const home = temporaryFolder()
  const run = [process.execPath, program, ...args]
  const sized = columns === undefined ? run : ['sh', '-c', `stty cols ${columns} && exec "$@"`, 'sh', ...run]
  const child = spawn('python3', [script, JSON.stringify(steps), ...sized], {
    env: { ...inherited, HOME: home, XDG_CONFIG_HOME: home, XDG_STATE_HOME: home, TERM: 'xterm', ...env },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  let shown = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text
  })
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { status, shown }
}
