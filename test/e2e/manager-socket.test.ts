import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { withManagerFile } from '../unit/support/manager-file.js'
import { pbxkit, temporaryFolder, writeFile } from './support/pbxkit.js'
import { exchanges, sniffer } from './support/sniffer.js'

async function started() {
  const double = await sniffer()
  withManagerFile(double, { exchanges })
  const run = (...args: string[]) => pbxkit(['manager', 'socket', ...args, '--port', String(double.port)])
  return { double, run, socket: path.join(temporaryFolder(), 'vm.sock') }
}

describe('manager socket', () => {
  it('is started, looked at, used and stopped', async () => {
    const { run, socket } = await started()
    expect(await run('status', socket)).toMatchObject({ status: 1, stdout: expect.stringContaining('no such socket') })
    expect(await run('start', socket)).toMatchObject({ status: 0, stdout: `started: ${socket} (2026.04.0)\n`, stderr: '' })
    const status = await pbxkit(['manager', 'socket', 'status', '--socket', socket, '--json'])
    expect(JSON.parse(status.stdout)).toEqual({
      path: socket,
      file: 'socket',
      mode: '0600',
      uid: process.getuid!(),
      version: '2026.04.0',
      answers: true,
      problem: null
    })
    const near = path.relative(process.cwd(), socket)
    expect(await pbxkit(['manager', 'socket', 'status', '--socket', near])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(`^${socket}: answers`)
    })
    expect((await pbxkit(['manager', 'listcalls', '--socket', socket, '--count'])).stdout).toBe('3\n')
    expect(await run('start', socket, '--json')).toMatchObject({ status: 0, stdout: expect.stringContaining('"running"') })
    expect(await run('start', `${socket}2`)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`has its socket at ${socket}`)
    })
    expect(await run('stop')).toMatchObject({ status: 0, stdout: 'stopped\n' })
    expect(await run('stop', '--timeout', '1')).toMatchObject({ status: 1, stdout: 'not running\n' })
  })

  it('never takes the place of a file', async () => {
    const { run, double } = await started()
    const file = writeFile('precious')
    expect(await run('start', file)).toMatchObject({ status: 65, stdout: '', stderr: expect.stringContaining('would delete it') })
    expect(await run('status', file)).toMatchObject({ status: 74 })
    expect({ text: fs.readFileSync(file, 'utf8'), ran: double.ran }).toEqual({ text: 'precious', ran: [] })
    expect(await run('start', 'relative')).toMatchObject({ status: 65, stderr: expect.stringContaining('not absolute') })
    expect(await run('start')).toMatchObject({ status: 64 })
    expect(await run('status')).toMatchObject({ status: 64 })
  })

  it('of another host needs a yes', async () => {
    const { run, socket, double } = await started()
    expect(await run('start', socket, '--host', '0.0.0.0')).toMatchObject({
      status: 64,
      stderr: expect.stringContaining('--yes')
    })
    expect(double.ran).toEqual([])
    const meant = await run('start', socket, '--host', '0.0.0.0', '--yes')
    expect(meant).toMatchObject({ status: 0, stdout: `started: ${socket}\n`, stderr: expect.stringContaining('another host') })
  })
})
