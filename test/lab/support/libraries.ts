import { existsSync } from 'node:fs'
import fs from 'node:fs/promises'
import path from 'node:path'
import { run } from '../servers/command.js'
import { CommandError } from '../servers/errors.js'
import { labDir } from '../servers/lab-dir.js'
import { withLock } from '../servers/lock.js'

/** AMI client libraries of npm, each with a program that logs in, pings, runs a command and waits for an event. */
interface Library {
  readonly version: string
  /** What its own authors' code makes of the text of a Command on any Asterisk 22: nothing, for those that wait for events after it. */
  readonly command: 'all lines' | 'the last line' | 'nothing'
  /** Has `library` and `account`; calls `loggedIn()`, `ping(text)`, `command(output)`, `event(word)`. */
  readonly program: string
}

export const libraries: Readonly<Record<string, Library>> = {
  'asterisk-manager': {
    version: '0.2.0',
    command: 'all lines',
    program: `
      const ami = new library(account.port, account.host, account.username, account.secret, true)
      ami.on('managerevent', (event) => report.event(event.word))
      ami.on('connect', () => ami.action({ action: 'Ping' }, (error, answer) => {
        report.loggedIn()
        report.ping(answer.ping)
        ami.action({ action: 'Command', command: 'core show version' }, (error, answer) => report.command(answer.output))
      }))`
  },
  nami: {
    version: '0.7.2',
    command: 'nothing',
    program: `
      const quiet = Object.fromEntries(['info', 'debug', 'warn', 'error', 'trace', 'fatal'].map((level) => [level, () => {}]))
      const ami = new library.Nami({ ...account, logger: quiet, logLevel: 0 })
      ami.on('namiEvent', (event) => report.event(event.word))
      ami.on('namiInvalidPeer', () => process.exit(2))
      ami.on('namiConnected', () => {
        report.loggedIn()
        ami.send(new library.Actions.Ping(), (answer) => report.ping(answer.ping))
      })
      ami.open()`
  },
  'ami-io': {
    version: '1.2.1',
    command: 'nothing',
    program: `
      const { host, port, username: login, secret: password } = account
      const ami = library.createClient({ host, port, login, password, logger: new library.SilentLogger() })
      ami.on('event', (event) => report.event(event.word))
      ami.on('incorrectServer', () => process.exit(2))
      ami.on('connected', () => {
        report.loggedIn()
        ami.send(new library.Action.Ping(), (error, answer) => report.ping(answer.ping))
      })
      ami.connect()`
  },
  'asterisk-ami-client': {
    version: '1.1.5',
    command: 'the last line',
    program: `
      const ami = new library()
      ami.on('event', (event) => report.event(event.Word))
      ami.connect(account.username, account.secret, account).then(async () => {
        report.loggedIn()
        report.ping((await ami.action({ Action: 'Ping' }, true)).Ping)
        report.command((await ami.action({ Action: 'Command', Command: 'core show version' }, true)).Output)
      })`
  },
  yana: {
    version: '0.3.0',
    command: 'all lines',
    program: `
      const ami = new library({ ...account, login: account.username, password: account.secret })
      ami.on('event', (event) => report.event(event.Word))
      ami.connect(() => {
        report.loggedIn()
        ami.send({ action: 'Ping' }, (answer) => {
          report.ping(answer.Ping)
          ami.send({ action: 'Command', command: 'core show version' }, (answer) => report.command(answer.Output))
        })
      })`
  }
}

/** Prints each step as a line `step value`. */
const frame = (name: string, program: string) => `
const { createRequire } = require('node:module')
const library = createRequire(process.argv[2])(${JSON.stringify(name)})
const { LAB_PORT, LAB_USERNAME, LAB_SECRET } = process.env
const account = { host: '127.0.0.1', port: Number(LAB_PORT), username: LAB_USERNAME, secret: LAB_SECRET }
const say = (step) => (value) => { if (value !== undefined) process.stdout.write(step + ' ' + [value].flat().join('|').trim() + '\\n') }
const report = { loggedIn: () => say('login')('ok'), ping: say('ping'), command: say('command'), event: say('event') }
${program}
`

export function libraryProgram(name: string): string {
  return frame(name, libraries[name]!.program)
}

/** Installs the libraries into the lab's folder, once. @returns a file there to require them from, or why there are none */
export function installLibraries(): Promise<{ from: string } | { reason: string }> {
  return installPackages(
    'ami-libraries',
    Object.entries(libraries).map(([name, { version }]) => `${name}@${version}`)
  )
}

/**
 * Installs packages of npm into a folder of the lab, once.
 * @param wanted each as `name@version`
 * @returns a file there to require them from, or why there are none
 */
export async function installPackages(label: string, wanted: readonly string[]): Promise<{ from: string } | { reason: string }> {
  const folder = path.join(labDir(), label, wanted.join(',').replaceAll(/[^\w.,@-]/g, '_'))
  const from = path.join(folder, 'package.json')
  return withLock(label, async () => {
    if (existsSync(from)) return { from }
    const half = `${folder}.half`
    await fs.rm(half, { recursive: true, force: true })
    await fs.mkdir(half, { recursive: true })
    // npm looks for a package.json upwards otherwise.
    await fs.writeFile(path.join(half, 'package.json'), '{"private":true}\n')
    const flags = [
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
      '--loglevel=error',
      '--fetch-retries=0',
      '--fetch-timeout=15000'
    ]
    try {
      await run('npm', ['install', ...flags, ...wanted], { cwd: half, timeoutMs: 120_000 })
    } catch (error) {
      if (error instanceof CommandError) return { reason: `npm cannot install them: ${error.message.split('\n')[0]}` }
      throw error
    }
    await fs.rename(half, folder)
    return { from }
  })
}
