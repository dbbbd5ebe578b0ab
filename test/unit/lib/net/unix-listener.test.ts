import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { ListenError } from '../../../../src/lib/errors.js'
import { listenOnPath } from '../../../../src/lib/net/unix-listener.js'
import { scratchFolder } from '../../support/scratch.js'

const modeOf = (file: string) => fs.lstatSync(file).mode & 0o777

async function listen(file: string, word = 'here') {
  const listener = await listenOnPath(file, {
    what: 'pbxkit test',
    onConnection: (socket) => void socket.on('error', () => {}).end(word),
    onAcceptError: () => {}
  })
  onTestFinished(async () => {
    listener.close()
    await listener.closed
  })
  return listener
}

async function whoAnswers(file: string): Promise<string> {
  const socket = net.connect({ path: file })
  const [word] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  return word.toString()
}

/** What a process leaves that was killed. */
function staleSocket(file: string): void {
  const script = `require('net').createServer().listen(${JSON.stringify(file)}, () => process.kill(process.pid, 'SIGKILL'))`
  try {
    execFileSync(process.execPath, ['-e', script], { stdio: 'ignore' })
  } catch {
    // It was killed: that is what it is for.
  }
  if (!fs.lstatSync(file).isSocket()) throw new Error('there is no stale socket to test with')
}

afterEach(() => vi.restoreAllMocks())

describe('a socket file', () => {
  it('is for its owner only, in a folder for its owner only, whatever the umask', async () => {
    const umask = process.umask(0)
    onTestFinished(() => void process.umask(umask))
    const file = path.join(scratchFolder(), 'pbxkit/a/test.sock')
    await listen(file)
    expect([modeOf(file), modeOf(path.dirname(file)), modeOf(path.dirname(path.dirname(file)))]).toEqual([0o600, 0o700, 0o700])
    expect(process.umask(0)).toBe(0)
  })

  it('has that mode before it has its name', async () => {
    const modes: number[] = []
    const link = fs.linkSync
    vi.spyOn(fs, 'linkSync').mockImplementation((from, to) => {
      modes.push(modeOf(String(from)))
      link(from, to)
    })
    await listen(path.join(scratchFolder(), 'test.sock'))
    expect(modes).toEqual([0o600])
  })

  it('is the only thing in its folder, and goes at the end', async () => {
    const folder = scratchFolder()
    const listener = await listen(path.join(folder, 'test.sock'))
    expect(fs.readdirSync(folder)).toEqual(['test.sock'])
    listener.close()
    await listener.closed
    expect(fs.readdirSync(folder)).toEqual([])
  })

  it('of a living service stays its own', async () => {
    const file = path.join(scratchFolder(), 'test.sock')
    await listen(file, 'first')
    const second = listen(file, 'second')
    await expect(second).rejects.toThrow(ListenError)
    await expect(second).rejects.toMatchObject({
      exit: 74,
      message: expect.stringContaining('another pbxkit test is running'),
      details: { reason: 'EADDRINUSE' }
    })
    expect(await whoAnswers(file)).toBe('first')
    expect(fs.readdirSync(path.dirname(file))).toEqual(['test.sock'])
  })

  it('of a dead one is replaced', async () => {
    const file = path.join(scratchFolder(), 'test.sock')
    staleSocket(file)
    await listen(file, 'new')
    expect(await whoAnswers(file)).toBe('new')
    expect(fs.readdirSync(path.dirname(file))).toEqual(['test.sock'])
  })

  it('of a dead one goes to one only of many that start at the same time', async () => {
    const file = path.join(scratchFolder(), 'test.sock')
    staleSocket(file)
    const starts = await Promise.allSettled(['a', 'b', 'c', 'd', 'e'].map((word) => listen(file, word)))
    const started = ['a', 'b', 'c', 'd', 'e'].filter((_, index) => starts[index]!.status === 'fulfilled')
    expect(started).toEqual([await whoAnswers(file)])
    expect(fs.readdirSync(path.dirname(file))).toEqual(['test.sock'])
  })

  it('that somebody else has made meanwhile is not removed', async () => {
    const file = path.join(scratchFolder(), 'test.sock')
    const first = await listen(file, 'first')
    fs.rmSync(file)
    await listen(file, 'second')
    first.close()
    await first.closed
    expect(await whoAnswers(file)).toBe('second')
  })

  it('never replaces what is no socket', async () => {
    const file = path.join(scratchFolder(), 'notes.txt')
    fs.writeFileSync(file, 'precious')
    await expect(listen(file)).rejects.toMatchObject({ details: { reason: 'ENOTSOCK' } })
    expect(fs.readFileSync(file, 'utf8')).toBe('precious')
    fs.symlinkSync(file, `${file}.link`)
    await expect(listen(`${file}.link`)).rejects.toMatchObject({ details: { reason: 'ENOTSOCK' } })
  })

  it('needs a path that fits, in a folder that can be', async () => {
    const folder = scratchFolder()
    await expect(listen(path.join(folder, 'x'.repeat(108)))).rejects.toMatchObject({ details: { reason: 'ENAMETOOLONG' } })
    fs.writeFileSync(path.join(folder, 'file'), '')
    await expect(listen(path.join(folder, 'file/test.sock'))).rejects.toThrow(ListenError)
    await expect(listen('/proc/none/test.sock')).rejects.toThrow(ListenError)
    expect(fs.readdirSync(folder)).toEqual(['file'])
  })
})
