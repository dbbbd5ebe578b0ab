import { error, info, type Rule, warning } from './rule.js'

/** Where a call goes, and what of a caller goes with it. */
export const flowRules = {
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
    'Take it out, unless a call file, AMI or ARI leads there'
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
  )
} as const satisfies Record<string, Rule>
