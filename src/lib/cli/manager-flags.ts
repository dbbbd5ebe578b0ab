import { encryptModes } from '../sensors/sensor.js'
import { usableCiphers } from '../voipmonitor/cipher.js'
import { Flags } from './oclif.js'

const group = { helpGroup: 'SNIFFER' } as const

/** How every command that talks to a VoIPmonitor sniffer says to which, and with what key. */
export const managerFlags = {
  host: Flags.string({ description: 'managerip of the sniffer (default 127.0.0.1)', helpValue: 'HOST', ...group }),
  port: Flags.integer({
    description: 'managerport of the sniffer (default 5029)',
    helpValue: 'PORT',
    min: 1,
    max: 65_535,
    ...group
  }),
  socket: Flags.string({ description: 'managersocket of the sniffer, instead of TCP', helpValue: 'PATH', ...group }),
  ssh: Flags.string({
    description: "reach it (its --socket, or else its port) through the system's ssh to this host",
    helpValue: 'USER@HOST',
    ...group
  }),
  sensor: Flags.string({
    description: 'a sniffer of a [sensor NAME] section or of --db, by its name or id; repeatable; "all": every one',
    helpValue: 'ID',
    multiple: true,
    multipleNonGreedy: true,
    ...group
  }),
  encrypt: Flags.option({
    options: encryptModes,
    description: 'auto: when there is a key (default); on is the old -a',
    ...group
  })(),
  plain: Flags.boolean({ description: 'ask in clear, key or not: --encrypt off', exclusive: ['encrypt'], ...group }),
  'key-file': Flags.string({
    description: 'file with manager_aes_key and manager_aes_iv (else PBXKIT_MANAGER_KEY and PBXKIT_MANAGER_IV)',
    helpValue: 'FILE',
    ...group
  }),
  'voipmonitor-conf': Flags.string({
    description:
      'address, socket and key from voipmonitor.conf (default for this machine: /etc/voipmonitor.conf, if it is there)',
    helpValue: 'FILE',
    ...group
  }),
  'gui-config': Flags.string({
    description: "key from the GUI's configuration.php (VPMANAGER_AES_KEY, VPMANAGER_AES_IV); no PHP is run",
    helpValue: 'FILE',
    ...group
  }),
  db: Flags.string({
    description: "sensors and key from the GUI's database: mysql://USER@HOST/voipmonitor",
    helpValue: 'URL',
    ...group
  }),
  'db-password-file': Flags.string({
    description: 'file whose first line is the password of --db (else PBXKIT_DB_PASSWORD)',
    helpValue: 'FILE',
    ...group
  }),
  cipher: Flags.option({
    options: usableCiphers.map(({ name }) => name),
    description: 'default: aes-128-cbc, as the GUI has it',
    ...group
  })(),
  verbose: Flags.boolean({ description: 'say which sniffers are asked, and where their keys come from', ...group })
}

/** The values of those flags. */
export interface ManagerFlagValues {
  host: string | undefined
  port: number | undefined
  socket: string | undefined
  ssh: string | undefined
  sensor: string[] | undefined
  encrypt: 'auto' | 'on' | 'off' | undefined
  plain: boolean
  'key-file': string | undefined
  'voipmonitor-conf': string | undefined
  'gui-config': string | undefined
  db: string | undefined
  'db-password-file': string | undefined
  cipher: string | undefined
  verbose: boolean
}
