import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { freePort, program, temporaryFolder } from './pbxkit.js'

const terminal = path.join(import.meta.dirname, 'terminal.py')

/** One line of a block that is run, and what the comment behind it promises. */
export interface PageLine {
  command: string
  /** It ends in `&`: it stays, and says `ready`. */
  isService: boolean
  /** `# prints Pong` */
  prints: string | undefined
  /** `# exit status 64: …`; 0 without a word. */
  status: number
}

/** The lines of a block; what ends in `\` goes on. */
export function pageLines(block: string): PageLine[] {
  const lines = block
    .trimEnd()
    .replace(/\\\n\s*/g, '')
    .split('\n')
  return lines.map((line) => {
    const [, command = '', comment = ''] = /^((?:'[^']*'|"[^"]*"|[^'"])*?)(?:\s+# (.*))?$/.exec(line) ?? []
    return {
      command: command.replace(/ &$/, ''),
      isService: command.endsWith(' &'),
      prints: /^prints (.*)$/.exec(comment)?.[1],
      status: Number(/^exit status (\d+)/.exec(comment)?.[1] ?? 0)
    }
  })
}

/** Ports that the pages name; each block gets others, since blocks run at the same time. */
const ports = ['20000', '4573', '4574', '1234', '1235']

/** What a block needs beside the program. */
export type Setting = '' | 'demo' | 'site' | 'accounts' | 'astmanproxy'

/** A shell for the lines of one block, in a folder of its own. */
export class PageShell {
  readonly folder = temporaryFolder()
  readonly #env: NodeJS.ProcessEnv
  readonly #moved: ReadonlyMap<string, number>

  private constructor(moved: ReadonlyMap<string, number>) {
    const bin = path.join(this.folder, 'bin')
    fs.mkdirSync(bin)
    fs.writeFileSync(path.join(bin, 'pbxkit'), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`, { mode: 0o755 })
    this.#moved = moved
    this.#env = {
      PATH: `${bin}:${process.env.PATH}`,
      HOME: this.folder,
      XDG_CONFIG_HOME: this.folder,
      XDG_RUNTIME_DIR: this.folder
    }
  }

  static async open(setting: Setting): Promise<PageShell> {
    const shell = new PageShell(new Map(await Promise.all(ports.map(async (port) => [port, await freePort()] as const))))
    await shell.use(setting)
    return shell
  }

  use(setting: Setting): Promise<void> {
    return settings[setting](this)
  }

  set(name: string, value: string): void {
    this.#env[name] = this.#here(value)
  }

  write(name: string, text: string): void {
    const file = path.join(this.folder, name)
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(file, this.#here(text), { mode: 0o600 })
  }

  /** Ports and folders of this machine become those of the test. */
  #here(text: string): string {
    return text
      .replaceAll(/(?<!\d)(?:20000|4573|4574|1234|1235)(?!\d)/g, (port) => String(this.#moved.get(port)))
      .replaceAll(/\/etc\/asterisk\/|\/tmp\//g, (folder) => path.join(this.folder, folder))
  }

  /** Runs a line to its end, or a service until it is ready. */
  async run({ command, isService, prints, status }: PageLine): Promise<void> {
    const [, assignments] = /^export (.*)$/.exec(command) ?? []
    if (assignments !== undefined) {
      for (const [, name, value] of assignments.matchAll(/(\w+)=(\S+)/g)) this.set(name!, value!)
      return
    }
    const { said, exit } = this.#start(command)
    if (isService) {
      await expect.poll(() => said.stderr, { timeout: 15_000, message: command }).toMatch(/^ready /m)
      return
    }
    expect({ command, status: await exit, said }).toMatchObject({ status })
    if (prints !== undefined) expect(said.stdout, command).toContain(prints)
  }

  /** What a command shows on a terminal of this width. */
  async show(command: string, columns: number): Promise<string> {
    const child = spawn('python3', [terminal, '[]', 'sh', '-c', `stty cols ${columns} && ${this.#here(command)}`], {
      cwd: this.folder,
      env: { ...this.#env, TERM: 'xterm' },
      stdio: ['ignore', 'pipe', 'inherit']
    })
    let shown = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text
    })
    await endsWithTest(child)
    return shown
  }

  #start(command: string) {
    const isList = /[|;&]/.test(command)
    // `exec`, so that a service is what is killed at the end, and not its shell.
    const child = spawn('sh', ['-c', isList ? this.#here(command) : `exec ${this.#here(command)}`], {
      cwd: this.folder,
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe']
    })
    const said = { stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream].on('data', (chunk: Buffer) => (said[stream] += chunk.toString()))
    return { said, exit: endsWithTest(child) }
  }
}

function endsWithTest(child: ChildProcess): Promise<number | null> {
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exit
  })
  return exit
}

const line = (command: string): PageLine => ({
  command: command.replace(/ &$/, ''),
  isService: command.endsWith(' &'),
  prints: undefined,
  status: 0
})

const people = ['anna,+46812340001,Anna Ek', 'bo,+46812340002,Bo Al', 'cleo,+46812340003,Cleo Ny']

const settings: Record<Setting, (shell: PageShell) => Promise<void>> = {
  '': async () => {},

  /** What `npm start` runs. */
  async demo(shell) {
    await shell.run(line('pbxkit proxy serve --demo --listen 127.0.0.1:1234 &'))
    shell.set('PBXKIT_PORT', '1234')
    shell.set('PBXKIT_USERNAME', 'admin')
    shell.set('PBXKIT_SECRET', 'secret')
  },

  /** The three people of the README, their rendered files in ./etc, and what else the guide to dialplans has at hand. */
  async site(shell) {
    const users = people.map((person) => `--user '${person}'`).join(' ')
    await shell.run(
      line(`pbxkit dialplan init --domain pbx.example.org --country-code 46 --trunk itsp --trunk-hosts 192.0.2.10 ${users}`)
    )
    await shell.run(line('pbxkit dialplan render --out ./etc'))
    shell.write('doe.secret', 'a-secret-of-the-provider\n')
    shell.write('staff.csv', 'name,number,display\ndora,+46812340004,Dora Oh\n')
    const guide = fs.readFileSync(path.join(path.dirname(program), '../docs/dialplan.md'), 'utf8')
    shell.write('numbers.txt', /^```\n(.* -> [\s\S]*?)```$/m.exec(guide)![1]!)
  },

  async accounts(shell) {
    shell.write('accounts.csv', 'l_uuid,r_username,r_domain,auth_password\na1,alice,192.0.2.1,secret\n')
  },

  /** An Asterisk that is a simulator, and the two files of astmanproxy, as the old program read them. */
  async astmanproxy(shell) {
    await shell.run(line('pbxkit ami simulate --listen 127.0.0.1:4573 --rate 20 &'))
    shell.write(
      'etc/asterisk/astmanproxy.conf',
      'host = 127.0.0.1, 4573, admin, secret, on, off\nlistenaddress = 127.0.0.1\nlistenport = 1234\nauthrequired = yes\nacceptunencryptedconnection = yes\nlogfile = /tmp/astmanproxy.log\n'
    )
    shell.write('etc/asterisk/astmanproxy.users', 'dave=Secret,,,,,,\n')
    fs.mkdirSync(path.join(shell.folder, 'tmp'))
  }
}
