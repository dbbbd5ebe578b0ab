import { error, type Rule, warning } from './rule.js'

/** Secrets, voice mail, and the check itself. */
export const otherRules = {
  // Secrets
  'secret-weak': warning('A secret is easy to guess', 'Machines try such secrets all day', 'Make one: pbxkit keygen --type sip'),
  'secret-duplicate': warning('Two accounts have one secret', 'Who knows one has both', 'Give each its own'),
  'readable-by-others': warning(
    'A file with secrets can be read by everybody on the machine',
    'So can the secrets',
    'chmod 640 it, or 600'
  ),
  // Voice mail
  minmessage: error('minmessage of minivm.conf is more than 0', 'A short message kills Asterisk 22', 'Take it out'),
  // The check itself
  'unknown-ignore': warning('An ignore comment names a code that is none', 'It ignores nothing', 'Write a code of the table')
} as const satisfies Record<string, Rule>
