import { dropsFile, dropsLine, error, info, type Rule, warning } from './rule.js'

/** The reader of files: what Asterisk drops, gives up, or takes in another way than it was meant. */
export const fileRules = {
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
  )
} as const satisfies Record<string, Rule>
