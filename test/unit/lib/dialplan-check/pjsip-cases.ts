import fs from 'node:fs'
import path from 'node:path'
import type { Cases } from './file-cases.js'

const fixtures = path.join(import.meta.dirname, '../../../fixtures/tls')
const pjsip = (text: string) => ({ 'pjsip.conf': text })
const wizard = (text: string) => ({ 'pjsip_wizard.conf': text })
const inPjsip = (line: number, column = 1) => `pjsip.conf:${line}:${column}`
const inWizard = (line: number, column = 1) => `pjsip_wizard.conf:${line}:${column}`
const auth = (name: string, password: string) => `[${name}]\ntype=auth\nusername=u-${name}\npassword=${password}\n`
const user = (name: string, more: string) =>
  `[${name}]\ntype=wizard\naccepts_auth=yes\ninbound_auth/username=${name}-phone\ninbound_auth/password=Kie7ohPhaeY2${name}\n${more}`

const certificate = fs.readFileSync(path.join(fixtures, 'server.crt'))
const key = fs.readFileSync(path.join(fixtures, 'server.key'))
const tls = '[t]\ntype=transport\nprotocol=tls\nbind=0.0.0.0\ncert_file = /k/a.crt\npriv_key_file = /k/a.key\n'
const tlsFiles = { ...pjsip(tls), '/k/a.crt': certificate, '/k/a.key': key }
const at = (date: string) => ({ now: new Date(date) })

/** PJSIP, its wizard, certificates and secrets. */
export const pjsipCases: Cases = {
  'pjsip-unknown-type': { bad: pjsip('[a]\ntype = endpont\n'), at: inPjsip(2, 8), good: pjsip('[a]\ntype = endpoint\n') },
  'pjsip-unknown-option': {
    bad: pjsip('[a]\ntype=endpoint\n callerd=x\n'),
    at: inPjsip(3, 2),
    good: pjsip('[a]\ntype=endpoint\ncallerid=x\n@own=1\n')
  },
  'pjsip-undefined-object': {
    bad: pjsip('[a]\ntype=endpoint\naors=a, b\n[a]\ntype=aor\n'),
    at: inPjsip(3, 9),
    good: pjsip('[a]\ntype=endpoint\naors=a, b\n[a]\ntype=aor\n[b]\ntype=aor\n')
  },
  'pjsip-duplicate-object': {
    bad: pjsip('[a]\ntype=aor\n[a]\ntype=aor\n'),
    at: inPjsip(3),
    good: pjsip('[a]\ntype=aor\n[a]\ntype=identify\nendpoint=a\n[a]\ntype=endpoint\n')
  },
  'wizard-duplicate': {
    bad: wizard(user('a', '') + user('a', '')),
    at: inWizard(6),
    good: wizard(user('a', '') + user('b', ''))
  },
  'endpoint-without-auth': {
    bad: pjsip('[a]\ntype=endpoint\naors=a\n[a]\ntype=aor\nmax_contacts=1\n'),
    at: inPjsip(1),
    good: pjsip(`[a]\ntype=endpoint\naors=a\nauth=a\n[a]\ntype=aor\nmax_contacts=1\n${auth('a', 'Kie7ohPhaeY2')}`)
  },
  'auth-incomplete': { bad: pjsip('[a]\ntype=auth\nusername=a\n'), at: inPjsip(1), good: pjsip(auth('a', 'Kie7ohPhaeY2')) },
  'trunk-endpoint-undefined': {
    bad: wizard(user('a', 'endpoint/set_var = TRUNK_ENDPOINT=itsp\n')),
    at: inWizard(6, 35),
    good: wizard(`${user('a', 'endpoint/set_var = TRUNK_ENDPOINT=itsp\n')}[itsp]\ntype=wizard\nremote_hosts=192.0.2.1\n`)
  },
  'hint-exten-duplicate': {
    bad: wizard(user('a', 'has_hint=yes\nhint_exten=10\n') + user('b', 'has_hint=yes\nhint_exten=10\n')),
    at: inWizard(14, 12),
    good: wizard(user('a', 'has_hint=yes\nhint_exten=10\n') + user('b', 'has_hint=yes\nhint_exten=11\n'))
  },
  'hint-exten-without-hint': {
    bad: wizard(user('a', 'has_hint=no\nhint_exten=10\n')),
    at: inWizard(7, 12),
    good: wizard(user('a', 'has_hint=no\nendpoint/@hint_exten=10\n'))
  },
  'many-hints': { bad: hints(3001), at: 'extensions.conf:0:0', good: hints(3000) },
  'identify-by-name': {
    bad: wizard('[i]\ntype=wizard\nremote_hosts = 192.0.2.1, sip.example.com\n'),
    at: inWizard(3, 27),
    good: wizard('[i]\ntype=wizard\nremote_hosts = sip.example.com\nidentify/match = 192.0.2.0/24\n')
  },
  'match-with-port': {
    bad: wizard('[i]\ntype=wizard\nremote_hosts = 192.0.2.1:5080\n'),
    at: inWizard(3, 16),
    good: wizard('[i]\ntype=wizard\nremote_hosts = 192.0.2.1:5080\nidentify/match = 192.0.2.1\n')
  },
  'local-net-missing': {
    bad: pjsip('[u]\ntype=transport\nbind=0.0.0.0\nexternal_media_address=192.0.2.1\n'),
    at: inPjsip(1),
    good: pjsip('[u]\ntype=transport\nbind=0.0.0.0\nexternal_media_address=192.0.2.1\nlocal_net=10.0.0.0/8\n')
  },
  'tls-method': {
    bad: pjsip('[u]\ntype=transport\nprotocol=tls\nbind=0.0.0.0\nmethod=tlsv1_2\n'),
    at: inPjsip(5, 8),
    good: pjsip('[u]\ntype=transport\nprotocol=tls\nbind=0.0.0.0\n')
  },
  'undefined-context': {
    bad: { ...pjsip('[a]\ntype=endpoint\ncontext=defalt\n'), 'extensions.conf': '[default]\n' },
    at: inPjsip(3, 9),
    good: { ...pjsip('[a]\ntype=endpoint\ncontext=default\n'), 'extensions.conf': '[default]\n' }
  },
  'secret-weak': { bad: pjsip(auth('a', 'u-a')), at: inPjsip(4, 10), good: pjsip(auth('a', 'Kie7ohPhaeY2')) },
  'secret-duplicate': {
    bad: pjsip(auth('a', 'Kie7ohPhaeY2') + auth('b', 'Kie7ohPhaeY2')),
    at: inPjsip(8, 10),
    good: pjsip(auth('a', 'Kie7ohPhaeY2') + auth('b', 'Kie7ohPhaeY3'))
  },
  'readable-by-others': {
    bad: pjsip(auth('a', 'Kie7ohPhaeY2')),
    at: inPjsip(0, 0),
    good: pjsip(auth('a', 'Kie7ohPhaeY2')),
    extra: { modes: { 'pjsip.conf': 0o644 } },
    goodExtra: { modes: { 'pjsip.conf': 0o640 } }
  },
  'certificate-missing': { bad: { ...pjsip(tls), '/k/a.key': key }, at: inPjsip(5, 13), good: tlsFiles },
  'certificate-invalid': { bad: { ...tlsFiles, '/k/a.crt': 'nonsense' }, at: inPjsip(5, 13), good: tlsFiles },
  'certificate-expired': { bad: tlsFiles, at: inPjsip(5, 13), good: tlsFiles, extra: at('2127-01-01'), goodExtra: {} },
  'certificate-expiring': { bad: tlsFiles, at: inPjsip(5, 13), good: tlsFiles, extra: at('2126-10-20'), goodExtra: {} }
}

function hints(count: number) {
  const lines = Array.from({ length: count }, (_, index) => `exten => ${10_000 + index},hint,PJSIP/u${index}\n`)
  return { 'extensions.conf': `[default]\n${lines.join('')}` }
}
