import { down, prepare, status, up } from './commands.js'
import { LabError, LabUsageError } from './servers/errors.js'

const HELP = `Real servers for the lab tests, on loopback.

  npm run lab -- prepare [SERVER ...]  download and make what the servers need (all, without a name)
  npm run lab -- up SERVER ...         start servers that run until "down"
  npm run lab -- down [SERVER ...]     stop them (all, without a name)
  npm run lab -- status                what runs, what is ready, what this machine cannot run

Servers: asterisk (22), asterisk16, kamailio, mariadb, postgresql, nats.
They are kept in PBXKIT_LAB_DIR (default ~/.cache/pbxkit-lab). Needs root on Debian 12.
`

const COMMANDS: Readonly<Record<string, (words: readonly string[]) => Promise<void>>> = { prepare, up, down, status }

async function main(): Promise<void> {
  const [verb = '', ...words] = process.argv.slice(2)
  if (['', 'help', '--help', '-h'].includes(verb)) {
    process.stdout.write(HELP)
    return
  }
  const command = COMMANDS[verb]
  if (!command) throw new LabUsageError(`there is no command "${verb}"`, 'the commands are prepare, up, down and status')
  await command(words)
}

try {
  await main()
} catch (error) {
  if (!(error instanceof LabError)) throw error
  process.stderr.write(`lab: ${error.message}\nlab: what to do: ${error.next}\n`)
  process.exitCode = error.exitStatus
}
