import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { controlPaths } from '../../../../src/lib/control/control-path.js'
import { startControl, startDefaultControl } from '../../../../src/lib/control/control-server.js'
import { scratchFolder } from '../../support/scratch.js'

describe('the default path', () => {
  it("is in the user's runtime folder, else in the system's", () => {
    expect(controlPaths('proxy', { XDG_RUNTIME_DIR: '/run/user/7' })[0]).toBe('/run/user/7/pbxkit/proxy.sock')
    expect(controlPaths('agi tunnel', { XDG_RUNTIME_DIR: '/x' })).toEqual([
      '/x/pbxkit/agi-tunnel.sock',
      '/run/pbxkit/agi-tunnel.sock'
    ])
    for (const env of [{}, { XDG_RUNTIME_DIR: '' }, { XDG_RUNTIME_DIR: 'relative' }])
      expect(controlPaths('proxy', env)).toEqual(['/run/pbxkit/proxy.sock'])
  })
})

describe('a service without --control', () => {
  const stopped = () => {
    const stop = new AbortController()
    onTestFinished(() => stop.abort())
    return stop.signal
  }

  it('listens on the default path', async () => {
    const folder = scratchFolder()
    const started = await startDefaultControl('proxy', {}, stopped(), { XDG_RUNTIME_DIR: folder })
    expect(started).toMatchObject({ control: { path: path.join(folder, 'pbxkit/proxy.sock') } })
  })

  it('goes on without a socket where another one has it, and does not hide elsewhere', async () => {
    const folder = scratchFolder()
    await startControl(path.join(folder, 'pbxkit/proxy.sock'), {}, stopped())
    const started = await startDefaultControl('proxy', {}, stopped(), { XDG_RUNTIME_DIR: folder })
    expect(started).toMatchObject({ failure: { details: { reason: 'EADDRINUSE' } } })
  })

  it('goes on without a socket where none can be', async () => {
    const folder = scratchFolder()
    fs.writeFileSync(path.join(folder, 'pbxkit'), 'no folder')
    // A name that no system's folder can hold either.
    const command = 'x'.repeat(200)
    const started = await startDefaultControl(command, {}, stopped(), { XDG_RUNTIME_DIR: folder })
    expect(started).toMatchObject({ failure: { code: 'E_LISTEN' } })
  })
})
