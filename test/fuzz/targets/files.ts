import assert from 'node:assert/strict'
import { ConfigError, DataError, IoError, PbxkitError } from '../../../src/lib/errors.js'
import { SecretStore } from '../../../src/lib/registrations/accounts/account-secret.js'
import { readCsvRows } from '../../../src/lib/registrations/accounts/csv-accounts.js'
import { isDbtext, readDbtextRows } from '../../../src/lib/registrations/accounts/dbtext-accounts.js'
import { readIniRows } from '../../../src/lib/registrations/accounts/ini-accounts.js'
import { readJsonRows, readNdjsonRows } from '../../../src/lib/registrations/accounts/json-accounts.js'
import { readAccount } from '../../../src/lib/registrations/accounts/read-account.js'
import { readYamlRows } from '../../../src/lib/registrations/accounts/yaml-accounts.js'
import { readPhpConstants } from '../../../src/lib/sensors/php-constants.js'
import { parseVoipmonitorConf } from '../../../src/lib/sensors/voipmonitor-conf.js'
import { checkSite } from '../../../src/lib/site/check-site.js'
import { openEditor } from '../../../src/lib/site/edit.js'
import { SiteProblems } from '../../../src/lib/site/problem.js'
import { parseSite } from '../../../src/lib/site/read-site.js'
import { readTable } from '../../../src/lib/site/read-table.js'
import { readImport } from '../../../src/lib/tunnel-server/import-file.js'
import { texts } from '../fixtures.js'
import { type FuzzTarget, outcome, outcomeLater } from '../target.js'

const siteIni =
  '[privatedial]\nlanguage=en\nextension_length=4\n\n[alice]\nemail=alice@example.org\nsecret=0123456789abcdef\nnumber=1001\n\n[trunk:out]\nhost=sip.example.org\nusername=u\nsecret=p\n'
const siteYaml =
  'privatedial:\n  language: en\nusers:\n  alice:\n    number: "1001"\n    secret: 0123456789abcdef\ntrunks:\n  - name: out\n    host: sip.example.org\n'
const siteJson =
  '{"privatedial":{"language":"en"},"users":{"alice":{"number":"1001","secret":"0123456789abcdef"}},"trunks":[{"name":"out","host":"h"}]}'

const site = (format: 'ini' | 'yaml' | 'json', text: string): FuzzTarget => ({
  name: `site-${format}`,
  promise:
    'a site file is read and checked into a site or a list of problems, never an exception; opened for an edit and left alone it is the same bytes',
  corpus: () => texts(text),
  words: [
    '[alice]',
    '[trunk:',
    'users:',
    'trunks:',
    'number',
    'secret=',
    '&a',
    '*a',
    '<<: *a',
    '!!js',
    '- ',
    '\n  ',
    '1001',
    '"'
  ],
  async check(input) {
    const problems = new SiteProblems()
    const tree = await parseSite(input, `site.${format}`, problems)
    const checked = tree.isUnread ? undefined : checkSite(tree, problems)
    assert(checked || problems.list.length > 0, 'a site, or why not')
    const editor = await outcomeLater(() => openEditor(input, `site.${format}`), PbxkitError)
    if ('value' in editor) assert.deepEqual(Buffer.from(editor.value.toBytes()), Buffer.from(input), 'the same bytes')
  }
})

const columns =
  'l_uuid,l_username,l_domain,r_username,r_domain,realm,auth_username,auth_password,auth_ha1,auth_proxy,expires,flags,reg_delay,contact_addr,socket'
const row =
  'u1,alice,example.org,alice,provider.example,provider.example,alice,secret,,sip:proxy.example;lr,3600,0,0,,udp:127.0.0.1:5060'
const dbtext = `l_uuid(string) l_username(string) l_domain(string) r_username(string) r_domain(string) auth_password(string) auth_proxy(string) expires(int)\nu1:alice:example.org:alice:provider.example:se\\:cret:sip\\:proxy:3600\n`
const object = {
  l_uuid: 'u1',
  l_username: 'alice',
  l_domain: 'example.org',
  r_username: 'alice',
  r_domain: 'p.example',
  auth_password: 's',
  expires: 60
}

const readers = {
  csv: { read: (text: string) => readCsvRows(text, 'a.csv'), text: `${columns}\n${row}\n` },
  dbtext: { read: async (text: string) => (isDbtext(text) ? readDbtextRows(text, 'uacreg') : []), text: dbtext },
  ini: {
    read: async (text: string) => readIniRows(text, 'a.ini'),
    text: `[u1]\n${Object.entries(object)
      .map(([name, value]) => `${name} = ${value}\n`)
      .join('')}`
  },
  json: { read: async (text: string) => readJsonRows(text, 'a.json'), text: JSON.stringify([object]) },
  ndjson: { read: async (text: string) => readNdjsonRows(text, 'a.ndjson'), text: `${JSON.stringify(object)}\n`.repeat(2) },
  yaml: {
    read: (text: string) => readYamlRows(text, 'a.yaml'),
    text: `- ${Object.entries(object)
      .map(([name, value]) => `${name}: ${value}\n`)
      .join('  ')}`
  }
}

const accounts = Object.entries(readers).map(
  ([format, { read, text }]): FuzzTarget => ({
    name: `accounts-${format}`,
    promise: 'rows are accounts or have faults; a file that is none is refused with DataError',
    corpus: () => texts(text),
    words: [...columns.split(','), '"', ':', ',', '\\', '(string)', '(int,null)', 'file:', 'env:'],
    async check(input) {
      const secrets = new SecretStore({ env: { NAME: 'x' }, folder: '/nonexistent', warn: () => {} })
      await outcomeLater(
        async () => {
          for (const one of await read(input.toString())) readAccount(one, secrets)
        },
        DataError,
        ConfigError,
        IoError
      )
    }
  })
)

export const fileTargets: FuzzTarget[] = [
  site('ini', siteIni),
  site('yaml', siteYaml),
  site('json', siteJson),
  {
    name: 'site-table',
    promise: 'readTable gives entries or problems, never an exception',
    corpus: () =>
      texts(
        'name,number,secret\nalice,1001,abc\n"b,ob","10""02",x\n',
        '{"name":"alice","number":1001}\n{"name":"bob"}\n',
        '[{"name":"alice"}]',
        'name;number\nalice;1001\n',
        'name\tnumber\nalice\t1\n'
      ),
    words: ['"', '""', ',', ';', '\t', '{"name":', '[', 'name'],
    async check(input, random) {
      await readTable(
        input,
        random.of(['-', 'a.csv', 'a.ndjson', 'a.json', 'a.yaml']),
        random.of(['user', 'trunk'] as const),
        new SiteProblems()
      )
    }
  },
  ...accounts,
  {
    name: 'tunnel-import',
    promise: 'readImport gives users and problems, never an exception but DataError',
    corpus: () =>
      texts(
        'username,password\nalice,secret\n',
        '[{"username":"alice","password":"x"}]',
        'alice:92da5b6e15bcdba0e6a548d9a2f1ad1c\n',
        '{username, "alice"}. {password, "x"}.\n'
      ),
    words: ['username', 'password', ',', '"', ':', '{', '}'],
    check(input, random) {
      outcome(() => readImport(input.toString(), random.of(['csv', 'json', 'original'] as const)), DataError)
    }
  },
  {
    name: 'php-constants',
    promise: 'readPhpConstants gives plain strings or throws ConfigError; nothing is run',
    corpus: () =>
      texts(
        "<?php\n// key\ndefine('MYSQL_HOST', 'local\\'host');\nconst KEY = \"a\\n\\x41\\u{41}\";\n/* define('KEY', 'x'); */\n# c\n?>html<?php define(\"KEY\", 'a');\n"
      ),
    words: [
      '<?php',
      '?>',
      "define('KEY', '",
      "');",
      'const KEY = ',
      '"$x"',
      '<<<EOT',
      '/*',
      '*/',
      '//',
      '#',
      '\\u{110000}',
      '\\x',
      '\\777'
    ],
    check(input) {
      const found = outcome(
        () => readPhpConstants(input.toString('latin1'), ['KEY', 'MYSQL_HOST'], 'configuration.php'),
        ConfigError
      )
      if ('value' in found) for (const value of Object.values(found.value)) assert.equal(typeof value, 'string')
    }
  },
  {
    name: 'voipmonitor-conf',
    promise: 'parseVoipmonitorConf gives strings and throws nothing',
    corpus: () =>
      texts(
        '[general]\nmanagerport = 5029 # comment\nmanagerip=127.0.0.1\nmanager_aes_key = abc;def\n[other]\nmanagerport = 1\n'
      ),
    words: ['[general]', 'managerport', ' = ', '#', ';'],
    check(input) {
      for (const value of Object.values(parseVoipmonitorConf(input.toString('latin1')))) assert.equal(typeof value, 'string')
    }
  }
]
