import { controlFlag } from '../../lib/cli/control-flag.js'
import { Args } from '../../lib/cli/oclif.js'
import { RegisterCommand } from '../../lib/cli/register-command.js'

export default class UacRegister extends RegisterCommand<typeof UacRegister> {
  static override summary = 'Keep SIP accounts registered, one or 100,000.'

  static override description =
    `Takes the place of the registrations of Kamailio's uac module, and reads its table uacreg as it is. Each account is refreshed in time, with one request; a
registrar that does not answer is looked after by one account while the others wait, and a password that is wrong does not hammer. Requests that come to the
accounts are answered.

Without an account it asks for one on a terminal, and offers to keep the answers as a profile. There it shows the state of all accounts; with --json every change is a
line of JSON on stdout. SIGUSR1 writes the state to stderr. SIGHUP, a changed file and --reload-interval read the accounts again: only what differs is touched.
SIGTERM takes the bindings back. \`pbxkit uac status\` and its neighbours ask a running one.

Exit status: of --once, --fetch, --remove and --check 0 when all is well, 1 when some accounts are not registered (or some rows are wrong); of a single
account 69 unreachable, 75 no reply in time, 77 login refused.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> sip:alice@pbx.example.org --password-file ~/.sip-password',
    '<%= config.bin %> <%= command.id %> --db sqlite:/etc/kamailio/uacreg.db --state /var/lib/pbxkit/uac.state',
    '<%= config.bin %> <%= command.id %> --file accounts.csv --json | jq -c "select(.event == \\"rejected\\")"',
    '<%= config.bin %> <%= command.id %> --file accounts.csv --check',
    '<%= config.bin %> <%= command.id %> sip:alice@pbx.example.org --remove --all --password-file ~/.sip-password'
  ]

  static override args = {
    uri: Args.string({ description: 'one account, sip:USER@DOMAIN ("-": accounts as JSON lines on stdin)', ignoreStdin: true })
  }

  static override flags = { ...RegisterCommand.registerFlags, ...controlFlag }
}
