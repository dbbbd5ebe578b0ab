import fs from 'node:fs'
import path from 'node:path'
import { root } from '../support/processes.js'
import type { Product } from '../support/product.js'
import type { Limit } from '../support/suite.js'

/** A command line of the program, and what its CPU is held to. */
export interface MeasuredCommand {
  what: string
  args: readonly string[]
  limit: Limit
}

const ordinary: Limit = { atMost: 1.6 }

const dialplan = `[globals]
RINGTIME = 20

[internal]
exten => _1XX,1,Verbose(1,Call to \${EXTEN})
 same => n,Dial(PJSIP/\${EXTEN},\${RINGTIME})
 same => n,Hangup()
`

/** One of each topic that asks nobody: what is measured is the program, not a network. */
export function ordinaryCommands(product: Product): MeasuredCommand[] {
  const folder = path.dirname(product.writeFile('etc-asterisk/extensions.conf', dialplan))
  const proxy = product.writeFile(
    'proxy.ini',
    '[server pbx]\nhost = 127.0.0.1\nusername = admin\nsecret = secret\n\n[user web]\nsecret = secret\n'
  )
  return [
    ['agi', 'tunnel', 'dialplan'],
    ['ami', 'actions', '--offline', 'Ping'],
    ['completion', 'bash'],
    ['dialplan', 'check', folder, '--sounds', 'none'],
    ['keygen', '--type', 'password'],
    ['manager', 'send', '--list'],
    ['proxy', 'check', '--config', proxy],
    ['uac', 'register', 'sip:alice@127.0.0.1', '--dry-run']
  ].map((args) => ({
    what: args.map((word) => (word.startsWith('/') ? path.basename(word) : word)).join(' '),
    args,
    limit: ordinary
  }))
}

export const versionCommand: MeasuredCommand = { what: '--version', args: ['--version'], limit: { atMost: 1.15 } }

/** The root's help, and that of each topic that the manifest has. */
export function helpCommands(): MeasuredCommand[] {
  const { commands } = JSON.parse(fs.readFileSync(path.join(root, 'oclif.manifest.json'), 'utf8')) as { commands: object }
  const topics = [...new Set(Object.keys(commands).map((id) => id.split(':')[0]!))]
  return [[], ...topics.map((topic) => [topic])].map((words) => {
    const args = [...words, '--help']
    return { what: args.join(' '), args, limit: ordinary }
  })
}

/** Logs in, sends, prints the answer, logs off. */
export function pingCommand(port: number): MeasuredCommand {
  const args = ['ami', 'send', 'Ping', '--port', String(port), '--username', simulatorUser.name]
  return { what: 'ami send Ping, to our simulator', args, limit: { atMost: 1.75 } }
}

/** Who the simulator lets in. */
export const simulatorUser = { name: 'admin', secret: 'secret' }
