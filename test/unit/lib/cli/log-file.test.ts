import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createAuditLog, createFileLog } from '../../../../src/lib/cli/log.js'
import { assertLogFile, LogFile } from '../../../../src/lib/cli/log-file.js'
import { LogFiles } from '../../../../src/lib/cli/log-files.js'
import { ExitStatus, IoError } from '../../../../src/lib/errors.js'

let folder: string
let file: string
let trouble: string[]

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pbxkit-log-'))
  file = path.join(folder, 'proxy.log')
  trouble = []
})

afterEach(() => {
  vi.restoreAllMocks()
  fs.rmSync(folder, { recursive: true })
})

const open = (name = file) => new LogFile(name, { onTrouble: (message) => trouble.push(message) })
const read = (name = file) => fs.readFileSync(name, 'utf8')

describe('a log file', () => {
  it('is made with mode 0600, whatever the umask is, and appended to', () => {
    const umask = process.umask(0)
    open().write('a\n')
    process.umask(umask)
    open().write('b\n')
    expect(fs.statSync(file).mode & 0o777).toBe(0o600)
    expect(read()).toBe('a\nb\n')
  })

  it('keeps the mode that it has', () => {
    fs.writeFileSync(file, '')
    fs.chmodSync(file, 0o640)
    open().write('a\n')
    expect(fs.statSync(file).mode & 0o777).toBe(0o640)
  })

  it('is opened anew when it was renamed, and no line is lost', () => {
    const log = open()
    log.write('1\n')
    fs.renameSync(file, `${file}.1`)
    log.write('2\n')
    log.reopen()
    log.write('3\n')
    expect([read(`${file}.1`), read()]).toEqual(['1\n2\n', '3\n'])
    expect(fs.statSync(file).mode & 0o777).toBe(0o600)
  })

  it('is left alone when it is the same file, so that it needs no right that it had once', () => {
    const log = open()
    const opened = vi.spyOn(fs, 'openSync')
    log.reopen()
    expect(opened).not.toHaveBeenCalled()
  })

  it('goes on with the old one when it cannot be opened anew, and says so in the log and on stderr', () => {
    const files = new LogFiles((message) => trouble.push(message))
    const log = createFileLog({ level: 'info' }, files.open(file, undefined))
    fs.renameSync(folder, `${folder}.old`)
    files.reopen(log)
    log.info('later')
    const lines = read(path.join(`${folder}.old`, 'proxy.log'))
    fs.renameSync(`${folder}.old`, folder)
    expect(trouble.join()).toContain(`Cannot open the log file ${file}`)
    expect(lines).toMatch(/"reason":"Cannot open the log file .*"msg":"a log file was not opened anew; the old one goes on"/)
    expect(lines).toMatch(/"msg":"later"/)
  })

  it.each([
    ['a folder that is not there', () => path.join(folder, 'no', 'x.log')],
    ['a folder', () => folder],
    [
      'a pipe that nobody reads',
      () => {
        execFileSync('mkfifo', [file])
        return file
      }
    ]
  ])('that cannot be opened is an I/O error: %s', (_, name) => {
    const wanted = name()
    expect(() => open(wanted)).toThrow(IoError)
    expect(() => open(wanted)).toThrow(expect.objectContaining({ exit: ExitStatus.io }))
  })

  it('that root makes is given to its user; one that is a link is not touched', () => {
    const fchown = vi.spyOn(fs, 'fchownSync').mockImplementation(() => {})
    const owner = { uid: 4711, gid: 4712 }
    new LogFile(file, { owner, onTrouble: () => {} })
    expect(fchown).toHaveBeenCalledExactlyOnceWith(expect.any(Number), 4711, 4712)
    const link = path.join(folder, 'link.log')
    fs.symlinkSync(file, link)
    expect(() => new LogFile(link, { owner, onTrouble: () => {} })).toThrow(IoError)
    new LogFile(file, { owner, onTrouble: () => {} })
    expect(fchown).toHaveBeenCalledTimes(1)
  })

  it('tells once that it cannot be written, and what is missing when it can again', () => {
    const log = open()
    const write = vi.spyOn(fs, 'writeSync').mockImplementation(() => {
      throw new Error('ENOSPC: no space left on device')
    })
    log.write('1\n')
    log.write('2\n')
    write.mockRestore()
    log.write('3\n')
    expect(trouble).toEqual([
      `cannot write to ${file}: ENOSPC: no space left on device`,
      `${file} can be written to again; 2 lines are missing in it`
    ])
    expect(read()).toBe('3\n')
  })

  it('has whole lines also when the system takes them in parts', () => {
    const log = open()
    const write = fs.writeSync
    vi.spyOn(fs, 'writeSync').mockImplementation(((fd: number, bytes: Buffer, at: number) => write(fd, bytes, at, 1)) as never)
    log.write('line\n')
    expect(read()).toBe('line\n')
  })
})

describe('a check of a log file', () => {
  it('makes none, and finds what could not be opened', () => {
    assertLogFile(file)
    expect(fs.existsSync(file)).toBe(false)
    expect(() => assertLogFile(folder)).toThrow(IoError)
    expect(() => assertLogFile(path.join(folder, 'no', 'x.log'))).toThrow(IoError)
  })
})

describe('what stands in the files', () => {
  const evil = 'a\u001b[8mb\u009b2Jc\u2028d\ne'

  it('is one JSON object a line, safe on a terminal, with the level and without secrets', () => {
    createFileLog({ level: 'info' }, open()).warn({ peer: evil, secret: 'S1' }, evil)
    expect(read().slice(0, -1)).toMatch(/^[\x20-\x7e]+$/)
    expect(JSON.parse(read())).toMatchObject({ level: 'warn', peer: evil, secret: '***', msg: evil })
  })

  it('of the audit log is the same, whatever the level of the log is, and keeps what was masked already', () => {
    createAuditLog(open())({ user: evil, fields: { Key: 'cfim' } }, 'action')
    expect(read().slice(0, -1)).toMatch(/^[\x20-\x7e]+$/)
    expect(JSON.parse(read())).toEqual({
      level: 'info',
      time: expect.any(String),
      user: evil,
      fields: { Key: 'cfim' },
      msg: 'action'
    })
  })
})
