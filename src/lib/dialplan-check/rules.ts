import type { Severity } from './finding.js'

/** What a code stands for. The table in docs/dialplan-check.md is made of it. */
export interface Rule {
  readonly severity: Severity
  readonly says: string
  readonly why: string
  /** What to do, where the finding itself does not say it better. */
  readonly mend: string
}

const rule = (severity: Severity, says: string, why: string, mend: string): Rule => ({ severity, says, why, mend })
const error = (says: string, why: string, mend: string) => rule('error', says, why, mend)
const warning = (says: string, why: string, mend: string) => rule('warning', says, why, mend)
const info = (says: string, why: string, mend: string) => rule('info', says, why, mend)

const dropsFile = 'Asterisk gives the whole file up; of an included file, all that follows this line'
const dropsLine = 'Asterisk drops the line with no more than a warning in its log'

/** All rules, by family. Codes are stable over releases: ignore comments name them. */
export const rules = {
  // Files
  'section-unclosed': error('A section has no closing ]', dropsFile, 'Close the bracket'),
  'options-unclosed': error('The options of a section have no closing )', dropsFile, 'Close the parenthesis'),
  'no-section': error('A setting stands before any section', dropsFile, 'Put it into a section'),
  'template-missing': error(
    'A section inherits from one that is not there, or comes later',
    dropsFile,
    'Put the template before its first use'
  ),
  'append-missing': error(
    '(+) names a section that is not there, comes later, or is a template',
    dropsFile,
    'Put the section before the line, or leave (+) out'
  ),
  'append-filter': warning(
    '(+filter) has an expression that is not known here',
    'It cannot be told which section it appends to',
    'Use plain text in the filter'
  ),
  'inherits-itself': error('A section inherits from itself', 'Asterisk never ends reading it', 'Name another template'),
  'include-missing': error(
    '#include names a file that is not there',
    dropsFile,
    'Make the file, or use #tryinclude where it may be missing'
  ),
  'invalid-escape': error('A line begins with a backslash that escapes nothing', dropsFile, 'Leave the backslash out'),
  'too-large': error(
    'The files are larger than is read here',
    'Nothing in them is checked',
    'Look for templates and includes that double'
  ),
  'nested-too-deep': error(
    'More block comments are open than Asterisk counts',
    'Asterisk never gets past the line',
    'Close the comments with --;'
  ),
  'no-equals': warning('A line has no =', dropsLine, 'Write name = value, or a ; before it'),
  'no-name': warning('A line has no name before its =', dropsLine, 'Write name = value'),
  'unknown-directive': warning('A # directive is unknown', dropsLine, 'Use #include or #tryinclude; comments begin with ;'),
  'no-argument': warning('A # directive names no file', dropsLine, 'Name the file'),
  'exec-not-run': info(
    '#exec is not run by a check',
    'What the command would write is not checked',
    'Check the files on the machine that runs it'
  ),
  'line-too-long': warning('A line is longer than Asterisk reads', dropsLine, 'Cut it in two; += appends to a value'),
  'name-too-long': warning('A section name is longer than Asterisk keeps', 'The rest of the name is cut off', 'Shorten the name'),
  'path-too-long': error('The name of an included file is longer than Asterisk keeps', 'It is not found', 'Shorten the path'),
  'options-ignored': warning(
    'A blank stands between ] and (',
    'Asterisk ignores the parenthesis: no template is applied',
    'Take the blank out'
  ),
  'comment-unclosed': warning('A block comment does not end', 'All that follows is ignored', 'Close it with --;'),
  'include-level': warning('Files include one another too deep', 'Asterisk reads no further', 'Take the circle out'),
  'included-again': warning('A file is included more than once', 'Its sections and extensions come twice', 'Include it once'),
  'not-a-file': warning('An include finds something that is no file', 'It is left out', 'Name a file'),
  'nul-byte': warning('A line has a NUL byte', 'What stands behind it is not read', 'Write the file as text'),
  'tryinclude-missing': error(
    'A #tryinclude names a file that is missing, and the rest needs it',
    'The whole configuration becomes invalid, and a reload still says that it is done',
    'Make the file, and use #include'
  ),
  'tryinclude-needed': warning(
    'The rest needs what a #tryinclude brings',
    'Without the file the whole configuration is invalid, and nothing says so',
    'Use #include'
  ),
  'render-unfinished': error(
    'A run of pbxkit dialplan render was killed half-way',
    'Old files and new ones stand side by side, and Asterisk may load them so',
    'Run pbxkit dialplan render: it completes what was begun'
  ),
  'directories-template': warning(
    'A section of asterisk.conf is a template',
    'Asterisk ignores it, and takes its built-in folders',
    'Take the (!) off if it should count'
  ),
  // Extensions
  'same-without-extension': error('same comes before any exten of its section', dropsLine, 'Begin with exten'),
  'next-without-priority': error('n has no priority before it in its section', dropsLine, 'Begin with priority 1'),
  'next-after-hint': error('n or s stands behind a hint', 'Asterisk ignores the line without a word', 'Begin with priority 1'),
  'priority-invalid': error('A priority is no number, n, s, hint or label', dropsLine, 'Write 1 or n'),
  'priority-by-label': warning(
    'A label stands in the place of a priority',
    'With some other lines Asterisk dies of it at a reload',
    'Write the number, or n'
  ),
  'label-unclosed': error('A label has no closing )', dropsLine, 'Close the parenthesis'),
  'application-unclosed': error(
    'The arguments of an application have no closing )',
    'Asterisk warns, and takes the line up to its end',
    'Close the parenthesis'
  ),
  'extension-empty': error('An extension has no name', dropsLine, 'Name the extension'),
  'priority-taken': error(
    'A priority of an extension stands twice',
    'The first one counts, the other is dropped; _XX and _xx are one',
    'Take one out, or write n'
  ),
  'label-taken': warning('A label of an extension stands twice', 'The second one is dropped', 'Rename one'),
  'included-already': warning('A context includes another one twice', 'The second include is dropped', 'Take it out'),
  'include-timing': error(
    'The times of an include cannot be read',
    'That part of them is skipped',
    'Write times,days of the week,days of the month,months'
  ),
  'unknown-setting': warning(
    'A context has a setting that is none',
    dropsLine,
    'Write exten, same, include, switch or ignorepat'
  ),
  'priority-one-missing': error(
    'An extension has no priority 1, and no label to come to',
    'No call begins there; it only takes steps of other extensions that match',
    'Begin with priority 1'
  ),
  'priority-gap': error('Priorities have a gap, and nothing jumps behind it', 'The call ends before the gap', 'Use n'),
  'include-cycle': warning(
    'Contexts include one another in a circle',
    'Asterisk looks at each once; which comes first depends on where a call begins',
    'Take one include out'
  ),
  // Patterns
  'any-extension': warning(
    '_. or _! matches h, i, s and t as well',
    'A call that hangs up begins again in it',
    'Use _X. or _[+0-9]!'
  ),
  'set-unclosed': error('A set of a pattern has no closing ]', 'The pattern never matches', 'Close the bracket'),
  'pattern-tail': error(
    'Text stands behind . or ! of a pattern',
    'Asterisk does not look at it',
    'Take it out: . and ! end a pattern'
  ),
  'pattern-letters': warning(
    'Letters n, x or z stand in a word of a pattern',
    'They match digits: _phone matches pho2e, not phone',
    'Put the letter in brackets: _pho[n]e'
  ),
  'unreachable-extension': warning(
    'An extension is never chosen',
    'A pattern that is looked at earlier matches all its numbers',
    'Move it before the other one, or take it out'
  ),
  // What is written between the parentheses
  unbalanced: error(
    `Brackets, braces or parentheses of \${…} or $[…] do not match`,
    'Asterisk puts in something else, or nothing',
    'Count them again'
  ),
  'expression-syntax': error(
    'An expression $[…] cannot be read',
    'It is empty at run time, and counts as false',
    'Mend it; texts stand in quotation marks, a ? b :: c has two colons'
  ),
  'unknown-application': error('There is no such application', 'The call ends there', 'Write one that Asterisk has'),
  'unknown-function': error('There is no such function', 'Nothing is put in', 'Write one that Asterisk has; case counts'),
  'unknown-option': warning(
    'An application has no such option',
    'Asterisk ignores the letter with a warning',
    'Take the letter out'
  ),
  // Targets
  'undefined-context': error(
    'A context does not exist',
    'The call ends there, or never gets in',
    'Write the context, or name one that exists'
  ),
  'undefined-extension': error(
    'A target has no such extension',
    'The call ends there, or goes to i',
    'Write the extension, or name one that exists'
  ),
  'undefined-priority': error(
    'A target has no such label or priority',
    'The call ends there: "No such label"',
    'Write the label'
  ),
  'gosub-without-return': error(
    'A subroutine ends without Return or Hangup',
    'The call is dropped in the middle of who called it',
    'End the path with Return()'
  ),
  'unreachable-code': warning(
    'A step has no way to it',
    'The step before never goes on, and there is no label',
    'Take it out, or give it a label'
  ),
  'unreachable-context': info(
    'Nothing in the configuration leads to a context',
    'Only a call file, AMI or ARI can',
    'Take it out if they do not'
  ),
  // Injection
  'injection-dial': warning(
    'What a caller sends comes unfiltered into a dial string',
    '& and , in it dial other channels, contexts and options',
    'Compare it with FILTER() before, and refuse what differs'
  ),
  'injection-goto': warning(
    'What a caller sends comes unfiltered into a target',
    'A comma in it chooses another context or shifts the arguments',
    'Compare it with FILTER() before, and refuse what differs'
  ),
  'injection-shell': warning(
    'What a caller sends comes unfiltered into a command of the shell',
    'It runs commands; QUOTE() does not help against $(…)',
    'Pass FILTER() with letters and digits only'
  ),
  'injection-agi': warning(
    'What a caller sends comes unfiltered into the arguments of an AGI application',
    'A comma in it shifts the arguments',
    'Pass it by QUOTE() or FILTER()'
  ),
  'injection-file': warning(
    'What a caller sends comes unfiltered into the name of a file',
    'It reads or writes other files',
    'Pass FILTER() with letters and digits only'
  ),
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
  ),
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

export type RuleCode = keyof typeof rules

export const ruleCodes = Object.keys(rules) as RuleCode[]
