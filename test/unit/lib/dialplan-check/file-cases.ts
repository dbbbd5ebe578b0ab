import type { RuleCode } from '../../../../src/lib/dialplan-check/rules.js'
import { dialplan, type Extra, type Files } from './support.js'

/** A configuration with one fault, where it is reported, and the same without it. */
export interface Case {
  readonly bad: Files
  /** `file:line:column`. */
  readonly at: string
  readonly good: Files
  readonly extra?: Extra
  /** Where the mended one differs in what lies beside the files. */
  readonly goodExtra?: Extra
}

export type Cases = Partial<Record<RuleCode, Case>>

const conf = (text: string) => ({ 'extensions.conf': text })
const queues = (text: string) => ({ 'queues.conf': text })
const at = (line: number, column = 1) => `queues.conf:${line}:${column}`

/** What the reader of files finds. */
export const fileCases: Cases = {
  'section-unclosed': { bad: queues('[a]\n [oops\n'), at: at(2, 2), good: queues('[a]\n[oops]\n') },
  'options-unclosed': { bad: queues('[a](!\n'), at: at(1), good: queues('[a](!)\n') },
  'no-section': { bad: queues('\nb=1\n'), at: at(2), good: queues('[a]\nb=1\n') },
  'template-missing': { bad: queues('[a](t)\n[t](!)\n'), at: at(1), good: queues('[t](!)\n[a](t)\n') },
  'append-missing': { bad: queues('[a](+)\n'), at: at(1), good: queues('[a]\n[a](+)\n') },
  'append-filter': { bad: queues('[a]\nb=1\n[a](+b=(1|2))\n'), at: at(3), good: queues('[a]\nb=1\n[a](+b=1)\n') },
  'inherits-itself': { bad: queues('[a]\nb=1\n[a](+,a)\n'), at: at(3), good: queues('[a]\nb=1\n[c](a)\n') },
  'include-missing': { bad: queues('#include none.conf\n'), at: at(1), good: queues('#tryinclude none.conf\n') },
  'invalid-escape': { bad: queues('[a]\n\\ b=1\n'), at: at(2), good: queues('[a]\nb=1\n') },
  'too-large': {
    bad: queues(`[t0](!)\n${'x=1\n'.repeat(64)}${doubling(16)}`),
    at: 'queues.conf:0:0',
    good: queues(`[t0](!)\n${'x=1\n'.repeat(64)}${doubling(3)}`)
  },
  'render-unfinished': {
    bad: { ...conf('[a]\n'), '.pbxkit-commit/plan.json': '{}', '.pbxkit-commit/extensions.conf': '[b]\n' },
    at: 'extensions.conf:0:0',
    good: { ...conf('[a]\n'), '.pbxkit-render-1-x/plan.json': '{}', '.pbxkit-render-1-x/extensions.conf': '[b]\n' }
  },
  'nested-too-deep': {
    bad: queues(`${';--\n'.repeat(128)};--\n`),
    at: at(129),
    good: queues(`${';--\n'.repeat(100)}${'--;\n'.repeat(100)}`)
  },
  'no-equals': { bad: queues('[a]\n b\n'), at: at(2, 2), good: queues('[a]\n b=\n') },
  'no-name': { bad: queues('[a]\n=1\n'), at: at(2), good: queues('[a]\nb=1\n') },
  'unknown-directive': { bad: queues('#inclde a.conf\n'), at: at(1), good: queues(';inclde a.conf\n') },
  'no-argument': { bad: queues('#include\n'), at: at(1), good: queues('[a]\n') },
  'exec-not-run': { bad: queues('#exec date\n'), at: at(1), good: queues('[a]\n') },
  'line-too-long': { bad: queues(`[a]\nb=${'x'.repeat(9000)}\n`), at: at(2), good: queues(`[a]\nb=${'x'.repeat(8000)}\n`) },
  'name-too-long': { bad: queues(`[${'a'.repeat(80)}]\n`), at: at(1), good: queues(`[${'a'.repeat(79)}]\n`) },
  'path-too-long': {
    bad: queues(`#tryinclude ${'a'.repeat(300)}\n`),
    at: at(1),
    good: queues(`#tryinclude ${'a'.repeat(30)}\n`)
  },
  'options-ignored': { bad: queues('[t](!)\n[a] (t)\n'), at: at(2), good: queues('[t](!)\n[a](t)\n') },
  'comment-unclosed': { bad: queues('[a]\n;-- b\n'), at: at(2), good: queues('[a]\n;-- b --;\n') },
  'include-level': {
    bad: queues('#tryinclude queues.conf\n'),
    at: at(1),
    good: { 'queues.conf': '#tryinclude more.conf\n', 'more.conf': '[a]\n' }
  },
  'included-again': {
    bad: { 'queues.conf': '#include m.conf\n#include m.conf\n', 'm.conf': '[a]\n' },
    at: at(2),
    good: { 'queues.conf': '#include m.conf\n', 'm.conf': '[a]\n' }
  },
  'not-a-file': {
    bad: { 'queues.conf': '#tryinclude d\n', 'd/e.conf': '' },
    at: at(1),
    good: { 'queues.conf': '#tryinclude d/e.conf\n', 'd/e.conf': '' }
  },
  'nul-byte': { bad: queues('[a]\nb=1\0c\n'), at: at(2), good: queues('[a]\nb=1c\n') },
  'tryinclude-missing': {
    bad: conf('[general]\n#tryinclude local.conf\n[globals](+)\nA=1\n'),
    at: 'extensions.conf:2:1',
    good: { ...conf('[general]\n#tryinclude local.conf\n[globals](+)\nA=1\n'), 'local.conf': '[globals]\n' }
  },
  'tryinclude-needed': {
    bad: { ...conf('[general]\n#tryinclude local.conf\n[globals](+)\nA=1\n'), 'local.conf': '[globals]\n' },
    at: 'extensions.conf:2:1',
    good: { ...conf('[general]\n#include local.conf\n[globals](+)\nA=1\n'), 'local.conf': '[globals]\n' }
  },
  'directories-template': {
    bad: { 'asterisk.conf': '[directories](!)\nastetcdir => /etc/asterisk\n' },
    at: 'asterisk.conf:1:1',
    good: { 'asterisk.conf': '[directories]\nastetcdir => /etc/asterisk\n' }
  },
  minmessage: {
    bad: { 'minivm.conf': '[general]\nminmessage = 3\n' },
    at: 'minivm.conf:2:14',
    good: { 'minivm.conf': '[general]\nminmessage = 0\n' }
  },
  'unknown-ignore': {
    bad: dialplan('exten => 1,1,Hangup() ; pbxkit-ignore sound-mising'),
    at: 'extensions.conf:2:39',
    good: dialplan('exten => 1,1,Hangup() ; pbxkit-ignore sound-missing played by nobody')
  }
}

/** Sections that inherit twice from the one before: 2^n settings. */
function doubling(count: number): string {
  return Array.from({ length: count }, (_, index) => `[t${index + 1}](!,t${index},t${index})\n`).join('')
}
