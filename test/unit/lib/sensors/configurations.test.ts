import fs from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PbxkitError } from '../../../../src/lib/errors.js'
import { generateManagerKey } from '../../../../src/lib/keygen/voipmonitor.js'
import { readGuiConfigurationKey } from '../../../../src/lib/sensors/gui-configuration.js'
import { keyOfText } from '../../../../src/lib/sensors/key-file.js'
import { readPhpConstants } from '../../../../src/lib/sensors/php-constants.js'
import { chooseSensors, type KnownSensor, withKey } from '../../../../src/lib/sensors/sensor.js'
import {
  keyOfConf,
  parseVoipmonitorConf,
  readVoipmonitorConf,
  sensorOfConf
} from '../../../../src/lib/sensors/voipmonitor-conf.js'
import { recordedKeyText } from '../../support/replayed-sniffer.js'
import { scratchFile } from '../../support/scratch.js'

const { key, iv } = recordedKeyText
const withCode = (code: string, message = /./) => expect.objectContaining({ code, message: expect.stringMatching(message) })
const noWarning = () => {}

describe('voipmonitor.conf', () => {
  const conf = (text: string) => ({ file: 'x.conf', keyFiles: [], ...parseVoipmonitorConf(text) })
  const addressOf = (text: string, mayUse = false) => sensorOfConf(conf(text), () => mayUse).address

  it('says where the manager listens', () => {
    expect(addressOf('')).toEqual({ kind: 'tcp', host: '127.0.0.1', port: 5029 })
    expect(addressOf('[general]\nmanagerip = 10.0.0.1\r\n# managerport = 1\nmanagerport=5030 # ours\n')).toEqual({
      kind: 'tcp',
      host: '10.0.0.1',
      port: 5030
    })
    expect(addressOf('managerip = 0.0.0.0')).toMatchObject({ host: '127.0.0.1' })
    expect(addressOf('[other]\nmanagerport = 1\n[general]\n')).toMatchObject({ port: 5029 })
    for (const text of ['managerport = 0', 'managerport = 70000', 'managerport = x', 'managerip = a b']) {
      expect(() => addressOf(text), text).toThrow(withCode('E_CONFIG', /x\.conf: manager/))
    }
  })

  it('takes its unix socket where we may use it', () => {
    const text = 'managersocket = /run/vm.sock\nmanagerport = 5031'
    expect(addressOf(text, true)).toEqual({ kind: 'unix', path: '/run/vm.sock' })
    expect(addressOf(text, false)).toMatchObject({ kind: 'tcp', port: 5031 })
  })

  it('has a key with its IV, or none', () => {
    const file = scratchFile('vm.conf', `manager_aes_key = ${key}\nmanager_aes_iv = ${iv}\n`, 0o644)
    const warnings: string[] = []
    expect(keyOfConf(readVoipmonitorConf(file), (message) => warnings.push(message))).toMatchObject({ source: file })
    expect(warnings).toHaveLength(1)
    expect(keyOfConf(conf('manager_aes_key ='), noWarning)).toBeUndefined()
    expect(() => keyOfConf(conf(`manager_aes_key = ${key}`), noWarning)).toThrow(withCode('E_CONFIG', /no manager_aes_iv/))
    expect(() => keyOfConf(conf(`manager_aes_key = AAAA\nmanager_aes_iv = ${iv}`), noWarning)).toThrow(
      withCode('E_MANAGER_KEY', /^x\.conf: .*3 bytes/)
    )
    expect(() => readVoipmonitorConf('/no/such.conf')).toThrow(withCode('E_CONFIG'))
  })

  it('goes on in the files of voipmonitor/conf.d beside it, in the order of their names, and not in folders there', () => {
    const file = scratchFile('voipmonitor.conf', 'managerport = 5030\nmanagerip = 10.0.0.1\n', 0o644)
    const folder = path.join(path.dirname(file), 'voipmonitor', 'conf.d')
    fs.mkdirSync(path.join(folder, 'old'), { recursive: true })
    const write = (name: string, text: string) => fs.writeFileSync(path.join(folder, name), text, { mode: 0o600 })
    write('20-key', `manager_aes_key = ${key}\nmanager_aes_iv = ${iv}\nmanagerport = 5032\n`)
    write('10-port.conf', 'managerport = 5031\n')
    write('30-spool', 'spooldir = /var/spool\n')
    write('old/port', 'managerport = 1\n')
    const conf = readVoipmonitorConf(file)
    expect(sensorOfConf(conf).address).toEqual({ kind: 'tcp', host: '10.0.0.1', port: 5032 })
    expect(conf.file).toBe(`${file} and ${path.join(folder, '10-port.conf')} and ${path.join(folder, '20-key')}`)
    const warnings: string[] = []
    expect(keyOfConf(conf, (message) => warnings.push(message))).toMatchObject({ source: conf.file })
    expect(warnings).toEqual([])
  })
})

describe('configuration.php', () => {
  it('says the cipher too, where it has one; of --cipher and of a sensor that comes first', async () => {
    const php = (cipher: string) =>
      scratchFile('c.php', `<?php define('VPMANAGER_AES_KEY', '${key}'); define('VPMANAGER_AES_IV', '${iv}');${cipher}`)
    const file = php(" define('VPMANAGER_AES_CIPHER', 'aes-256-cbc');")
    const sources = [() => readGuiConfigurationKey(file, noWarning)]
    const sensor = { name: 'a', address: { kind: 'unix', path: '/s' } as const, source: 'test' }
    expect(await withKey(sensor, { sources })).toMatchObject({ cipher: 'aes-256-cbc', keySource: file })
    expect(await withKey({ ...sensor, cipher: 'aes-192-cbc' }, { sources })).toMatchObject({ cipher: 'aes-192-cbc' })
    expect(await withKey(sensor, { sources, cipher: 'aes-128-cbc' })).toMatchObject({ cipher: 'aes-128-cbc' })
    expect(() => readGuiConfigurationKey(php(" const VPMANAGER_AES_CIPHER = 'des';"), noWarning)).toThrow(
      withCode('E_MANAGER_KEY', /c\.php: "des" is not a cipher/)
    )
  })

  const names = ['KEY', 'IV']
  const read = (text: string) => readPhpConstants(text, names, 'c.php')

  it('gives constants that are plain strings', () => {
    expect(read(`<?php define('KEY', 'a/b+='); define("IV","c"); ?>`)).toEqual({ KEY: 'a/b+=', IV: 'c' })
    expect(read(`<?php\nconst KEY = 'it\\'s';\nif (!defined('IV')) DEFINE('IV', 'x', false);`)).toEqual({ KEY: "it's", IV: 'x' })
  })

  it('looks at nothing that PHP would not run', () => {
    expect(
      read(`define('KEY', 'html');
<?php // define('KEY', 'a');
# define('KEY', 'b');
/* define('KEY', 'c'); */
$text = "define('KEY', 'd')"; $other = 'define("KEY", "e")';
?> define('KEY', 'f'); <?php
// a comment ends here ?> define('KEY', 'g');
`)
    ).toEqual({})
  })

  it('refuses what only PHP could tell', () => {
    for (const text of [
      "define('KEY', getenv('X'));",
      "define('KEY', 'a' . 'b');",
      'define("KEY", "a$b");',
      'define("KEY", "a\\x41");',
      'const KEY = OTHER;',
      "define('KEY', 'a');\ndefine('KEY', 'b');",
      '$x = <<<END\ndefine("KEY", "a")\nEND;',
      "define('KEY', 'a"
    ]) {
      expect(() => read(`<?php\n${text}`), text).toThrow(withCode('E_CONFIG', /^c\.php:[23]: /))
    }
    expect(read("<?php define('OTHER', getenv('X')); define('KEY', 'a'); define('KEY', 'a');")).toEqual({ KEY: 'a' })
  })

  it('never fails in another way', () => {
    const piece = fc.constantFrom(
      '<?php ',
      '?>',
      "define('KEY', ",
      "'",
      '"',
      ')',
      ';',
      '\\',
      '/*',
      '*/',
      '//',
      '#',
      '\n',
      '<<<',
      'x',
      '$'
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        try {
          for (const value of Object.values(read(pieces.join('')))) expect(value).toBeTypeOf('string')
        } catch (error) {
          expect(error).toBeInstanceOf(PbxkitError)
        }
      })
    )
  })

  it('gives the key of the GUI', () => {
    const file = (text: string) => scratchFile('configuration.php', text)
    const both = `<?php\ndefine('VPMANAGER_AES_KEY', '${key}');\ndefine('VPMANAGER_AES_IV', '${iv}');\n`
    expect(readGuiConfigurationKey(file(both), noWarning)?.key.iv.toString('base64')).toBe(iv)
    expect(readGuiConfigurationKey(file('<?php'), noWarning)).toBeUndefined()
    expect(() => readGuiConfigurationKey(file(`<?php define('VPMANAGER_AES_IV', '${iv}');`), noWarning)).toThrow(
      withCode('E_CONFIG', /no VPMANAGER_AES_KEY/)
    )
  })
})

it('a word that may mean two sensors is not guessed at', () => {
  const sensor = (name: string, id: number): KnownSensor => ({
    name,
    id,
    address: { kind: 'tcp', host: 'h', port: id },
    source: 'x'
  })
  const known = [sensor('2', 7), sensor('b', 2), sensor('c', 3), sensor('c', 4)]
  expect(chooseSensors(known, ['7', 'b', '4']).map(({ id }) => id)).toEqual([7, 2, 4])
  for (const text of ['2', 'c']) expect(() => chooseSensors(known, [text])).toThrow(withCode('E_USAGE', /may be .* or /))
})

it('what keygen prints is read back from a key file, in each of its formats', () => {
  const { texts, facts } = generateManagerKey()
  for (const format of ['conf', 'php', 'json', 'ini', 'env'] as const) {
    expect(keyOfText(texts[format]!), format).toEqual({ key: facts.key, iv: facts.iv })
  }
})
