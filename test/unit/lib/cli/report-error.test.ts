import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { describeError, reportError } from '../../../../src/lib/cli/report-error.js'
import * as errors from '../../../../src/lib/errors.js'

/** The exit statuses of the command line's contract, by error. */
const contract: [string, number, string][] = [
  ['UsageError', 64, 'E_USAGE'],
  ['DataError', 65, 'E_DATA'],
  ['UnsafeHeaderError', 65, 'E_UNSAFE_HEADER'],
  ['ConnectError', 69, 'E_CONNECT'],
  ['ConnectionLostError', 69, 'E_CONNECTION_LOST'],
  ['TlsError', 69, 'E_TLS'],
  ['ListenError', 74, 'E_LISTEN'],
  ['IoError', 74, 'E_IO'],
  ['TimeoutError', 75, 'E_TIMEOUT'],
  ['ProtocolError', 76, 'E_PROTOCOL'],
  ['LoginError', 77, 'E_LOGIN'],
  ['ConfigError', 78, 'E_CONFIG'],
  ['InterruptedError', 130, 'E_INTERRUPTED']
]

const classes = new Map<string, unknown>(Object.entries(errors))

type ErrorClass = new (message: string, details?: errors.ErrorDetails) => errors.PbxkitError

/** What is written while the errors are reported. */
let written: { stdout: string; stderr: string }
let exitCode: typeof process.exitCode

beforeEach(() => {
  written = { stdout: '', stderr: '' }
  exitCode = process.exitCode
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      written[name] += text
      return true
    })
  }
})

afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = exitCode
})

describe('the error table', () => {
  it.each(contract)('%s ends in %i with the code %s', (name, exit, code) => {
    const error = new (classes.get(name) as ErrorClass)('what failed', {
      hint: 'do this',
      details: { a: 1 },
      cause: new Error('why')
    })
    expect(describeError(error)).toEqual({ code, message: 'what failed', exit, hint: 'do this', details: { a: 1 } })
    expect(error.name).toBe(name)
    expect(error.cause).toEqual(new Error('why'))
  })

  it('is whole', () => {
    const concrete = [...classes].filter(([name, value]) => typeof value === 'function' && name !== 'PbxkitError')
    expect(concrete.map(([name]) => name).sort()).toEqual(contract.map(([name]) => name).sort())
  })
})

describe('describeError', () => {
  it("takes oclif's errors for usage", () => {
    const error = Object.assign(new Error('Nonexistent flag: --x\nSee more help with --help'), { oclif: { exit: 2 } })
    expect(describeError(error)).toEqual({ code: 'E_USAGE', message: 'Nonexistent flag: --x', exit: 64, hint: 'See --help.' })
  })

  it('names the nearest flag for one that there is not', () => {
    const parse = { input: { flags: { host: {}, plain: {}, post: {}, 'secret-file': {} } } }
    const hint = (flags: string[]) =>
      describeError(Object.assign(new Error(`Nonexistent flag: ${flags}`), { oclif: {}, parse, flags })).hint
    expect([hint(['--hots']), hint(['--pot'])]).toEqual(['Did you mean --host?', 'Did you mean --post?'])
    expect(hint(['--ost'])).toBe('Did you mean --host or --post?')
    expect(hint(['--secret-fiel', '--x'])).toBe('Did you mean --secret-file?')
    expect([hint(['--completely-else']), hint(['--warn']), hint(['-x'])]).toEqual(Array(3).fill('See --help.'))
  })

  it.each([
    ['Expected --format=a b to be one of: table, json', '--format: "a b" is not one of table, json'],
    ['Expected fsh to be one of: bash, zsh', '"fsh" is not one of bash, zsh']
  ])('turns round: %s', (message, plain) => {
    const error = Object.assign(new Error(`${message}\nSee more help with --help`), { oclif: { exit: 2 } })
    expect(describeError(error).message).toBe(plain)
  })

  it("lays oclif's list of errors out on one line", () => {
    const text = 'The following errors occurred:\n  --all=true cannot also be provided when using --server\n  --a is wrong'
    const error = Object.assign(new Error(`${text}\nSee more help with --help`), { oclif: { exit: 2 } })
    expect(describeError(error).message).toBe('--all cannot also be provided when using --server; --a is wrong')
  })

  it.each([
    ["Cannot read a b.ini: ENOENT: no such file or directory, open 'a b.ini'", 'Cannot read a b.ini: no such file or directory'],
    ['Cannot read folder: EISDIR: illegal operation on a directory, read', 'Cannot read folder: it is a folder'],
    ["Cannot write a: ENOENT: no such file or directory, open 'a.12.tmp'", 'Cannot write a: no such file or directory'],
    // The file that it names is another one.
    ["Cannot write a: ENOENT: no such file or directory, open 'b'", "Cannot write a: ENOENT: no such file or directory, open 'b'"]
  ])('says in plain words why a file failed: %s', (message, plain) => {
    expect(describeError(new errors.IoError(message)).message).toBe(plain)
  })

  it.each([new TypeError('x is not a function'), 'text', undefined, null, { a: 1 }])('takes %j for a bug of ours', (error) => {
    expect(describeError(error)).toMatchObject({ code: 'E_BUG', exit: 70 })
  })

  it('shows where a bug is', () => {
    expect(describeError(new TypeError('broken')).message).toMatch(/TypeError: broken\n +at /)
  })
})

describe('reportError', () => {
  it('says it on stderr, and sets the exit status', () => {
    reportError(new errors.ConnectError('Cannot connect to pbx', { hint: 'Is it up?' }), { json: false })
    expect(written).toEqual({ stdout: '', stderr: 'pbxkit: Cannot connect to pbx\nIs it up?\n' })
    expect(process.exitCode).toBe(69)
  })

  it('gives one JSON document on stdout, with the same status', () => {
    reportError(new errors.TimeoutError('No answer', { hint: 'Wait.', details: { actionId: '1' } }), { json: true })
    expect(written.stderr).toBe('')
    expect(JSON.parse(written.stdout)).toEqual({
      error: { code: 'E_TIMEOUT', message: 'No answer', exit: 75, details: { actionId: '1', hint: 'Wait.' } }
    })
    expect(process.exitCode).toBe(75)
  })

  it('escapes what a peer sent, in both forms', () => {
    const error = new errors.LoginError('refused: \u001b[2J\u009b\u2028', { hint: '\u0007' })
    reportError(error, { json: false })
    reportError(error, { json: true })
    expect(written.stderr).toBe('pbxkit: refused: \\x1b[2J\\x9b\\u2028\n\\x07\n')
    expect(written.stdout).toMatch(/^[\x20-\x7e]+\n$/)
  })
})
