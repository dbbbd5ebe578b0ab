import { Flags } from './oclif.js'
import { siteInputFlags } from './site-flags.js'

const systemFolder = '/etc/asterisk'
const writing = { helpGroup: 'WRITING' } as const

/** How `dialplan render` is told what to do. */
export const renderFlags = {
  ...siteInputFlags,
  out: Flags.string({ description: 'folder to write to', default: systemFolder, helpValue: 'DIR', ...writing }),
  etc: Flags.string({
    description: 'that folder as Asterisk sees it (in a container); default: --out',
    helpValue: 'DIR',
    ...writing
  }),
  check: Flags.boolean({ description: 'write nothing; exit 1 when a file differs', ...writing }),
  diff: Flags.boolean({ description: 'the same, and show how; secrets are stars', ...writing }),
  'dry-run': Flags.boolean({ description: 'write nothing, and say what would be written', ...writing }),
  force: Flags.boolean({ description: 'overwrite also what was edited by hand or never rendered', ...writing }),
  'slow-start': Flags.boolean({ description: 'accept 5,000 users and more with form = wizard', ...writing }),
  certificates: Flags.boolean({
    description: 'make, renew or take over the certificate of SIP over TLS; default: with --apply, or without --out',
    allowNo: true,
    ...writing
  }),
  apply: Flags.boolean({
    description: 'reload Asterisk, and look whether it has what was rendered',
    exclusive: ['check', 'diff', 'dry-run']
  }),
  watch: Flags.boolean({
    description: 'stay, and render again when a file of the site changes',
    exclusive: ['check', 'diff', 'dry-run']
  })
}

/** A certificate lies outside the folder: for one that is only looked at, none is put in place. */
export function keepsCertificates(flags: {
  readonly certificates?: boolean
  readonly apply: boolean
  readonly out: string
}): boolean {
  return flags.certificates ?? (flags.apply || flags.out === systemFolder)
}
