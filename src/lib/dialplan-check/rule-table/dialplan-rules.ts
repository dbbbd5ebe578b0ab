import { dropsLine, error, type Rule, warning } from './rule.js'

/** Extensions, patterns, and what stands between the parentheses of an application. */
export const dialplanRules = {
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
  'unknown-application': error(
    'There is no such application',
    'The call ends there',
    'Write one that Asterisk has; --server asks yours'
  ),
  'unknown-function': error(
    'There is no such function',
    'Nothing is put in',
    'Write one that Asterisk has, in its case; --server asks yours'
  ),
  'unknown-option': warning(
    'An application has no such option',
    'Asterisk ignores the letter with a warning',
    'Take the letter out'
  )
} as const satisfies Record<string, Rule>
