import path from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { askServerNames } from '../../src/lib/ami-client/server-names.js'
import { loadCatalogue, withServerNames } from '../../src/lib/dialplan-check/catalogue/catalogue.js'
import { checkConfiguration } from '../../src/lib/dialplan-check/check-configuration.js'
import { FolderHost } from '../../src/lib/dialplan-check/host.js'
import { startAsterisk } from './servers/asterisk.js'
import { AMI_ADMIN } from './servers/asterisk-config.js'
import { prepareAsterisk } from './servers/asterisk-root.js'
import { describeLab } from './support/lab.js'

/** All that may be found in Debian's sample configuration, and why it is no false alarm. */
const expected: Record<string, string> = {
  'asterisk.conf directories-template [directories]': 'its own comment says that (!) has to go for the section to count',
  'cel_sqlite3_custom.conf no-section A setting stands before any section': '[cel_master] is a comment, and values is not',
  'extensions.conf injection-goto Goto takes ${ARG1}': 'the number of trunkint, _9011., comes to dundi-e164 as it was dialled',
  'extensions.conf injection-goto Gosub takes ${EXTEN:4}': '_9011. takes any character behind 9011',
  'extensions.conf injection-goto Goto takes ${EXTEN}': '_X*X! and its five longer forms take any character',
  'extensions.conf unknown-application There is no application SIPAddHeader': 'it went with chan_sip in Asterisk 21',
  'extensions.conf undefined-extension Gosub names extension s': '[page] has _X. only, and s is none of these',
  'extensions.conf undefined-extension Page names extension Grandstream1': '[page] has _X. only, and this begins with a letter',
  'extensions.conf undefined-extension Page names extension Xlite1': 'the same'
}

await describeLab('dialplan check and the real Asterisk 22', () => {
  let root: string

  beforeAll(async () => {
    root = await prepareAsterisk(22)
  })

  it('finds in the sample configuration of Debian what is wrong with it, and nothing else', async () => {
    const host = new FolderHost(path.join(root, 'etc/asterisk'))
    const sounds = path.join(root, 'usr/share/asterisk/sounds')
    const options = { catalogue: await loadCatalogue(), now: new Date(), sounds, language: 'en_US_f_Allison' }
    const { findings } = checkConfiguration(host, options)
    const found = findings.map(({ file, code, message }) => `${path.basename(file)} ${code} ${message}`)
    expect(found.filter((one) => !Object.keys(expected).some((known) => one.startsWith(known)))).toEqual([])
    expect(Object.keys(expected).filter((known) => !found.some((one) => one.startsWith(known)))).toEqual([])
  })

  it('knows all applications and functions that a running Asterisk has', async () => {
    const asterisk = await startAsterisk({ name: 'dialplan-check' })
    try {
      const connect = { host: '127.0.0.1', port: asterisk.amiPort, timeoutMs: 10_000 }
      const credentials = { ...AMI_ADMIN, auth: 'md5', events: 'off' } as const
      const names = await askServerNames({ connect, credentials, timeoutMs: 10_000 })
      const bundled = await loadCatalogue()
      expect(names.applications.length).toBeGreaterThan(150)
      expect(names.applications.filter((name) => !bundled.applications.has(name.toLowerCase()))).toEqual([])
      const functions = [...bundled.functions.keys()]
      expect(names.functions.length).toBeGreaterThan(150)
      expect(names.functions.filter((name) => !functions.some((one) => one.startsWith(name)))).toEqual([])
      const own = withServerNames(bundled, names)
      expect(own.applications.has('dial')).toBe(true)
      expect(own.functions.has('PJSIP_RESPONSE_HEADERS')).toBe(true)
      expect(own.applications.has('minivmrecord')).toBe(false)
    } finally {
      await asterisk.stop()
    }
  })
})
