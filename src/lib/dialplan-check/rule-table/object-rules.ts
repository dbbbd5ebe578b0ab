import { error, type Rule, warning } from './rule.js'

/** What has to be there beside the dialplan: modules, sounds, certificates, and the objects of PJSIP. */
export const objectRules = {
  // What has to be there
  'sound-missing': warning('A sound file is missing', 'Nothing is played', 'Install the sounds, or name one that is there'),
  'module-not-loaded': warning(
    'modules.conf keeps a module away that is needed',
    'What it brings does not exist at run time',
    'Take the noload out'
  ),
  'certificate-missing': warning(
    'A certificate or key is not there',
    'The transport does not start',
    'Make it: pbxkit keygen --type tls'
  ),
  'certificate-invalid': error(
    'A certificate or key cannot be read, or they are no pair',
    'The transport does not start',
    'Make a new pair'
  ),
  'certificate-expired': error('A certificate has expired, or does not count yet', 'Phones refuse it', 'Renew it'),
  'certificate-expiring': warning('A certificate expires within 14 days', 'Phones refuse it then', 'Renew it'),
  // PJSIP
  'pjsip-unknown-type': error(
    'A section of pjsip.conf has no type, or one that is none',
    'Asterisk ignores it',
    'Write a type such as endpoint, auth, aor'
  ),
  'pjsip-unknown-option': error(
    'An object of PJSIP has no such option',
    'Asterisk drops the whole object',
    'Write the option as it is documented'
  ),
  'pjsip-undefined-object': error(
    'An object of PJSIP names another one that is not there',
    'Registration, login or calls fail',
    'Write the object, or name one that is there'
  ),
  'pjsip-duplicate-object': error('Two sections of one name have the same type', 'One is dropped', 'Rename one'),
  'wizard-duplicate': error(
    'A section of pjsip_wizard.conf stands twice',
    'Once one is removed and reloaded, the user is gone',
    'Rename or remove one'
  ),
  'endpoint-without-auth': error(
    'Who registers or calls as this endpoint is not asked for a password',
    'Anybody can call at your expense; with the wizard, nobody can',
    'Give it an auth with a password'
  ),
  'auth-incomplete': error('An auth lacks its user name or its secret', 'Logins fail', 'Give both'),
  'trunk-endpoint-undefined': error(
    'TRUNK_ENDPOINT names no endpoint',
    'Calls to the outside fail',
    'Name the section of the trunk'
  ),
  'hint-exten-duplicate': error(
    'Two users have the same hint_exten',
    'The last one wins without a word',
    'Give each user a number'
  ),
  'hint-exten-without-hint': warning(
    'A user has hint_exten and has_hint=no',
    'After a change and a reload the number is gone',
    'Set has_hint=yes, or use endpoint/@hint_exten'
  ),
  'many-hints': warning(
    'More than 3,000 users have a hint of their own',
    'Starting takes time with the square of their number: 10,000 take a minute',
    'Use one pattern hint and a number file'
  ),
  'identify-by-name': warning(
    'A trunk is told by a host name',
    'When the name is not found at load, its calls are refused until a reload',
    'Add identify/match with addresses'
  ),
  'match-with-port': warning(
    'A trunk is told by address and port',
    'Calls from another port of that address are refused',
    'Add identify/match with the address alone'
  ),
  'local-net-missing': warning(
    'A transport has an external address and no local_net',
    'Phones on the LAN are told the outside address too',
    'Add local_net for each network of yours'
  ),
  'tls-method': warning(
    'The TLS method shuts TLS 1.3 out, or lets old versions in',
    'Phones with other versions fail, or are not safe',
    'Leave method out, or test what your phones speak'
  )
} as const satisfies Record<string, Rule>
