import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { pbxkit, temporaryFolder } from './support/pbxkit.js'

const terminal = path.join(import.meta.dirname, 'support/terminal.py')
const has = (command: string, ...args: string[]) => spawnSync(command, args).status === 0
const hasPython = has('python3', '-c', 'import pty, os; os.waitstatus_to_exitcode')

/** A folder with the script of a shell, and `show`, which prints each of its words between < and >. */
async function prepared(shell: 'bash' | 'zsh' | 'fish', rcName: string, rcText: (script: string) => string): Promise<string> {
  const folder = temporaryFolder()
  const { status, stdout, stderr } = await pbxkit(['completion', shell])
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const script = path.join(folder, 'script')
  fs.writeFileSync(script, stdout)
  fs.writeFileSync(path.join(folder, rcName), rcText(script))
  fs.mkdirSync(path.join(folder, 'a folder'))
  fs.writeFileSync(path.join(folder, 'secret.txt'), '')
  return folder
}

const show = `show() { printf '\\n{'; printf '<%s>' "$@"; printf '}\\n'; }\n`

/** What stands on the command line when a line and a Tab were typed at a shell on a terminal. */
function afterTab(command: string[], folder: string, lines: readonly string[]): string[] {
  // Ctrl-A, and what is there becomes the words of `show`.
  const steps = lines.map((line, index) => [index === 0 ? 'ready> ' : '}\r\n', `${line}\t\u0001show \r`])
  const { stdout } = spawnSync('python3', [terminal, JSON.stringify([...steps, ['}\r\n', 'exit\r']]), ...command], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, ZDOTDIR: folder, TERM: 'dumb', LANG: 'C.UTF-8' },
    encoding: 'utf8'
  })
  return [...stdout.matchAll(/^\{(.*)\}\r$/gm)].map(([, words]) => words!)
}

/** What is typed, and what a Tab makes of it, in bash and zsh. */
const typed: [line: string, words: string][] = [
  ['pbxkit man', '<pbxkit><manager>'],
  ['pbxkit ami se', '<pbxkit><ami><send>'],
  ['pbxkit agi tunnel user imp', '<pbxkit><agi><tunnel><user><import>'],
  ['pbxkit ami events --insec', '<pbxkit><ami><events><--insecure>'],
  ['pbxkit ami send --wait-f', '<pbxkit><ami><send><--wait-for>'],
  ['pbxkit ami send --log-level deb', '<pbxkit><ami><send><--log-level><debug>'],
  ['pbxkit ami send --log-level=deb', '<pbxkit><ami><send><--log-level=debug>'],
  ['pbxkit ami send --secret-file secr', '<pbxkit><ami><send><--secret-file><secret.txt>'],
  ['pbxkit dialplan check a', '<pbxkit><dialplan><check><a folder/>'],
  ['pbxkit ami send origi', '<pbxkit><ami><send><Originate>'],
  ['pbxkit ami send --quiet --host h QueueSu', '<pbxkit><ami><send><--quiet><--host><h><QueueSummary>'],
  ['pbxkit ami send originate -F earl', '<pbxkit><ami><send><originate><-F><EarlyMedia=>'],
  ['pbxkit ami send AOCMessage -F RateType=Vol', '<pbxkit><ami><send><AOCMessage><-F><RateType=Volume>'],
  ['pbxkit ami send AOCMessage --field=RateType=Vol', '<pbxkit><ami><send><AOCMessage><--field=RateType=Volume>'],
  ['pbxkit completion fi', '<pbxkit><completion><fish>'],
  ['pbxkit manager send s', '<pbxkit><manager><send><s>']
]

describe.skipIf(!hasPython)('pbxkit completion, at a Tab on a terminal (needs python3)', () => {
  it.skipIf(!has('bash', '-c', '((BASH_VERSINFO >= 5))'))(
    'bash completes commands, flags, values, files, actions and fields',
    async () => {
      const folder = await prepared('bash', '.bashrc', (script) => `PS1='ready> '\nsource ${script}\n${show}`)
      const lines = typed.map(([line]) => line)
      expect(afterTab(['bash', '--noprofile', '--rcfile', path.join(folder, '.bashrc'), '-i'], folder, lines)).toEqual(
        typed.map(([, words]) => words)
      )
    }
  )

  it.skipIf(!has('zsh', '-c', 'true'))('zsh completes the same (needs zsh)', async () => {
    const rc = (script: string) =>
      `PS1='ready> '\nunsetopt zle_bracketed_paste 2>/dev/null\nautoload -Uz compinit\ncompinit -u -D\nsource ${script}\n${show}`
    const folder = await prepared('zsh', '.zshrc', rc)
    const lines = typed.map(([line]) => line)
    // A slash that zsh has added itself goes when a blank follows.
    expect(afterTab(['zsh', '-d', '-i'], folder, lines)).toEqual(typed.map(([, words]) => words.replace(/\/>$/, '>')))
  })
})

describe.skipIf(!has('fish', '-c', 'true'))('pbxkit completion fish (needs fish)', () => {
  it('offers commands, flags, values, actions and fields, with what they are', async () => {
    const folder = await prepared('fish', 'rc', () => '')
    const offers = (line: string) =>
      spawnSync('fish', ['-N', '-c', `source script; complete -C "${line}"`], {
        cwd: folder,
        env: { PATH: process.env.PATH, HOME: folder },
        encoding: 'utf8'
      })
        .stdout.split('\n')
        .filter(Boolean)
    expect(offers('pbxkit ami se')).toEqual([expect.stringMatching(/^send\t.*Asterisk/)])
    expect(offers('pbxkit agi tunnel user imp')).toEqual([expect.stringMatching(/^import\t/)])
    expect(offers('pbxkit ami send --wait-f')).toEqual([expect.stringMatching(/^--wait-for\t/)])
    expect(offers('pbxkit ami send --log-level deb')).toEqual(['debug'])
    expect(offers('pbxkit ami send --log-level=deb')).toEqual(['--log-level=debug'])
    expect(offers('pbxkit ami send --secret-file secr')).toEqual(['secret.txt'])
    expect(offers('pbxkit ami send origi')).toEqual(['Originate'])
    expect(offers('pbxkit ami send originate -F earl')).toEqual(['EarlyMedia='])
    expect(offers('pbxkit ami send AOCMessage -F RateType=Vol')).toEqual(['RateType=Volume'])
    expect(offers('pbxkit manager send s')).toEqual([])
  })
})

describe('pbxkit completion', () => {
  it('refuses another shell, and says which there are', async () => {
    expect(await pbxkit(['completion', 'tcsh'])).toMatchObject({
      status: 64,
      stdout: '',
      stderr: expect.stringContaining('bash, zsh, fish')
    })
  })
})
